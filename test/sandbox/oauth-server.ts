import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
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
  /** Programs that may log in in their own right. Default: none. */
  unattended?: UnattendedClients;
}

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
  close(): Promise<void>;
}

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
  const issuer = `http://127.0.0.1:${port}`;

  const store = createOAuthStore();
  const dovecotSecret = randomBytes(16).toString('hex');
  const provider = new Provider(
    issuer,
    await providerConfiguration({ options, store, dovecotSecret, mailctlClientSecret }),
  );

  const tokenRequests: TokenRequest[] = [];
  const revocations: string[] = [];
  const faults: Record<string, Fault[]> = { '/token': [], '/token/revocation': [] };
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
    if (ctx.path === '/auth') authorizationRequests += 1;
    if (ctx.path === '/token') await delay(options.tokenDelayMs ?? 0);

    const fault = ctx.method === 'POST' ? faults[ctx.path]?.shift() : undefined;
    const parameters = fault ? await readForm(ctx.req) : undefined;
    if (fault) {
      ctx.status = fault.status;
      ctx.body = fault.body;
      ctx.set(fault.headers);
    } else if (ctx.path === '/token') {
      // One after the other: of two uses of one refresh token the second must be seen as a reuse.
      const turn = lastTokenRequest.then(next);
      lastTokenRequest = turn.catch(() => {});
      await turn;
    } else {
      await next();
    }

    const sent = Object.fromEntries(
      Object.entries(parameters ? Object.fromEntries(parameters) : { ...ctx.oidc?.params })
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, String(value)]),
    );
    if (ctx.path === '/token') {
      const grantType = sent.grant_type ?? '';
      tokenRequests.push({ grantType, status: ctx.status, at, parameters: sent, answer: ctx.body });
      await delay(options.answerDelayMs ?? 0);
    } else if (ctx.path === '/token/revocation') {
      revocations.push(sent.token ?? '');
    }
  });
  const { unattended } = options;
  if (unattended) provider.use((ctx, next) => unattended.answer(provider, ctx, next));
  server.on('request', provider.callback());

  return {
    issuer,
    port,
    introspectionUrl: `http://dovecot:${dovecotSecret}@127.0.0.1:${port}/token/introspection`,
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
      const path = endpoint === 'token' ? '/token' : '/token/revocation';
      faults[path]?.push({ status, body, headers });
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams(await text(request));
}

function delay(ms: number): Promise<void> {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve();
}
