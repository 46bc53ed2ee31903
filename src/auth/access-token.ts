import { join } from 'node:path';
import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import { stateDirectory } from '../system/directories.ts';
import { withLock } from '../system/lock.ts';
import type { System } from '../system/system.ts';
import { type OAuthClient, openOAuthClient, type TokenResponse } from './oauth-client.ts';
import type { TokenStore } from './store.ts';
import { type Credential, isFresh, type TokenSet } from './token-set.ts';

/** How long a refresh of another process may take before we stop waiting for it. */
const lockWaitMs = 60_000;

/**
 * Gives a good access token: the stored one while it is fresh, else a refreshed one. `refused` is
 * a token a server has just turned down: it is never given again, however fresh it looks.
 */
export type AccessTokenSource = (options?: AccessTokenOptions) => Promise<Credential>;

export interface AccessTokenOptions {
  readonly refused?: string | undefined;
  /** Milliseconds the token must still be good for. */
  readonly minValidMs?: number | undefined;
}

export function accessTokenSource(
  account: Account,
  store: TokenStore,
  system: System,
): AccessTokenSource {
  return async ({ refused, minValidMs } = {}) => {
    const usable = ({ tokens }: Credential) =>
      tokens.accessToken !== refused && isFresh(tokens, system.now(), minValidMs);
    const stored = await loadCredential(account, store, system);
    if (usable(stored)) return stored;
    const options = {
      waitMs: lockWaitMs,
      signal: system.signal,
      what: `the login of ${account.name}`,
      failure: 'store',
    } as const;
    return withLock(join(stateDirectory(system), 'locks', account.name), options, async () => {
      // Whoever held the lock before us may have done it already: a refresh token that rotates
      // can be redeemed only once (RFC 9700 §4.14).
      const current = await loadCredential(account, store, system);
      return usable(current) ? current : await refresh(account, current, store, system);
    });
  };
}

async function loadCredential(
  account: Account,
  store: TokenStore,
  system: System,
): Promise<Credential> {
  const credential = await store.load();
  if (credential === null) throw notLoggedIn(account);
  rememberSecrets(credential, system);
  return credential;
}

export function notLoggedIn(account: Account): Failure {
  return new Failure('login', `${account.name} is not logged in`, {
    hint: `mailctl login -a ${account.name}`,
  });
}

async function refresh(
  account: Account,
  current: Credential,
  store: TokenStore,
  system: System,
): Promise<Credential> {
  const { refreshToken } = current.tokens;
  if (refreshToken === null) {
    throw new Failure(
      'login',
      `the login of ${account.name} has ended: it came without a refresh token`,
      {
        hint: `mailctl login -a ${account.name}`,
      },
    );
  }
  const client = await oauthClientFor(account, current.clientSecret, system);
  const response = await client.refresh(refreshToken).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.kind !== 'login') throw error;
    throw new Failure('login', `the login of ${account.name} has ended: ${error.message}`, {
      hint: `mailctl login -a ${account.name}`,
      cause: error,
    });
  });
  const renewed = { ...current, tokens: afterRefresh(current.tokens, response, system.now()) };
  rememberSecrets(renewed, system);
  // Stored before it is used: once the server has rotated, this is the only copy.
  await store.save(renewed);
  return renewed;
}

/** The OAuth client of an account. @throws Failure 'config' where the account has none. */
export async function oauthClientFor(
  account: Account,
  storedSecret: string | null,
  system: System,
): Promise<OAuthClient> {
  if (account.oauth === null) {
    throw new Failure('config', `accounts.${account.name} names no OAuth client`, {
      hint: 'set client_id and oauth.issuer in the config, or use MAILCTL_ACCESS_TOKEN',
    });
  }
  const clientSecret = account.oauth.clientSecret ?? storedSecret;
  if (clientSecret !== null) system.secrets.add(clientSecret);
  return openOAuthClient(account.oauth, {
    clientSecret,
    signal: system.signal,
    timeoutMs: account.timeouts.command * 1000,
  });
}

/** What is stored after a login. */
export function afterLogin(response: TokenResponse, asked: readonly string[], now: Date): TokenSet {
  return {
    accessToken: response.accessToken,
    expiresAt: expiry(response, now),
    refreshToken: response.refreshToken,
    obtainedAt: now,
    grantedAt: now,
    scopes: response.scopes ?? asked,
    subject: response.subject,
  };
}

/** What is stored after a refresh: an answer without a refresh token keeps the old (RFC 6749 §6). */
function afterRefresh(old: TokenSet, response: TokenResponse, now: Date): TokenSet {
  return {
    ...old,
    accessToken: response.accessToken,
    expiresAt: expiry(response, now),
    refreshToken: response.refreshToken ?? old.refreshToken,
    obtainedAt: now,
    scopes: response.scopes ?? old.scopes,
  };
}

function expiry({ expiresInSeconds }: TokenResponse, now: Date): Date | null {
  return expiresInSeconds === null ? null : new Date(now.getTime() + expiresInSeconds * 1000);
}

export function rememberSecrets({ tokens, clientSecret }: Credential, system: System): void {
  system.secrets.add(tokens.accessToken);
  if (tokens.refreshToken !== null) system.secrets.add(tokens.refreshToken);
  if (clientSecret !== null) system.secrets.add(clientSecret);
}
