import type { HttpClient } from '../../system/http.ts';
import { isWithin, Refusal } from './found.ts';

/** Asking for one small document. */
export interface WebQuestion {
  readonly url: URL;
  /** Redirects are followed within it, by https alone. */
  readonly domain: string;
  /** Of the answer's media type. */
  readonly type: RegExp;
  readonly signal: AbortSignal;
}

const maxBytes = 1 << 17;
const maxRedirects = 2;

/**
 * The document, as UTF-8; null where there is none: another status, or a web page in its place.
 * @throws Refusal for a redirect or a document that must not be followed; Failure for the network.
 */
export async function askWeb(
  http: HttpClient,
  { url, domain, type, signal }: WebQuestion,
): Promise<string | null> {
  let target = url;
  for (let redirects = 0; ; redirects++) {
    const headers = { accept: 'application/json, text/xml, application/xml' };
    const answer = await http(target, { method: 'GET', headers, signal, maxBytes });
    const location = answer.headers.get('location');
    if (answer.status >= 300 && answer.status < 400 && location !== null) {
      target = redirected(target, location, domain, redirects);
      continue;
    }
    if (answer.status !== 200) return null;
    const media = answer.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
    if (media === 'text/html') return null; // many hosts answer everything with their home page
    if (!type.test(media)) throw new Refusal(`it is of the type ${media || 'unknown'}`);
    return decode(await answer.arrayBuffer());
  }
}

function redirected(from: URL, location: string, domain: string, redirects: number): URL {
  if (!URL.canParse(location, from.href))
    throw new Refusal('it redirects to something that is no URL');
  const to = new URL(location, from);
  if (to.protocol !== 'https:') throw new Refusal(`it redirects to ${to.protocol}`);
  if (!isWithin(to.hostname, domain)) throw new Refusal(`it redirects to ${to.host}`);
  if (redirects >= maxRedirects) throw new Refusal('it redirects again and again');
  return to;
}

function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal('it is not UTF-8');
  }
}
