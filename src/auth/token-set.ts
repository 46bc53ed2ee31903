import * as v from 'valibot';

/** What a grant is made of. Kept whole in the token store; nothing of it is ever logged. */
export interface TokenSet {
  readonly accessToken: string;
  /** Null where the server did not say; then it is used until it is refused. */
  readonly expiresAt: Date | null;
  /** Null where the server gave none: then the login ends with the access token. */
  readonly refreshToken: string | null;
  /** When this access token was issued to us. */
  readonly obtainedAt: Date;
  /** When the person last said yes. */
  readonly grantedAt: Date;
  readonly scopes: readonly string[];
  /** The `sub` the issuer knows the person by, null without an ID token. */
  readonly subject: string | null;
}

/** What is stored for one account. */
export type Credential = Grant | PasswordCredential;

/** What an authorization server gave, to a person or to a program in its own right. */
export interface Grant {
  readonly kind: 'grant';
  /** Whose login it is; null in what was stored before this was. */
  readonly address: string | null;
  readonly issuer: string;
  readonly clientId: string;
  /** A secret given to `login`; one written in the config stays there. */
  readonly clientSecret: string | null;
  /** What changes or removes a client that registered itself (RFC 7592). */
  readonly registrationAccessToken?: string | null | undefined;
  readonly tokens: TokenSet;
  /** The refresh token before the present one, kept until that has worked once. */
  readonly previousRefreshToken: string | null;
  /** When the provider last replaced the refresh token. */
  readonly rotatedAt: Date | null;
}

/** A password of the mailbox, for one program. */
export interface PasswordCredential {
  readonly kind: 'password';
  readonly address: string | null;
  readonly password: string;
  readonly storedAt: Date;
}

const date = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => new Date(text)),
);

const address = v.optional(v.nullable(v.string()), null);

const grant = v.object({
  version: v.literal(1),
  kind: v.optional(v.literal('grant'), 'grant'),
  address,
  issuer: v.string(),
  clientId: v.string(),
  clientSecret: v.nullable(v.string()),
  registrationAccessToken: v.optional(v.nullable(v.string())),
  tokens: v.object({
    accessToken: v.string(),
    expiresAt: v.nullable(date),
    refreshToken: v.nullable(v.string()),
    obtainedAt: date,
    grantedAt: date,
    scopes: v.array(v.string()),
    subject: v.nullable(v.string()),
  }),
  previousRefreshToken: v.nullable(v.string()),
  rotatedAt: v.nullable(date),
});

const password = v.object({
  version: v.literal(1),
  kind: v.literal('password'),
  address,
  password: v.string(),
  storedAt: date,
});

const credential = v.union([grant, password]);

export function formatCredential(value: Credential): string {
  return JSON.stringify({ version: 1, ...value });
}

/** Null when the text is not what formatCredential wrote. Never says why: it may hold a secret. */
export function parseCredential(text: string): Credential | null {
  try {
    const { version: _, ...value } = v.parse(credential, JSON.parse(text));
    return value;
  } catch {
    return null;
  }
}

/** Servers' clocks differ and a request takes its time: a token this near its end is not used. */
const marginMs = 60_000;

/** Whether the access token will still be good `minValidMs` from now. */
export function isFresh(tokens: TokenSet, now: Date, minValidMs = 0): boolean {
  // It comes from the future: the clock was wrong then or is now, and its end says nothing.
  if (tokens.obtainedAt.getTime() - now.getTime() > marginMs) return false;
  if (tokens.expiresAt === null) return true;
  const remainingMs = tokens.expiresAt.getTime() - now.getTime();
  // A short-lived token would never be fresh under the whole margin, and be renewed each time.
  const lifetimeMs = tokens.expiresAt.getTime() - tokens.obtainedAt.getTime();
  return remainingMs > Math.max(Math.min(marginMs, lifetimeMs / 10), minValidMs);
}
