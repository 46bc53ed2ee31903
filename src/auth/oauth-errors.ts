import { errorCode, errorField, errorText, Failure } from '../errors.ts';
import { adviceFor } from './advice.ts';

/** Errors of RFC 6749 §5.2 and OpenID Connect that only a new login by the person ends. */
const loginErrors = new Set([
  'invalid_grant',
  'interaction_required',
  'consent_required',
  'login_required',
]);
/** The person said no, or took too long (RFC 8628 §3.5), also in Microsoft's words for it. */
const deviceErrors: Readonly<Record<string, string>> = {
  access_denied: 'the login was refused in the browser',
  authorization_declined: 'the login was refused in the browser',
  expired_token: 'the code has run out before it was used',
  bad_verification_code: 'the server no longer knows the code',
};
const temporaryErrors = new Set(['temporarily_unavailable', 'server_error', 'slow_down']);

/** One sentence for whatever went wrong with an authorization server. Recognised by code only. */
export function explainOAuthError(error: unknown, issuer: string): Failure {
  if (error instanceof Failure) return error;
  const host = new URL(issuer).host;
  const nested = deepestFailure(error);
  if (nested !== null) return nested;
  switch (errorCode(error)) {
    case 'OAUTH_AUTHORIZATION_RESPONSE_ERROR':
      return explainRefusal(error, host);
    case 'OAUTH_RESPONSE_BODY_ERROR':
      return explainTokenError(error, host);
    case 'OAUTH_WWW_AUTHENTICATE_CHALLENGE':
      return new Failure('config', `${host} does not accept this client`, {
        hint: 'check client_id and the client secret',
        cause: error,
      });
    case 'OAUTH_TIMEOUT':
      return new Failure('temporary', `${host} did not answer in time`, {
        hint: 'try again later',
        cause: error,
      });
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
      return explainStatus(error, host);
    case 'OAUTH_RESPONSE_IS_NOT_JSON':
      if (isTemporaryStatus(answerOf(error)?.status ?? null)) return explainStatus(error, host);
      return new Failure(
        'temporary',
        `${host} answered with a web page where tokens were expected`,
        {
          hint: 'a captive portal or proxy may stand in between; try again later',
          cause: error,
        },
      );
  }
  return new Failure('protocol', `${host} answered wrongly: ${deepestMessage(error)}`, {
    hint: 'check the issuer in the config',
    cause: error,
  });
}

function advice(error: unknown): string | null {
  return adviceFor({
    error: errorField(error, 'error') ?? '',
    description: errorField(error, 'error_description'),
    subtype: error instanceof Error ? errorField(error.cause, 'error_subtype') : null,
  });
}

/** The person pressed Deny, or the server did for them (RFC 6749 §4.1.2.1). */
function explainRefusal(error: unknown, host: string): Failure {
  const code = errorField(error, 'error') ?? 'unknown error';
  const said = description(error);
  if (code === 'access_denied') {
    return new Failure('login', `the login was refused in the browser (${code}${said})`, {
      hint: 'run mailctl login again and allow access',
      cause: error,
    });
  }
  const kind = temporaryErrors.has(code) ? 'temporary' : 'config';
  return new Failure(kind, `${host} refused the login: ${code}${said}`, {
    hint:
      advice(error) ??
      (kind === 'temporary'
        ? 'try again later'
        : 'check client_id and the scopes, and the redirect URI registered for the client'),
    cause: error,
  });
}

function explainTokenError(error: unknown, host: string): Failure {
  const code = errorField(error, 'error') ?? 'unknown error';
  const status = numberField(error, 'status');
  const sentence = `${host} refused: ${code}${description(error)}`;
  const told = deviceErrors[code];
  if (told !== undefined) {
    return new Failure('login', `${told} (${code})`, {
      hint: 'run mailctl login --device again',
      cause: error,
    });
  }
  if (loginErrors.has(code)) {
    return new Failure('login', sentence, {
      hint: advice(error) ?? 'mailctl login',
      cause: error,
    });
  }
  if (temporaryErrors.has(code) || isTemporaryStatus(status)) {
    return new Failure('temporary', sentence, {
      hint: 'try again later',
      retryAfterMs: retryAfterMs(error),
      cause: error,
    });
  }
  return new Failure('config', sentence, {
    hint: advice(error) ?? 'check client_id, the client secret and the scopes',
    cause: error,
  });
}

function explainStatus(error: unknown, host: string): Failure {
  const status = answerOf(error)?.status ?? null;
  if (isTemporaryStatus(status)) {
    return new Failure('temporary', `${host} answered ${status}`, {
      hint: 'try again later',
      retryAfterMs: retryAfterMs(error),
      cause: error,
    });
  }
  const what = status === null ? deepestMessage(error) : `HTTP status ${status}`;
  return new Failure('protocol', `${host} does not answer like an OAuth server: ${what}`, {
    hint: 'check the issuer in the config',
    cause: error,
  });
}

/** Retry-After of whatever answer the library has kept (RFC 9110 §10.2.3), at least a second. */
function retryAfterMs(error: unknown): number | undefined {
  const answer = answerOf(error);
  const value = answer?.headers.get('retry-after') ?? null;
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(ms, 1000);
}

function answerOf(error: unknown): Response | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    const kept: unknown = Reflect.get(current, 'response');
    if (kept instanceof Response) return kept;
    if (current.cause instanceof Response) return current.cause;
  }
  return undefined;
}

function isTemporaryStatus(status: number | null): boolean {
  return status !== null && (status >= 500 || status === 429 || status === 408);
}

function description(error: unknown): string {
  const text = errorField(error, 'error_description');
  return text === null ? '' : `: ${text}`;
}

function numberField(error: unknown, field: string): number | null {
  if (typeof error !== 'object' || error === null) return null;
  const value: unknown = Reflect.get(error, field);
  return typeof value === 'number' ? value : null;
}

/** A Failure of our own that a library has wrapped. */
function deepestFailure(error: unknown): Failure | null {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof Failure) return current;
  }
  return null;
}

/** The libraries say "invalid response encountered" and keep what happened in the cause. */
function deepestMessage(error: unknown): string {
  let message = errorText(error);
  for (let current = error; current instanceof Error; current = current.cause) {
    message = current.message;
  }
  return message;
}
