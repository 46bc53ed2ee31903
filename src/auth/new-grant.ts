import type { TokenResponse } from './token-response.ts';
import type { Grant } from './token-set.ts';

interface Grantee {
  readonly address: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | null;
  readonly registrationAccessToken?: string | null | undefined;
  /** As asked for; what the server granted instead goes before it. */
  readonly scopes: readonly string[];
}

/** What is stored after a login. */
export function newGrant(
  response: TokenResponse,
  now: Date,
  { scopes, registrationAccessToken, ...client }: Grantee,
): Grant {
  return {
    kind: 'grant',
    ...client,
    ...(registrationAccessToken == null ? {} : { registrationAccessToken }),
    tokens: {
      accessToken: response.accessToken,
      expiresAt: expiry(response, now),
      refreshToken: response.refreshToken,
      obtainedAt: now,
      grantedAt: now,
      scopes: response.scopes ?? scopes,
      subject: response.subject,
    },
    previousRefreshToken: null,
    rotatedAt: null,
  };
}

/** An answer without a refresh token keeps the old one (RFC 6749 §6). */
export function renewedGrant(old: Grant, response: TokenResponse, now: Date): Grant {
  const { tokens } = old;
  const rotated = response.refreshToken !== null && response.refreshToken !== tokens.refreshToken;
  return {
    ...old,
    tokens: {
      ...tokens,
      accessToken: response.accessToken,
      expiresAt: expiry(response, now),
      refreshToken: response.refreshToken ?? tokens.refreshToken,
      obtainedAt: now,
      scopes: response.scopes ?? tokens.scopes,
      subject: response.subject ?? tokens.subject,
    },
    // The token that was just redeemed has worked; it is what to fall back on.
    previousRefreshToken: rotated ? tokens.refreshToken : null,
    rotatedAt: rotated ? now : old.rotatedAt,
  };
}

/** When an access token ends that was issued now; null where the server did not say. */
function expiry({ expiresInSeconds }: TokenResponse, now: Date): Date | null {
  return expiresInSeconds === null ? null : new Date(now.getTime() + expiresInSeconds * 1000);
}
