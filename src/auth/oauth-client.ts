import type { AuthorizationServer, OAuthSettings } from '../account/account.ts';
import { Failure } from '../errors.ts';
import { isLoopback } from '../system/loopback.ts';
import { explainOAuthError } from './oauth-errors.ts';
import { boundedFetch } from './oauth-fetch.ts';

/** What a token endpoint gave. Lifetimes in seconds. */
export interface TokenResponse {
  readonly accessToken: string;
  readonly expiresInSeconds: number | null;
  readonly refreshToken: string | null;
  /** Null where the server does not say, which means: as asked for (RFC 6749 §5.1). */
  readonly scopes: readonly string[] | null;
  readonly subject: string | null;
  /** The names the ID token gives the person: `email`, `preferred_username`. */
  readonly addresses: readonly string[];
}

/** One attempt at an authorization; its secrets live in memory only (RFC 7636, RFC 9700). */
export interface AuthorizationAttempt {
  readonly url: URL;
  readonly state: string;
  readonly codeVerifier: string;
  readonly nonce: string | null;
}

/** A device authorization under way (RFC 8628 §3.2). */
export interface DeviceAttempt {
  readonly userCode: string;
  readonly verificationUri: URL;
  /** With the code in it, where the server gives one. */
  readonly verificationUriComplete: URL | null;
  readonly expiresInSeconds: number;
  /** Resolves when the person has said yes. */
  poll(signal: AbortSignal): Promise<TokenResponse>;
}

/** All methods throw Failure: 'login', 'config', 'temporary' or 'protocol'. */
export interface OAuthClient {
  readonly issuer: string;
  /** A fresh authorization request: PKCE S256, state, and a nonce where an ID token is asked for. */
  startAuthorization(redirectUri: string): Promise<AuthorizationAttempt>;
  /** Check a redirect (state, iss of RFC 9207) and redeem its code. */
  redeem(redirect: URL, attempt: AuthorizationAttempt): Promise<TokenResponse>;
  refresh(refreshToken: string): Promise<TokenResponse>;
  /** RFC 8628: get a code for the person to type on another device. */
  startDevice(): Promise<DeviceAttempt>;
  /** RFC 7009; false where the server has no revocation endpoint. */
  revoke(refreshToken: string): Promise<boolean>;
}

export interface OAuthClientOptions {
  readonly clientSecret: string | null;
  readonly signal: AbortSignal;
  /** For one request, milliseconds in total. */
  readonly timeoutMs: number;
}

/** Learn the server's endpoints, by discovery unless the config gives them. */
export async function openOAuthClient(
  settings: OAuthSettings,
  options: OAuthClientOptions,
): Promise<OAuthClient> {
  const library = await import('openid-client');
  const secret = options.clientSecret ?? undefined;
  const authentication = secret === undefined ? library.None() : library.ClientSecretPost(secret);
  const insecure = new URL(settings.server.issuer).protocol === 'http:';
  const timeout = options.timeoutMs / 1000;
  const fetch = boundedFetch(options.signal);
  const issuer = settings.server.issuer;

  const discover = (algorithm: 'oidc' | 'oauth2') =>
    library.discovery(new URL(issuer), settings.clientId, secret, authentication, {
      algorithm,
      timeout,
      [library.customFetch]: fetch,
      ...(insecure ? { execute: [library.allowInsecureRequests] } : {}),
    });
  const configure = async () => {
    if (settings.server.kind === 'discovered') {
      // OpenID Connect's document first: more servers have it, and it says more.
      return await discover('oidc').catch((error: unknown) =>
        discover('oauth2').catch(() => Promise.reject(error)),
      );
    }
    const given = new library.Configuration(
      givenMetadata(settings.server),
      settings.clientId,
      secret,
      authentication,
    );
    if (insecure) library.allowInsecureRequests(given);
    given.timeout = timeout;
    given[library.customFetch] = fetch;
    return given;
  };
  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw explainOAuthError(error, issuer);
    }
  };

  const configuration = await explained(configure);
  const metadata = configuration.serverMetadata();
  checkEndpoints(metadata, insecure);
  const asksForIdToken = settings.scopes.includes('openid');

  return {
    issuer: metadata.issuer,
    async startAuthorization(redirectUri) {
      const codeVerifier = library.randomPKCECodeVerifier();
      const state = library.randomState();
      const nonce = asksForIdToken ? library.randomNonce() : null;
      const url = library.buildAuthorizationUrl(configuration, {
        ...settings.authorizationParameters,
        redirect_uri: redirectUri,
        scope: settings.scopes.join(' '),
        state,
        code_challenge: await library.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...(nonce === null ? {} : { nonce }),
      });
      return { url, state, codeVerifier, nonce };
    },
    redeem: (redirect, { state, codeVerifier, nonce }) =>
      explained(async () =>
        readTokens(
          await library.authorizationCodeGrant(configuration, redirect, {
            expectedState: state,
            pkceCodeVerifier: codeVerifier,
            ...(nonce === null ? {} : { expectedNonce: nonce, idTokenExpected: true }),
          }),
        ),
      ),
    refresh: (refreshToken) =>
      explained(async () =>
        readTokens(await library.refreshTokenGrant(configuration, refreshToken)),
      ),
    startDevice: () =>
      explained(async () => {
        if (metadata.device_authorization_endpoint === undefined) {
          throw new Failure('refused', `${new URL(issuer).host} has no login by device code`, {
            hint: 'log in without --device; over SSH the address can be pasted',
          });
        }
        const scope = settings.scopes.join(' ');
        const device = await library.initiateDeviceAuthorization(configuration, { scope });
        const complete = device.verification_uri_complete;
        return {
          userCode: device.user_code,
          verificationUri: webPage(device.verification_uri),
          verificationUriComplete: complete === undefined ? null : webPage(complete),
          expiresInSeconds: device.expires_in,
          poll: (signal: AbortSignal) =>
            explained(async () =>
              readTokens(
                await library.pollDeviceAuthorizationGrant(configuration, device, undefined, {
                  signal,
                }),
              ),
            ),
        };
      }),
    revoke: (refreshToken) =>
      explained(async () => {
        if (metadata.revocation_endpoint === undefined) return false;
        await library.tokenRevocation(configuration, refreshToken, {
          token_type_hint: 'refresh_token',
        });
        return true;
      }),
  };
}

function givenMetadata(server: AuthorizationServer & { kind: 'given' }) {
  const optional = (name: string, value: string | null) =>
    value === null ? {} : { [name]: value };
  return {
    issuer: server.issuer,
    authorization_endpoint: server.authorizationEndpoint,
    token_endpoint: server.tokenEndpoint,
    ...optional('revocation_endpoint', server.revocationEndpoint),
    ...optional('device_authorization_endpoint', server.deviceAuthorizationEndpoint),
  };
}

/** What discovery found goes to a browser and gets our code and tokens: only where it is safe. */
function checkEndpoints(metadata: Readonly<Record<string, unknown>>, insecure: boolean): void {
  const required = ['authorization_endpoint', 'token_endpoint'];
  const names = [...required, 'revocation_endpoint', 'device_authorization_endpoint'];
  for (const name of names) {
    const value = metadata[name];
    if (value === undefined && !required.includes(name)) continue;
    if (typeof value !== 'string' || !isSafeEndpoint(value, insecure)) {
      throw new Failure('protocol', `the login server's ${name} is not a safe https:// URL`, {
        hint: 'check the issuer in the config',
      });
    }
  }
}

function isSafeEndpoint(value: string, insecure: boolean): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const clear = url.protocol === 'http:' && insecure && isLoopback(url.hostname);
  return (url.protocol === 'https:' || clear) && url.username === '' && url.password === '';
}

/** What a person is sent to: a web page, whatever the server says. */
function webPage(address: string): URL {
  if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return new URL(address);
  throw new Failure('protocol', 'the login server sends you to something that is no web page');
}

interface LibraryTokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in?: number | undefined;
  readonly refresh_token?: string | undefined;
  readonly scope?: string | undefined;
  claims(): Readonly<Record<string, unknown>> | undefined;
}

const maxLifetimeSeconds = 365 * 86_400;

function readTokens(tokens: LibraryTokens): TokenResponse {
  const claims = tokens.claims() ?? {};
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  if (tokens.token_type !== 'bearer') {
    throw new Failure(
      'protocol',
      `the login server gave a ${tokens.token_type} token, not Bearer`,
      { hint: 'check the issuer in the config' },
    );
  }
  return {
    accessToken: checkToken(tokens.access_token),
    expiresInSeconds:
      tokens.expires_in === undefined
        ? null
        : Math.min(Math.max(tokens.expires_in, 0), maxLifetimeSeconds),
    refreshToken: tokens.refresh_token === undefined ? null : checkToken(tokens.refresh_token),
    scopes: tokens.scope === undefined ? null : tokens.scope.split(/[ ,]+/).filter(Boolean),
    subject: text(claims['sub']),
    addresses: [text(claims['email']), text(claims['preferred_username'])].filter(
      (name) => name !== null,
    ),
  };
}

/** RFC 6749 App. A: visible ASCII. Anything else could end a SASL field or an IMAP line. */
function checkToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new Failure('protocol', 'the login server gave a token with characters no token may have', {
    hint: 'check the issuer in the config',
  });
}
