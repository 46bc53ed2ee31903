import * as v from 'valibot';
import { errorText, Failure } from '../errors.ts';
import { isSafeEndpoint } from './endpoints.ts';

/** The key of a Google service account, as downloaded from the Cloud console. */
export interface ServiceAccountKey {
  readonly email: string;
  readonly keyId: string | null;
  /** PEM, PKCS #8 */
  readonly privateKey: string;
  readonly tokenEndpoint: string;
}

const schema = v.object({
  type: v.literal('service_account'),
  client_email: v.string(),
  private_key_id: v.optional(v.string()),
  private_key: v.string(),
  token_uri: v.pipe(
    v.string(),
    v.check((url) => isSafeEndpoint(url, true)),
  ),
});

/** @throws Failure 'config'; it says nothing of what the text holds */
export function parseServiceAccount(text: string): ServiceAccountKey {
  try {
    const key = v.parse(schema, JSON.parse(text));
    return {
      email: key.client_email,
      keyId: key.private_key_id ?? null,
      privateKey: key.private_key,
      tokenEndpoint: key.token_uri,
    };
  } catch {
    throw new Failure(
      'config',
      'the service account key is not the JSON key of a service account',
      {
        hint: 'download one in the Google Cloud console: IAM, Service accounts, Keys',
      },
    );
  }
}

interface AssertionClaims {
  /** The mailbox the service account acts for. */
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly now: Date;
}

/** An hour is the most Google takes. */
const lifetimeSeconds = 3600;

/** The assertion of RFC 7523 §3, signed RS256. @throws Failure 'config' for a key that is none. */
export async function signAssertion(
  { email, keyId, privateKey, tokenEndpoint }: ServiceAccountKey,
  { subject, scopes, now }: AssertionClaims,
): Promise<string> {
  const { importPKCS8, SignJWT } = await import('jose');
  const key = await importPKCS8(privateKey, 'RS256').catch((error: unknown) => {
    throw new Failure('config', `the service account key cannot be used: ${errorText(error)}`, {
      cause: error,
    });
  });
  const issuedAt = Math.floor(now.getTime() / 1000);
  return new SignJWT({ scope: scopes.join(' ') })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(keyId === null ? {} : { kid: keyId }) })
    .setIssuer(email)
    .setSubject(subject)
    .setAudience(tokenEndpoint)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .sign(key);
}
