import { createHash } from 'node:crypto';
import { nativeClient } from './oauth-configuration.ts';
import type { Around, Context, OAuthServerOptions } from './oauth-server.ts';

/** How the login server of a family of providers differs from the usual one. */
export type FamilyServer = (about: FamilyNeeds) => OAuthServerOptions;

export interface FamilyNeeds {
  /** The only port a redirect may have, where the family compares it. */
  readonly redirectPort: number;
  /** The origin of the data centre that has the mailbox, once the server listens. */
  readonly dataCentre: () => string;
}

export const familyClient = { id: 'mailctl', secret: 'the-secret-of-mailctl' } as const;

const publicClient = (redirectUris: readonly string[]) => ({
  ...nativeClient,
  redirect_uris: [...redirectUris],
  client_id: familyClient.id,
  token_endpoint_auth_method: 'none' as const,
});
const secretClient = (redirectUris: readonly string[]) => ({
  ...publicClient(redirectUris),
  client_secret: familyClient.secret,
  token_endpoint_auth_method: 'client_secret_post' as const,
});

export const google: FamilyServer = () => {
  const offline = offlineGrants(
    (query) => query['access_type'] === 'offline' && query['prompt'] === 'consent',
  );
  return {
    clients: [secretClient(['http://127.0.0.1/callback'])],
    scopes: ['openid', 'email', 'https://mail.google.com/'],
    rotateRefreshTokens: false,
    async around(ctx, next, endpoint) {
      await next();
      await offline(ctx, endpoint);
      if (endpoint !== 'token' || ctx.oidc.params?.['client_secret'] !== undefined) return;
      answer(ctx, 400, {
        error: 'invalid_request',
        error_description: 'client_secret is missing.',
      });
    },
  };
};

export const microsoft: FamilyServer = () => ({
  clients: [publicClient(['http://localhost/callback'])],
  scopes: ['openid', 'email', 'profile', 'offline_access', microsoftScope],
  revocation: false,
  // A token that was replaced goes on working.
  rememberUsedTokens: false,
  async around(ctx, next, endpoint) {
    await next();
    if (endpoint === 'device_authorization' && ctx.body) {
      ctx.body = { ...ctx.body, verification_uri_complete: undefined, interval: 1 };
    }
    if (endpoint !== 'token') return;
    if (ctx.oidc.params?.['client_secret'] !== undefined) {
      const text =
        'AADSTS700025: Client is public so neither client_assertion nor client_secret should be presented.';
      answer(ctx, 401, { error: 'invalid_client', error_description: text, error_codes: [700025] });
    } else if (ctx.body?.error === 'access_denied') {
      const text = 'AADSTS70000: The end user denied the authorization request.';
      answer(ctx, 400, { error: 'authorization_declined', error_description: text });
    }
  },
});
const microsoftScope = 'https://outlook.office.com/IMAP.AccessAsUser.All';

/** Also what the IETF's profile for open public clients asks of a server. */
export const fastmail: FamilyServer = () => ({
  clients: [],
  scopes: ['urn:ietf:params:oauth:scope:mail', 'offline_access'],
  registration: { redirectUris: ['http://localhost/callback'] },
  routes: {
    authorization: '/oauth/authorize',
    token: '/oauth/refresh',
    revocation: '/oauth/revoke',
    registration: '/oauth/register',
  },
  async around(ctx, next, endpoint) {
    await next();
    if (endpoint === 'registration' && ctx.status === 201) {
      ctx.body = { ...ctx.body, redirect_uris: ['http://localhost/callback'] };
    }
  },
});

export const yahoo: FamilyServer = () => ({
  clients: [{ ...secretClient(['https://localhost/callback']), application_type: 'web' }],
  scopes: ['openid', 'email', 'mail-w'],
  revocation: false,
});

export const yandex: FamilyServer = () => ({
  clients: [
    { ...secretClient(['https://oauth.yandex.com/verification_code']), application_type: 'web' },
  ],
  scopes: ['mail:imap_ro'],
  revocation: false,
});

/** Compares the whole redirect URI, its port too. */
export const mailRu: FamilyServer = ({ redirectPort }) => ({
  clients: [secretClient([`http://localhost:${redirectPort}/callback`])],
  scopes: ['mail.imap', 'userinfo'],
  revocation: false,
  around: exactRedirect(`http://localhost:${redirectPort}/callback`),
});

export const zoho: FamilyServer = ({ redirectPort, dataCentre }) => {
  const offline = offlineGrants(
    (query) => query['access_type'] === 'offline' && query['prompt'] === 'consent',
  );
  const redirect = exactRedirect(`http://localhost:${redirectPort}/callback`);
  return {
    clients: [secretClient([`http://localhost:${redirectPort}/callback`])],
    scopes: ['ZOHOMAIL.PROTOCOL.IMAP', 'AaaServer.profile.READ'],
    rotateRefreshTokens: false,
    async around(ctx, next, endpoint) {
      const { scope } = ctx.query;
      if (endpoint === 'authorization' && ctx.method === 'GET' && typeof scope === 'string') {
        // Blanks do not separate scopes here: it is one that nobody knows.
        if (scope.includes(' ')) return answer(ctx, 400, { error: 'invalid_scope' });
        ctx.query = { ...ctx.query, scope: scope.replaceAll(',', ' ') };
      }
      const here = ctx.host === new URL(dataCentre()).host;
      if (endpoint === 'token' && !here) return answer(ctx, 200, { error: 'invalid_code' });
      await redirect(ctx, next, endpoint);
      await offline(ctx, endpoint);
      const to = String(ctx.response.headers['location'] ?? '');
      if (to.includes('/callback?')) {
        const url = new URL(to);
        url.searchParams.set('location', 'eu');
        url.searchParams.set('accounts-server', dataCentre());
        ctx.response.set('location', url.href);
      }
    },
  };
};

/** Takes any port of a loopback redirect that is registered without one. */
export const keycloak: FamilyServer = () => ({
  path: '/realms/club',
  clients: [publicClient(['http://127.0.0.1/callback'])],
  rotateRefreshTokens: false,
  routes: {
    authorization: '/protocol/openid-connect/auth',
    token: '/protocol/openid-connect/token',
    revocation: '/protocol/openid-connect/revoke',
    device_authorization: '/protocol/openid-connect/auth/device',
  },
});

/** Gives a refresh token only for offline_access, and has an issuer that ends in a slash. */
export const authentik: FamilyServer = () => {
  const offline = offlineGrants(({ scope }) => String(scope).split(' ').includes('offline_access'));
  return {
    path: '/application/o/mail/',
    clients: [publicClient(['http://127.0.0.1/callback'])],
    async around(ctx, next, endpoint) {
      await next();
      await offline(ctx, endpoint);
    },
  };
};

/** Has RFC 8414's document and not OpenID Connect's. */
export const stalwart: FamilyServer = () => ({
  clients: [publicClient(['http://127.0.0.1/callback'])],
  scopes: ['urn:ietf:params:oauth:scope:mail', 'offline_access'],
  rotateRefreshTokens: false,
  revocation: false,
  routes: { authorization: '/authorize/code', token: '/auth/token' },
  async around(ctx, next) {
    if (ctx.path === '/.well-known/openid-configuration') return answer(ctx, 404, {});
    if (ctx.path === '/.well-known/oauth-authorization-server') {
      ctx.path = '/.well-known/openid-configuration';
    }
    await next();
  },
});

function answer(ctx: Context, status: number, body: object): void {
  ctx.status = status;
  ctx.body = body;
}

/** Refuses a redirect URI that is spelled otherwise than the registered one. */
function exactRedirect(registered: string): Around {
  return async (ctx, next, endpoint) => {
    if (
      endpoint === 'authorization' &&
      ctx.method === 'GET' &&
      ctx.query['redirect_uri'] !== registered
    ) {
      return answer(ctx, 400, { error: 'redirect_uri_mismatch' });
    }
    await next();
  };
}

/** Takes the refresh token out of the answer unless the person was asked for so much. */
function offlineGrants(isOffline: (query: Context['query']) => boolean) {
  const challenges = new Set<unknown>();
  return async (ctx: Context, endpoint: string) => {
    if (endpoint === 'authorization' && isOffline(ctx.query))
      challenges.add(ctx.query['code_challenge']);
    const verifier = ctx.oidc?.params?.['code_verifier'];
    if (endpoint !== 'token' || typeof verifier !== 'string') return;
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    if (!challenges.has(challenge)) delete ctx.body?.refresh_token;
  };
}
