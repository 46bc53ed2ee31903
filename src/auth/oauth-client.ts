import type { AuthorizationServer } from '../account/account.ts';
import { Failure } from '../errors.ts';
import type { HttpClient } from '../system/http.ts';
import { configureClient } from './client-configuration.ts';
import type { ClientProof } from './client-proof.ts';
import { atDataCentre, dataCentreParameter } from './data-centre.ts';
import { webPage } from './endpoints.ts';
import { explainOAuthError } from './oauth-errors.ts';
import type { ServerFacts } from './registration.ts';
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
  /** Default: a blank (RFC 6749 §3.3). */
  readonly scopeSeparator?: ' ' | ',';
  /** RFC 8707 */
  readonly resource?: string | null;
  /** Extra parameters of the authorization request, such as `prompt`. */
  readonly authorizationParameters?: Readonly<Record<string, string>>;
  /** Default: where the server has an endpoint for it. */
  readonly deviceFlow?: boolean;
  /** Origins that may redeem what this server has granted. */
  readonly dataCentres?: readonly string[];
}

export interface OAuthClientOptions {
  readonly proof: ClientProof;
  readonly http: HttpClient;
  /** For one request, milliseconds in total. */
  readonly timeoutMs: number;
  /** The data centre to ask (an origin), where it is another than the first. */
  readonly dataCentre?: string | null;
}

/** What a server says of itself, before there is a client. @throws Failure */
export async function learnServer(
  server: AuthorizationServer,
  { http, timeoutMs }: Pick<OAuthClientOptions, 'http' | 'timeoutMs'>,
): Promise<ServerFacts> {
  const library = await import('openid-client');
  const nobody = { clientId: 'none', server };
  try {
    const known = await configureClient(library, nobody, {
      proof: { kind: 'none' },
      http,
      timeoutMs,
    });
    const { issuer, registration_endpoint, scopes_supported = [] } = known.serverMetadata();
    return {
      issuer,
      registrationEndpoint: registration_endpoint ?? null,
      scopes: scopes_supported,
    };
  } catch (error) {
    throw explainOAuthError(error, server.issuer);
  }
}

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** Learn the server's endpoints, by discovery unless the config gives them. */
export async function openOAuthClient(
  settings: OAuthSettings,
  options: OAuthClientOptions,
): Promise<OAuthClient> {
  const library = await import('openid-client');
  const { issuer } = settings.server;
  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw explainOAuthError(error, issuer);
    }
  };

  const at = (origin: string | null) => {
    const server =
      origin === null
        ? settings.server
        : atDataCentre(settings.server, origin, settings.dataCentres);
    return configureClient(library, { ...settings, server }, options);
  };
  const configuration = await explained(() => at(options.dataCentre ?? null));
  const metadata = configuration.serverMetadata();
  const scope = settings.scopes.join(settings.scopeSeparator ?? ' ');
  const resource = settings.resource == null ? undefined : { resource: settings.resource };
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
        ...resource,
        scope,
        state,
        code_challenge: await library.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...(nonce === null ? {} : { nonce }),
      });
      return { url, state, codeVerifier, nonce };
    },
    redeem: (redirect, { state, codeVerifier, nonce }) =>
      explained(async () => {
        const named = redirect.searchParams.get(dataCentreParameter);
        const redeemer = named === null ? configuration : await at(named);
        const checks = {
          expectedState: state,
          pkceCodeVerifier: codeVerifier,
          ...(nonce === null ? {} : { expectedNonce: nonce, idTokenExpected: true }),
        };
        const tokens = await library.authorizationCodeGrant(redeemer, redirect, checks, resource);
        return { ...readTokens(tokens), dataCentre: redeemer === configuration ? null : named };
      }),
    refresh: (refreshToken) =>
      explained(async () =>
        readTokens(await library.refreshTokenGrant(configuration, refreshToken, resource)),
      ),
    requestByClient: () =>
      explained(async () => {
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
        const refused = settings.deviceFlow === false;
        if (refused || metadata.device_authorization_endpoint === undefined) {
          throw new Failure(
            'refused',
            `${new URL(issuer).host} has no login by device code${refused ? ' for mail' : ''}`,
            {
              hint: 'log in without --device; over SSH the address can be pasted',
            },
          );
        }
        const device = await library.initiateDeviceAuthorization(configuration, {
          scope,
          ...resource,
        });
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
