import type { ClientAuth } from 'openid-client';
import type { AuthorizationServer } from '../account/account.ts';
import { Failure } from '../errors.ts';
import type { HttpClient } from '../system/http.ts';
import { type ClientProof, signingKey, thumbprintOf } from './client-proof.ts';
import { checkEndpoints, givenMetadata, webPage } from './endpoints.ts';
import { explainOAuthError } from './oauth-errors.ts';
import { oauthFetch } from './oauth-fetch.ts';
import { addressesIn, readTokens, type TokenResponse } from './token-response.ts';

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
  /** A token for the client itself (RFC 6749 §4.4). */
  requestByClient(): Promise<TokenResponse>;
  /** A token for whom a signed assertion names (RFC 7523 §2.1). */
  requestByAssertion(assertion: string): Promise<TokenResponse>;
  /** Whose login it is, as the userinfo endpoint says; empty where there is none to ask. */
  addressesOf(response: TokenResponse): Promise<readonly string[]>;
  /** RFC 8628: get a code for the person to type on another device. */
  startDevice(): Promise<DeviceAttempt>;
  /** RFC 7009; false where the server has no revocation endpoint. */
  revoke(refreshToken: string): Promise<boolean>;
}

/** Who asks, and whom. */
export interface OAuthSettings {
  readonly clientId: string;
  readonly server: AuthorizationServer;
  readonly scopes: readonly string[];
  /** Extra parameters of the authorization request, such as `prompt`. */
  readonly authorizationParameters?: Readonly<Record<string, string>>;
}

export interface OAuthClientOptions {
  readonly proof: ClientProof;
  readonly http: HttpClient;
  /** For one request, milliseconds in total. */
  readonly timeoutMs: number;
}

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** Learn the server's endpoints, by discovery unless the config gives them. */
export async function openOAuthClient(
  settings: OAuthSettings,
  options: OAuthClientOptions,
): Promise<OAuthClient> {
  const library = await import('openid-client');
  const authentication = await authenticationBy(options.proof, library);
  const insecure = new URL(settings.server.issuer).protocol === 'http:';
  const timeout = options.timeoutMs / 1000;
  const fetch = oauthFetch(options.http);
  const issuer = settings.server.issuer;

  const discover = (algorithm: 'oidc' | 'oauth2') =>
    library.discovery(new URL(issuer), settings.clientId, undefined, authentication, {
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
      undefined,
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
      if (metadata.authorization_endpoint === undefined) {
        throw new Failure('protocol', `${new URL(issuer).host} has no login by browser`, {
          hint: 'check the issuer in the config',
        });
      }
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
    requestByClient: () =>
      explained(async () => {
        const scope = settings.scopes.join(' ');
        return readTokens(await library.clientCredentialsGrant(configuration, { scope }));
      }),
    requestByAssertion: (assertion) =>
      explained(async () =>
        readTokens(await library.genericGrantRequest(configuration, jwtBearer, { assertion })),
      ),
    async addressesOf({ accessToken, subject }) {
      if (metadata.userinfo_endpoint === undefined || !asksForIdToken) return [];
      const expected = subject ?? library.skipSubjectCheck;
      return explained(async () =>
        addressesIn({ ...(await library.fetchUserInfo(configuration, accessToken, expected)) }),
      );
    },
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

/** How openid-client shows the token endpoint who we are. */
async function authenticationBy(
  proof: ClientProof,
  library: typeof import('openid-client'),
): Promise<ClientAuth> {
  switch (proof.kind) {
    case 'none':
      return library.None();
    case 'secret':
      return library.ClientSecretPost(proof.secret);
    case 'assertion':
      return () => {};
    case 'signature': {
      const key = await signingKey(proof.key);
      const thumbprint = proof.certificate === null ? null : thumbprintOf(proof.certificate);
      // The thumbprint is how Microsoft finds the key; the endpoint as the audience is what it
      // documents, and RFC 7523 §3 allows it everywhere.
      return (server, ...rest) =>
        library.PrivateKeyJwt(key, {
          [library.modifyAssertion]: (header, payload) => {
            if (thumbprint !== null) header['x5t#S256'] = thumbprint;
            if (server.token_endpoint !== undefined) payload['aud'] = server.token_endpoint;
          },
        })(server, ...rest);
    }
  }
}
