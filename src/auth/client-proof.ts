import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { errorText, Failure } from '../errors.ts';

/** How a client shows who it is at a token endpoint. */
export type ClientProof =
  /** Not at all: a public client, which only names itself. */
  | { readonly kind: 'none' }
  | { readonly kind: 'secret'; readonly secret: string }
  /** By a signature (RFC 7523 §2.2, `private_key_jwt`); PEM texts. */
  | { readonly kind: 'signature'; readonly key: string; readonly certificate: string | null }
  /** Not even by its name: an assertion says all there is to say. */
  | { readonly kind: 'assertion' };

/** @throws Failure 'config' for a key that is none. */
export async function signingKey(pem: string) {
  try {
    const key = createPrivateKey(pem);
    const algorithm = key.asymmetricKeyType === 'ec' ? 'ES256' : 'PS256';
    const { importPKCS8 } = await import('jose');
    return await importPKCS8(key.export({ type: 'pkcs8', format: 'pem' }).toString(), algorithm);
  } catch (error) {
    // What it says of a key is about its form, not its content.
    throw new Failure('config', `the signing key cannot be used: ${errorText(error)}`, {
      hint: 'it should be a private key in PEM (PKCS #8), without a passphrase: RSA, or EC P-256',
      cause: error,
    });
  }
}

/**
 * SHA-256 of the certificate, base64url. @throws Failure 'config' for one that is none, or that is
 * another key's.
 */
export function thumbprintOf(certificate: string, key: string): string {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch (error) {
    throw new Failure('config', `the signing certificate cannot be used: ${errorText(error)}`, {
      hint: 'it should be a certificate in PEM',
      cause: error,
    });
  }
  if (!parsed.checkPrivateKey(createPrivateKey(key))) {
    throw new Failure('config', 'the signing certificate is not the one of the signing key', {
      hint: 'name the two that belong together',
    });
  }
  return createHash('sha256').update(parsed.raw).digest('base64url');
}
