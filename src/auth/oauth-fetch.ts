import { Failure } from '../errors.ts';
import type { HttpClient } from '../system/http.ts';

interface FetchOptions {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: NonNullable<RequestInit['body']> | null | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Fetch = (url: string, options: FetchOptions) => Promise<Response>;

/** The HTTP client in the shape openid-client asks for. */
export function oauthFetch(http: HttpClient): Fetch {
  return (url, { method, headers, body, signal }) =>
    http(new URL(url), { method, headers, body: bodyText(body), signal });
}

/** A form or JSON; openid-client sends nothing else. */
function bodyText(body: FetchOptions['body']): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || body instanceof URLSearchParams) return body.toString();
  throw new Failure('bug', 'an OAuth request has a body that is no text');
}
