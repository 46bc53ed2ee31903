import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ClientMetadata, Provider } from 'oidc-provider';
import { loadProvider, providerConfiguration } from './oauth-configuration.ts';
import { answerInteraction } from './oauth-interactions.ts';
import { createOAuthStore } from './oauth-store.ts';
import type { UnattendedClients } from './unattended-clients.ts';

/** Secret of the client `mailctl-secret`; as in every installed program, it is no secret. */
export const mailctlClientSecret = 'not-really-a-secret';

export interface OAuthServerOptions {
  /** Default 3600. */
  accessTokenTtlSeconds?: number;
  /** Default true: each refresh gives a new refresh token, and using an old one ends the grant. */
  rotateRefreshTokens?: boolean;
  /** Default true. */
  issueRefreshTokens?: boolean;
  /** The token endpoint answers this much later. Default 0. */
  tokenDelayMs?: number;
  /** What the token endpoint has done is answered this much later. Default 0. */
  answerDelayMs?: number;
  /** The ID token does not say whose login it is, the userinfo endpoint does. Default false. */
  addressOnlyAtUserinfo?: boolean;
  /** Programs that may log in in their own right. Default: none. */
  unattended?: UnattendedClients;
  /** Behind the issuer's host, such as `/realms/club`. */
  path?: string;
  /** Where the endpoints are that are not at their usual place. */
  routes?: Readonly<Record<string, string>>;
  /** In place of `mailctl` and `mailctl-secret`. */
  clients?: readonly ClientMetadata[];
  /** In place of the usual ones. */
  scopes?: readonly string[];
  /** Anybody may register a client (RFC 7591), and gets these redirect URIs. Default: nobody. */
  registration?: { redirectUris: readonly string[] };
  /** Default true. */
  revocation?: boolean;
  /** Default true: of a refresh token that was replaced the server remembers that it was used. */
  rememberUsedTokens?: boolean;
  /** What else is peculiar: goes around everything the server does. */
  around?: Around;
}

/** What oidc-provider hands to what goes around it. */
export type Context = Parameters<Parameters<Provider['use']>[0]>[0];

export type Around = (ctx: Context, next: () => Promise<void>, endpoint: string) => Promise<void>;

export interface TokenRequest {
  grantType: string;
  status: number;
  /** When it arrived. */
  at: Date;
  /** What was sent, as the server understood it: codes, verifiers and tokens too. */
  parameters: Readonly<Record<string, string>>;
  /** What was answered: the tokens of a request that went well. */
  answer: unknown;
}

export interface OAuthServer {
  issuer: string;
  port: number;
  /** Of the token introspection endpoint (RFC 7662), with a client's credentials in it. */
  introspectionUrl: string;
  /** Everything the token endpoint has answered, oldest first. */
  tokenRequests: readonly TokenRequest[];
  /** The tokens handed to the revocation endpoint (RFC 7009), oldest first. */
  revocations: readonly string[];
  /** How often a browser came to the authorization endpoint. */
  authorizationRequests(): number;
  /** From now on access tokens are good for so long. */
  setAccessTokenTtl(seconds: number): void;
  /** From now on what the token endpoint has done is answered this much later. */
  setAnswerDelay(ms: number): void;
  /** Makes every access token issued so far inactive, although its time is not over. */
  expireAccessTokens(): void;
  /** Ends every grant: refresh tokens answer `invalid_grant`, access tokens become inactive. */
  revokeGrants(): void;
  isActive(accessToken: string): Promise<boolean>;
  /** The next request to the token (or the named) endpoint gets this answer. Calls queue up. */
  failNext(
    status: number,
    body: string | object,
    headers?: Record<string, string>,
    endpoint?: 'token' | 'revocation',
  ): void;
  /** Listens on another port too, and gives its origin. */
  listenToo(): Promise<string>;
  close(): Promise<void>;
}

interface Mounted extends IncomingMessage {
  originalUrl?: string;
}

/** Where oidc-provider has its endpoints unless told otherwise. */
const usualRoutes: Readonly<Record<string, string>> = {
  authorization: '/auth',
  token: '/token',
  revocation: '/token/revocation',
  registration: '/reg',
  device_authorization: '/device/auth',
};

interface Fault {
  status: number;
  body: string | object;
  headers: Record<string, string>;
}

/**
 * Starts an OAuth authorization server on a loopback port of its own: `oidc-provider` with the
 * public client `mailctl`, the client `mailctl-secret`, and pages a person can click. Every
 * address may log in, without a password.
 */
export async function startOAuthServer(given: OAuthServerOptions = {}): Promise<OAuthServer> {
  const options = { ...given };
  const Provider = await loadProvider();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  const { port } = address;
  const { path = '', routes = {} } = options;
  const issuer = `http://127.0.0.1:${port}${path}`;
  const mount = path.replace(/\/$/, '');
  const pathOf = (endpoint: string) => routes[endpoint] ?? usualRoutes[endpoint] ?? '/';

  const store = createOAuthStore({
    forgetUsedTokens: options.rememberUsedTokens === false,
    redirectUris: options.registration?.redirectUris,
  });
  const dovecotSecret = randomBytes(16).toString('hex');
  const provider = new Provider(
    issuer,
    await providerConfiguration({ options, store, dovecotSecret, mailctlClientSecret }),
  );

  const others: Server[] = [];
  const tokenRequests: TokenRequest[] = [];
  const revocations: string[] = [];
  const faults: Record<string, Fault[]> = { [pathOf('token')]: [], [pathOf('revocation')]: [] };
  let authorizationRequests = 0;
  let lastTokenRequest: Promise<unknown> = Promise.resolve();

  provider.use(async (ctx, next) => {
    if (ctx.path.startsWith('/interaction/')) {
      const answer = await answerInteraction(provider, ctx.req, ctx.res);
      ctx.set('Cache-Control', 'no-store');
      if ('location' in answer) {
        ctx.redirect(answer.location);
        ctx.status = 303;
      } else {
        ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
        ctx.type = 'html';
        ctx.body = answer.html;
      }
      return;
    }
    const at = new Date();
    const endpoint = Object.keys({ ...usualRoutes, ...routes }).find(
      (name) => pathOf(name) === ctx.path,
    );
    const around = options.around ?? ((_ctx, go) => go());
    const answer = () => around(ctx, next, endpoint ?? ctx.path);
    if (endpoint === 'authorization') authorizationRequests += 1;
    if (endpoint === 'token') await delay(options.tokenDelayMs ?? 0);

    const fault = ctx.method === 'POST' ? faults[ctx.path]?.shift() : undefined;
    const parameters = fault ? await readForm(ctx.req) : undefined;
    if (fault) {
      ctx.status = fault.status;
      ctx.body = fault.body;
      ctx.set(fault.headers);
    } else if (endpoint === 'token') {
      // One after the other: of two uses of one refresh token the second must be seen as a reuse.
      const turn = lastTokenRequest.then(answer);
      lastTokenRequest = turn.catch(() => {});
      await turn;
    } else {
      await answer();
    }

    const sent = Object.fromEntries(
      Object.entries(parameters ? Object.fromEntries(parameters) : { ...ctx.oidc?.params })
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, String(value)]),
    );
    if (endpoint === 'token') {
      const grantType = sent.grant_type ?? '';
      tokenRequests.push({ grantType, status: ctx.status, at, parameters: sent, answer: ctx.body });
      await delay(options.answerDelayMs ?? 0);
    } else if (endpoint === 'revocation') {
      revocations.push(sent.token ?? '');
    }
  });
  const { unattended } = options;
  if (unattended) provider.use((ctx, next) => unattended.answer(provider, ctx, next));
  const answerRequest = provider.callback();
  const serve = (request: Mounted, response: ServerResponse) => {
    if (mount !== '' && request.url?.startsWith(`${mount}/`)) {
      // As frameworks do that mount one server below a path of another.
      request.originalUrl = request.url;
      request.url = request.url.slice(mount.length);
    }
    void answerRequest(request, response);
  };
  server.on('request', serve);

  return {
    issuer,
    port,
    introspectionUrl: `http://dovecot:${dovecotSecret}@127.0.0.1:${port}${mount}/token/introspection`,
    tokenRequests,
    revocations,
    authorizationRequests: () => authorizationRequests,
    setAccessTokenTtl: (seconds) => {
      options.accessTokenTtlSeconds = seconds;
    },
    setAnswerDelay: (ms) => {
      options.answerDelayMs = ms;
    },
    expireAccessTokens: () => {
      store.clear('AccessToken');
      store.clear('ClientCredentials');
    },
    revokeGrants: () => {
      store.clear('RefreshToken');
      store.clear('Grant');
    },
    isActive: async (accessToken) => {
      const found = await provider.AccessToken.find(accessToken);
      return found !== undefined && (await provider.Grant.find(found.grantId ?? '')) !== undefined;
    },
    failNext: (status, body, headers = {}, endpoint = 'token') => {
      faults[pathOf(endpoint)]?.push({ status, body, headers });
    },
    listenToo: async () => {
      const other = createServer(serve);
      others.push(other);
      other.listen(0, '127.0.0.1');
      await once(other, 'listening');
      const address = other.address();
      return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
    },
    close: async () => {
      for (const one of [server, ...others]) {
        one.closeAllConnections();
        await new Promise((resolve) => one.close(resolve));
      }
    },
  };
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams(await text(request));
}

function delay(ms: number): Promise<void> {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve();
}
