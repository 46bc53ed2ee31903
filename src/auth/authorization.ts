import type { RedirectHost } from '../account/account.ts';
import { errorText, Failure } from '../errors.ts';
import type { Secrets } from '../system/secrets.ts';
import type { OAuthClient, TokenResponse } from './oauth-client.ts';
import { listenForRedirect, type Redirect } from './redirect-listener.ts';
import type { Page } from './redirect-page.ts';

export interface AuthorizationOptions {
  readonly client: OAuthClient;
  readonly redirectHost: RedirectHost;
  /** Show the person where to go, and open the browser if that is wanted. */
  readonly present: (url: URL) => Promise<void>;
  /** Told of each redirect that does not belong to this login. */
  readonly onStray: () => void;
  /** How long the person may take, milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly secrets: Secrets;
}

/**
 * The authorization code flow with PKCE for a program without a secret of its own (RFC 8252): ask
 * in the browser, take the redirect on loopback, redeem the code. `complete` then does what the
 * login is for, and its page is what the browser shows; a failure is shown there too.
 */
export async function authorize<T>(
  options: AuthorizationOptions,
  complete: (response: TokenResponse) => Promise<{ readonly result: T; readonly page: Page }>,
): Promise<T> {
  const { client, secrets } = options;
  const listener = await listenForRedirect(options.redirectHost);
  try {
    const attempt = await client.startAuthorization(listener.redirectUri);
    secrets.add(attempt.codeVerifier);
    const arrival = listener.next(attempt.state, options.onStray);
    await options.present(attempt.url);
    const redirect = await withinTime(arrival, options);
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
    await listener.close();
  }
}

async function withinTime(
  arrival: Promise<Redirect>,
  { timeoutMs, signal }: AuthorizationOptions,
): Promise<Redirect> {
  const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const given = new Promise<never>((_, reject) => {
    ended.addEventListener('abort', () => {
      if (signal.aborted) return reject(new Failure('cancelled', 'the login was cancelled'));
      reject(
        new Failure('temporary', `nobody finished the login within ${timeoutMs / 1000} s`, {
          hint: 'run mailctl login again; --timeout 10m gives more time',
        }),
      );
    });
  });
  signal.throwIfAborted();
  return Promise.race([arrival, given]);
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
