import type { Redirect } from '../account/account.ts';
import { errorText, Failure } from '../errors.ts';
import type { Secrets } from '../system/secrets.ts';
import type { OAuthClient } from './oauth-client.ts';
import { readPastedRedirect } from './pasted-redirect.ts';
import { type Arrival, listenForRedirect, type RedirectListener } from './redirect-listener.ts';
import type { Page } from './redirect-page.ts';
import type { TokenResponse } from './token-response.ts';

export interface AuthorizationOptions {
  readonly client: OAuthClient;
  readonly redirect: Redirect;
  /** Show the person where to go, and open the browser if that is wanted. */
  readonly present: (url: URL, redirectUri: URL) => Promise<void>;
  /** Told of each redirect, arrived or pasted, that does not belong to this login. */
  readonly onStray: (reason: string) => void;
  /**
   * Where a person can type: what was pasted, from a browser on another machine. Null where nobody
   * can. Its signal ends the asking.
   */
  readonly paste: ((signal: AbortSignal) => Promise<string>) | null;
  /** How long the person may take, milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly secrets: Secrets;
}

/**
 * The authorization code flow with PKCE for a program without a secret of its own (RFC 8252): ask
 * in the browser, take the redirect on loopback or pasted, whichever comes first, and redeem the
 * code. `complete` then does what the login is for, and its page is what the browser shows; a
 * failure is shown there too.
 */
export async function authorize<T>(
  options: AuthorizationOptions,
  complete: (response: TokenResponse) => Promise<{ readonly result: T; readonly page: Page }>,
): Promise<T> {
  const { client, secrets } = options;
  const listener = await listenFor(options.redirect);
  const over = new AbortController();
  try {
    const attempt = await client.startAuthorization(listener.redirectUri);
    secrets.add(attempt.codeVerifier);
    const onStray = () =>
      options.onStray('turned away a redirect that does not belong to this login (wrong state)');
    const arrivals = [listener.next(attempt.state, onStray)];
    await options.present(attempt.url, new URL(listener.redirectUri));
    if (options.paste !== null) {
      const read = (text: string) =>
        readPastedRedirect(text, listener.redirectUri, attempt, client);
      arrivals.push(pastedRedirect(options.paste, read, options.onStray, over.signal));
    }
    const redirect = await withinTime(Promise.race(arrivals), options);
    over.abort();
    const code = redirect.url.searchParams.get('code');
    if (code !== null) secrets.add(code);
    try {
      const { result, page } = await complete(await client.redeem(redirect.url, attempt));
      await redirect.answer(page);
      return result;
    } catch (error) {
      await redirect.answer(failurePage(error, secrets));
      throw error;
    }
  } finally {
    over.abort();
    await listener.close();
  }
}

/** Nothing ever arrives at a page that no program can answer for: its address is pasted. */
function listenFor(redirect: Redirect): Promise<RedirectListener> {
  if (redirect.kind === 'loopback') return listenForRedirect(redirect.host, redirect.port);
  const next = () => new Promise<never>(() => {});
  return Promise.resolve({ redirectUri: redirect.uri, next, close: async () => {} });
}

/** Ask again after what was no redirect; a slip must not cost the login. */
async function pastedRedirect(
  paste: (signal: AbortSignal) => Promise<string>,
  read: (text: string) => URL,
  onStray: (reason: string) => void,
  signal: AbortSignal,
): Promise<Arrival> {
  for (;;) {
    const text = await paste(signal);
    try {
      return { url: read(text), answer: async () => {} }; // the terminal tells how it ended
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      onStray(error.message);
    }
  }
}

async function withinTime<T>(
  arrival: Promise<T>,
  { timeoutMs, signal }: Pick<AuthorizationOptions, 'timeoutMs' | 'signal'>,
): Promise<T> {
  signal.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  const given = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Failure('cancelled', 'cancelled')));
    timer = setTimeout(() => {
      reject(
        new Failure('temporary', `nobody finished the login within ${timeoutMs / 1000} s`, {
          hint: 'run mailctl login again; --timeout 10m gives more time',
        }),
      );
    }, timeoutMs);
  });
  try {
    return await Promise.race([arrival, given]);
  } finally {
    clearTimeout(timer);
  }
}

function failurePage(error: unknown, secrets: Secrets): Page {
  const reason = secrets.redact(errorText(error));
  const refused = error instanceof Failure && error.kind === 'login';
  return {
    outcome: refused ? 'refused' : 'failed',
    title: refused ? 'Not signed in' : 'The login failed',
    lines: [
      `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`,
      'The terminal says what to do next. You can close this window.',
    ],
  };
}
