import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { ClientMetadata, Configuration, JWK, Provider } from 'oidc-provider';
import { escapeHtml, page, userCodeConfirmPage, userCodePage } from './oauth-pages.ts';
import type { OAuthServerOptions } from './oauth-server.ts';
import type { OAuthStore } from './oauth-store.ts';

const day = 24 * 60 * 60;
// One for all servers of this process: making it takes longer than all the rest.
const keyPair = promisify(generateKeyPair)('rsa', { modulusLength: 2048 });

/**
 * Loads `oidc-provider`. It says on import that Node 20 is older than what it supports, which is
 * known, harmless on loopback, and no business of whoever reads the output of a test or a demo.
 */
export async function loadProvider(): Promise<typeof Provider> {
  const { warn } = console;
  console.warn = (...words: unknown[]) => {
    if (!String(words[0]).includes('Unsupported runtime')) warn(...words);
  };
  try {
    return (await import('oidc-provider')).Provider;
  } finally {
    console.warn = warn;
  }
}

/** Native clients may use any port on a loopback redirect URI (RFC 8252 §7.3). */
export const nativeClient = {
  application_type: 'native',
  redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
  response_types: ['code'],
  grant_types: [
    'authorization_code',
    'refresh_token',
    'urn:ietf:params:oauth:grant-type:device_code',
  ],
} satisfies Partial<ClientMetadata>;

/** How the server behaves. Whatever `oidc-provider` would warn about when left out is set here. */
export async function providerConfiguration(about: {
  options: OAuthServerOptions;
  store: OAuthStore;
  dovecotSecret: string;
  mailctlClientSecret: string;
}): Promise<Configuration> {
  const { options, store } = about;
  return {
    adapter: (model) => store.adapter(model),
    clients: [
      ...(options.clients ?? [
        { ...nativeClient, client_id: 'mailctl', token_endpoint_auth_method: 'none' },
        {
          ...nativeClient,
          client_id: 'mailctl-secret',
          client_secret: about.mailctlClientSecret,
          token_endpoint_auth_method: 'client_secret_post',
        },
      ]),
      ...(options.unattended?.metadata ?? []),
      {
        client_id: 'dovecot',
        client_secret: about.dovecotSecret,
        token_endpoint_auth_method: 'client_secret_basic',
        redirect_uris: [],
        response_types: [],
        grant_types: [],
      },
    ],
    jwks: { keys: [await signingKey()] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    findAccount: (_ctx, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: sub, email_verified: true }),
    }),
    responseTypes: ['code'],
    scopes: [...(options.scopes ?? ['openid', 'email', 'offline_access', 'mail'])],
    ...(options.routes === undefined ? {} : { routes: options.routes }),
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    // As the large providers do: the address is in the ID token, not only at the userinfo endpoint.
    conformIdTokenClaims: options.addressOnlyAtUserinfo ?? false,
    clientBasedCORS: () => false,
    pkce: { required: () => true },
    issueRefreshToken: async () => options.issueRefreshTokens ?? true,
    rotateRefreshToken: options.rotateRefreshTokens ?? true,
    ttl: {
      AccessToken: () => options.accessTokenTtlSeconds ?? 3600,
      AuthorizationCode: 60,
      ClientCredentials: () => options.accessTokenTtlSeconds ?? 3600,
      DeviceCode: 600,
      Grant: 14 * day,
      IdToken: 3600,
      Interaction: 3600,
      RefreshToken: 14 * day,
      Session: 14 * day,
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = page('This did not work', `<p>${escapeHtml(JSON.stringify(out))}</p>`);
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: options.unattended !== undefined },
      introspection: { enabled: true, allowedPolicy: () => true },
      registration: { enabled: options.registration !== undefined },
      revocation: {
        enabled: options.revocation ?? true,
        allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId,
      },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: { enabled: false },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx, form, _out, error) => {
          ctx.body = userCodePage(form, error ? 'That was not it. Enter the code again.' : '');
        },
        userCodeConfirmSource: (ctx, form, _client, _deviceInfo, userCode) => {
          ctx.body = userCodeConfirmPage(form, userCode);
        },
        successSource: (ctx) => {
          ctx.body = page('Your device is connected', '<p>You can close this page.</p>');
        },
      },
    },
  };
}

async function signingKey(): Promise<JWK> {
  const { privateKey } = await keyPair;
  const { kty, n, e, d, p, q, dp, dq, qi } = privateKey.export({ format: 'jwk' });
  return { kty, n, e, d, p, q, dp, dq, qi, use: 'sig', alg: 'RS256', kid: 'sandbox' };
}
