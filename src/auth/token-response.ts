import { Failure } from '../errors.ts';

/** What a token endpoint gave. Lifetimes in seconds. */
export interface TokenResponse {
  readonly accessToken: string;
  readonly expiresInSeconds: number | null;
  readonly refreshToken: string | null;
  /** Null where the server does not say, which means: as asked for (RFC 6749 §5.1). */
  readonly scopes: readonly string[] | null;
  readonly subject: string | null;
  /** The addresses the ID token gives the person, as `email` or `preferred_username`. */
  readonly addresses: readonly string[];
  /** Who gave it (an origin), where that was another server than the one the login began at. */
  readonly dataCentre?: string | null;
}

/** As openid-client gives them. */
interface LibraryTokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in?: number | undefined;
  readonly refresh_token?: string | undefined;
  readonly scope?: string | undefined;
  claims(): Readonly<Record<string, unknown>> | undefined;
}

const maxLifetimeSeconds = 365 * 86_400;

/** @throws Failure 'protocol' for tokens no server may give. */
export function readTokens(tokens: LibraryTokens): TokenResponse {
  const claims = tokens.claims() ?? {};
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
    subject: textOf(claims['sub']),
    addresses: addressesIn(claims),
  };
}

/** RFC 6749 App. A: visible ASCII. Anything else could end a SASL field or an IMAP line. */
function checkToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new Failure('protocol', 'the login server gave a token with characters no token may have', {
    hint: 'check the issuer in the config',
  });
}

/**
 * The addresses an ID token or the userinfo endpoint gives a person (OpenID Connect Core §5.1). A
 * `preferred_username` may be any name, and one that is no address says nothing of a mailbox.
 */
export function addressesIn(claims: Readonly<Record<string, unknown>>): string[] {
  return [claims['email'], claims['preferred_username']]
    .map(textOf)
    .filter((name) => name !== null)
    .filter((name) => name.includes('@'));
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
