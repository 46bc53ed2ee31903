export interface Person {
  /** The address to log in with. */
  login: string;
  decision: 'allow' | 'refuse';
  /** What to type where a device's code is asked for (RFC 8628). */
  userCode?: string;
}

/** The page the person sees in the end. */
export interface LastPage {
  status: number;
  url: string;
  headers: Headers;
  body: string;
}

interface Form {
  action: string;
  fields: URLSearchParams;
}

/**
 * Does what a person does in a browser when given an authorization URL (or the verification URI
 * of a device): logs in, allows or refuses, and follows the redirect to the program that waits
 * on loopback. Resolves with the page that program shows.
 */
export async function approve(authorizationUrl: string | URL, person: Person): Promise<LastPage> {
  const jar = new Map<string, { name: string; value: string; path: string }>();
  const start = new URL(authorizationUrl);
  let url = start;
  let form = null as Form | null;
  let hasRefused = false;

  for (let step = 0; step < 30; step += 1) {
    const isServer = url.origin === start.origin;
    const cookies = [...jar.values()].filter(({ path }) => url.pathname.startsWith(path));
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form?.fields ?? null,
      headers: isServer ? { cookie: cookies.map((c) => `${c.name}=${c.value}`).join('; ') } : {},
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
    });
    for (const cookie of isServer ? response.headers.getSetCookie() : []) {
      const [pair = '', ...attributes] = cookie.split(/;\s*/);
      const [name = '', value = ''] = splitOnce(pair, '=');
      const path = attributes.find((a) => /^path=/i.test(a))?.slice('path='.length) ?? '/';
      if (value) jar.set(`${name} ${path}`, { name, value, path });
      else jar.delete(`${name} ${path}`);
    }

    const body = await response.text();
    const location = response.headers.get('location');
    if (location) {
      url = new URL(location, url);
      // Nothing here leaves this machine: a person sees that page, and we only its address.
      if (!['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname) || url.protocol !== 'http:') {
        return { status: 0, url: url.href, headers: response.headers, body: '' };
      }
      hasRefused ||= form?.fields.get('decision') === 'refuse';
      form = null;
      continue;
    }
    // Who has refused a device is asked for a code again; a person leaves it at that.
    const isDone: boolean = !isServer || !response.ok || hasRefused;
    form = isDone ? null : fillForm(body, person);
    if (!form) return { status: response.status, url: url.href, headers: response.headers, body };
    url = new URL(form.action || url.href, url);
  }
  throw new Error(`still not done after 30 pages, at ${url.href}`);
}

function fillForm(html: string, person: Person): Form | null {
  const tag = /<form\b[^>]*>/i.exec(html)?.[0];
  if (!tag) return null;
  const fields = new URLSearchParams();
  for (const [input] of html.matchAll(/<input\b[^>]*>/gi)) {
    const name = attribute(input, 'name');
    if (name) fields.set(name, attribute(input, 'value'));
  }
  if (fields.has('login')) fields.set('login', person.login);
  if (fields.has('user_code') && person.userCode) fields.set('user_code', person.userCode);
  if (/<button\b[^>]*\bname="decision"/i.test(html)) fields.set('decision', person.decision);
  return { action: attribute(tag, 'action'), fields };
}

function attribute(tag: string, name: string): string {
  const value = new RegExp(`\\s${name}="([^"]*)"`, 'i').exec(tag)?.[1] ?? '';
  return value
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
