import { describe, expect, it } from 'vitest';
import { explainOAuthError } from '../../src/auth/oauth-errors.ts';
import { Failure } from '../../src/errors.ts';

const issuer = 'https://login.example.org:8443/realm';
const host = 'login.example.org:8443';

/** An error with the fields the libraries give theirs. */
function error(message: string, fields: object, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), fields);
}

const refusedInBrowser = (code: string, description?: string) =>
  error('authorization response from the server is an error', {
    code: 'OAUTH_AUTHORIZATION_RESPONSE_ERROR',
    error: code,
    ...(description === undefined ? {} : { error_description: description }),
  });
const refusedToken = (code: string, status = 400, description?: string) =>
  error('server responded with an error in the response body', {
    code: 'OAUTH_RESPONSE_BODY_ERROR',
    error: code,
    status,
    ...(description === undefined ? {} : { error_description: description }),
  });
const strangeAnswer = (status: number) =>
  error(
    '"response" is not a conform Token Endpoint response',
    { code: 'OAUTH_RESPONSE_IS_NOT_CONFORM' },
    new Response('', { status }),
  );

describe('what went wrong with a login server is one sentence, a kind and a way out', () => {
  it.each([
    // in the browser (RFC 6749 §4.1.2.1)
    [
      refusedInBrowser('access_denied'),
      'login',
      /refused in the browser \(access_denied\)$/,
      /allow access/,
    ],
    [
      refusedInBrowser('access_denied', 'The user said no'),
      ...(['login', /\(access_denied: The user said no\)/, /mailctl login/] as const),
    ],
    [refusedInBrowser('temporarily_unavailable'), 'temporary', /temporarily_unavailable/, /later/],
    [refusedInBrowser('server_error'), 'temporary', /server_error/, /later/],
    [refusedInBrowser('unauthorized_client'), 'config', /unauthorized_client/, /client_id/],
    [
      refusedInBrowser('invalid_scope', 'no such scope'),
      'config',
      /invalid_scope: no such scope/,
      /scopes/,
    ],
    [refusedInBrowser('invalid_request'), 'config', /invalid_request/, /redirect URI/],
    [refusedInBrowser('something_new'), 'config', /something_new/, /client_id/],
    [refusedInBrowser('constructor'), 'config', /: constructor$/, /client_id/],
    // at the token endpoint (RFC 6749 §5.2)
    [refusedToken('invalid_grant'), 'login', /refused: invalid_grant$/, /mailctl login/],
    [
      refusedToken('invalid_grant', 400, 'revoked'),
      'login',
      /invalid_grant: revoked/,
      /mailctl login/,
    ],
    [refusedToken('invalid_grant', 503), 'login', /invalid_grant/, /mailctl login/],
    [refusedToken('interaction_required'), 'login', /interaction_required/, /mailctl login/],
    [refusedToken('consent_required'), 'login', /consent_required/, /mailctl login/],
    [refusedToken('login_required'), 'login', /login_required/, /mailctl login/],
    [refusedToken('invalid_client', 401), 'config', /invalid_client/, /client secret/],
    [refusedToken('unauthorized_client'), 'config', /unauthorized_client/, /client_id/],
    [refusedToken('unsupported_grant_type'), 'config', /unsupported_grant_type/, /client_id/],
    [refusedToken('invalid_scope'), 'config', /invalid_scope/, /scopes/],
    [refusedToken('temporarily_unavailable'), 'temporary', /temporarily_unavailable/, /later/],
    [refusedToken('server_error'), 'temporary', /server_error/, /later/],
    [refusedToken('slow_down'), 'temporary', /slow_down/, /later/],
    [refusedToken('invalid_request', 429), 'temporary', /invalid_request/, /later/],
    [refusedToken('invalid_request', 500), 'temporary', /invalid_request/, /later/],
    [refusedToken('invalid_request', 400), 'config', /invalid_request/, /client_id/],
    // answers that are none
    [
      error('challenge', { code: 'OAUTH_WWW_AUTHENTICATE_CHALLENGE' }),
      'config',
      /does not accept this client/,
      /client_id/,
    ],
    [error('late', { code: 'OAUTH_TIMEOUT' }), 'temporary', /did not answer in time/, /later/],
    [strangeAnswer(404), 'protocol', /HTTP status 404/, /issuer/],
    [strangeAnswer(302), 'protocol', /HTTP status 302/, /issuer/],
    [strangeAnswer(200), 'protocol', /HTTP status 200/, /issuer/],
    [strangeAnswer(408), 'temporary', /answered 408/, /later/],
    [strangeAnswer(429), 'temporary', /answered 429/, /later/],
    [strangeAnswer(500), 'temporary', /answered 500/, /later/],
    [strangeAnswer(503), 'temporary', /answered 503/, /later/],
    [
      error('x', { code: 'OAUTH_RESPONSE_IS_NOT_CONFORM' }),
      'protocol',
      /not answer like an OAuth server: x/,
      /issuer/,
    ],
    [error('html', { code: 'OAUTH_RESPONSE_IS_NOT_JSON' }), 'temporary', /a web page/, /proxy/],
    [
      error('invalid response encountered', {}, new Error('unexpected "iss"')),
      'protocol',
      /answered wrongly: unexpected "iss"/,
      /issuer/,
    ],
    [
      error('odd', { code: 'OAUTH_INVALID_RESPONSE' }),
      'protocol',
      /answered wrongly: odd/,
      /issuer/,
    ],
    [new TypeError('not a function'), 'protocol', /answered wrongly: not a function/, /issuer/],
    // what is no error at all
    ['a text', 'protocol', /answered wrongly: a text/, /issuer/],
  ] as const)('%s → %s %s', (thrown, kind, sentence, hint) => {
    const failure = explainOAuthError(thrown, issuer);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure.kind).toBe(kind);
    expect(failure.message).toMatch(sentence);
    expect(failure.hint).toMatch(hint);
    if (!/in the browser/.test(failure.message)) expect(failure.message).toContain(host);
    expect(failure.message).not.toMatch(/\.$|undefined|\[object/);
    expect(failure.cause).toBe(thrown);
  });

  it('a Failure of our own is told as it is, also from inside a library', () => {
    const own = new Failure('protocol', 'more than 1048576 bytes');
    expect(explainOAuthError(own, issuer)).toBe(own);
    const wrapped = error('fetch failed', { code: 'OAUTH_TIMEOUT' }, error('inner', {}, own));
    expect(explainOAuthError(wrapped, issuer)).toBe(own);
  });

  it('an error is recognised by its code, never by its sentence', () => {
    const liar = error('invalid_grant access_denied ECONNREFUSED OAUTH_TIMEOUT', {});
    expect(explainOAuthError(liar, issuer).kind).toBe('protocol');
  });
});
