import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { importSPKI, jwtVerify } from 'jose';
import type { ClientMetadata, Provider } from 'oidc-provider';
import { generate } from 'selfsigned';

type Context = Parameters<Parameters<Provider['use']>[0]>[0];

/** Programs that may read one mailbox in their own right, as an administrator has said. */
export interface UnattendedClients {
  /** For oidc-provider: one with a secret, one that signs. */
  readonly metadata: readonly ClientMetadata[];
  /** Of the client `robot-key`, in PEM. */
  readonly signingKey: string;
  readonly signingCertificate: string;
  /** The JSON key of a service account of this server. */
  serviceAccountKey(issuer: string): string;
  /** Answers what oidc-provider has no grant for, and says whose mailbox a token is for. */
  answer(provider: Provider, ctx: Context, next: () => Promise<void>): Promise<void>;
  /** The headers of the assertions clients have signed, as they came. */
  readonly assertionHeaders: readonly Record<string, unknown>[];
}

export const robotSecret = 'robot-secret-canary-5Fq1';

const accountEmail = 'robot@project.example.org';
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

export async function makeUnattendedClients(mailbox: string): Promise<UnattendedClients> {
  const signing = await generate([{ name: 'commonName', value: 'robot' }], {
    keyType: 'rsa',
    keySize: 2048,
  });
  const service = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const { n, e } = createPublicKey(signing.public).export({ format: 'jwk' });
  const common = {
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope: 'mail',
  } satisfies Partial<ClientMetadata>;
  const assertionHeaders: Record<string, unknown>[] = [];

  /** RFC 7523 §2.1, as Google has it: no client but the one the assertion names. */
  const answerAssertion = async (provider: Provider, ctx: Context): Promise<void> => {
    const form = new URLSearchParams(await text(ctx.req));
    const endpoint = `${provider.issuer}/service-token`;
    ctx.status = 400;
    if (form.get('grant_type') !== grantType) {
      ctx.body = { error: 'unsupported_grant_type' };
      return;
    }
    try {
      const { payload } = await jwtVerify(
        form.get('assertion') ?? '',
        await importSPKI(service.publicKey, 'RS256'),
        { issuer: accountEmail, audience: endpoint, maxTokenAge: 3600, algorithms: ['RS256'] },
      );
      if (payload.sub !== mailbox) {
        // What Google says where the delegation does not cover the subject.
        ctx.body = {
          error: 'unauthorized_client',
          error_description: 'Client is unauthorized to retrieve access tokens using this method',
        };
        ctx.status = 401;
        return;
      }
      const client = await provider.Client.find('robot-secret');
      if (client === undefined) throw new Error('no client');
      const token = new provider.ClientCredentials({ client, scope: String(payload['scope']) });
      ctx.body = {
        access_token: await token.save(),
        token_type: 'Bearer',
        expires_in: token.expiration,
      };
      ctx.status = 200;
    } catch (error) {
      ctx.body = { error: 'invalid_grant', error_description: String(error) };
    }
  };

  return {
    metadata: [
      {
        ...common,
        client_id: 'robot-secret',
        client_secret: robotSecret,
        token_endpoint_auth_method: 'client_secret_post',
      },
      {
        ...common,
        client_id: 'robot-key',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'PS256',
        jwks: { keys: [{ kty: 'RSA', n, e, use: 'sig', alg: 'PS256' }] },
      },
    ],
    signingKey: signing.private,
    signingCertificate: signing.cert,
    serviceAccountKey: (issuer) =>
      JSON.stringify({
        type: 'service_account',
        project_id: 'project',
        private_key_id: 'k1',
        private_key: service.privateKey,
        client_email: accountEmail,
        token_uri: `${issuer}/service-token`,
      }),
    assertionHeaders,
    async answer(provider, ctx, next) {
      if (ctx.path === '/service-token') return answerAssertion(provider, ctx);
      await next();
      const assertion = ctx.oidc?.params?.['client_assertion'];
      if (typeof assertion === 'string') {
        const [header = ''] = assertion.split('.');
        assertionHeaders.push(JSON.parse(Buffer.from(header, 'base64url').toString()));
      }
      const found: unknown = ctx.body;
      if (ctx.path === '/token/introspection' && isRecord(found) && found['active'] === true) {
        ctx.body = { sub: mailbox, ...found };
      }
    },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
