import { join } from 'node:path';
import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import { stateDirectory } from '../system/directories.ts';
import type { System } from '../system/system.ts';
import { mismatch } from './mismatch.ts';
import { type Credential, type Grant, isFresh } from './token-set.ts';
import type { TokenStore } from './token-store.ts';

/** How long a refresh of another process may take before we stop waiting for it. */
const lockWaitMs = 60_000;

/**
 * Gives a login with a good access token: the stored one while it is fresh, else a renewed one.
 */
export type AccessTokenSource = (need?: TokenNeed) => Promise<Grant>;

export interface TokenNeed {
  /** A token a server has just turned down: it is never given again, however fresh it looks. */
  readonly refused?: string | undefined;
  /** Milliseconds the token must still be good for. */
  readonly minValidMs?: number | undefined;
}

/** Renews a stored login, wherever that is done, and gives what was stored. */
export type Renewal = (need: TokenNeed) => Promise<Grant>;

export function accessTokenSource(
  account: Account,
  store: TokenStore,
  system: System,
  renew: Renewal,
): AccessTokenSource {
  return async (need = {}) => {
    const stored = await loadGrant(account, store, system);
    if (isUsable(stored, need, system.now())) return stored;
    // Loaded only now: most runs find a fresh token and need no lock.
    const { withLock } = await import('../system/lock.ts');
    // One of many waits for the renewal, the others for this one: fifty cron jobs start one
    // renewal, not fifty. What makes it correct is the renewal's own lock.
    return withLock(lockPath(account, system, 'queue'), lockOptions(account, system), async () => {
      const current = await loadGrant(account, store, system);
      if (isUsable(current, need, system.now())) return current;
      const renewed = await renew(need);
      rememberSecrets(renewed, system);
      return renewed;
    });
  };
}

export function isUsable({ tokens }: Grant, need: TokenNeed, now: Date): boolean {
  return tokens.accessToken !== need.refused && isFresh(tokens, now, need.minValidMs);
}

export function lockPath(account: Account, system: System, name: 'queue' | 'renewal'): string {
  return join(stateDirectory(system), 'locks', `${account.name}.${name}`);
}

export function lockOptions(account: Account, { signal }: System) {
  return {
    waitMs: lockWaitMs,
    signal,
    what: `the login of ${account.name}`,
    failure: 'store',
  } as const;
}

/**
 * Run `work` while nobody renews the login: what a renewal stores later would take the place of a
 * new login, or bring back one that was removed.
 */
export async function withoutRenewal<T>(
  account: Account,
  system: System,
  work: () => Promise<T>,
): Promise<T> {
  const { withLock } = await import('../system/lock.ts');
  return withLock(lockPath(account, system, 'renewal'), lockOptions(account, system), work);
}

/** What is stored for an account. @throws Failure 'login' when nothing is, or another's. */
export async function loadCredential(
  account: Account,
  store: TokenStore,
  system: System,
): Promise<Credential> {
  const credential = await store.load();
  if (credential === null) {
    throw new Failure('login', `${account.name} is not logged in`, {
      hint: `mailctl login -a ${account.name}`,
    });
  }
  rememberSecrets(credential, system);
  const wrong = mismatch(account, credential);
  if (wrong === null) return credential;
  throw new Failure('login', wrong, {
    hint: `mailctl login -a ${account.name}, or another name for one of the two`,
  });
}

/** @throws Failure 'login' when no authorization server has granted anything. */
export async function loadGrant(
  account: Account,
  store: TokenStore,
  system: System,
): Promise<Grant> {
  const byPassword = new Failure(
    'login',
    `${account.name} is logged in by a password, not by OAuth`,
    {
      hint: `where the provider has OAuth: mailctl login -a ${account.name} --oauth`,
    },
  );
  if (account.login?.kind === 'password') throw byPassword;
  const credential = await loadCredential(account, store, system);
  if (credential.kind === 'grant') return credential;
  throw byPassword;
}

export function rememberSecrets(credential: Credential, { secrets }: System): void {
  for (const secret of secretsOf(credential)) {
    if (secret !== null) secrets.add(secret);
  }
}

function secretsOf(credential: Credential): (string | null)[] {
  if (credential.kind === 'password') return [credential.password];
  const { tokens, clientSecret, registrationAccessToken = null, previousRefreshToken } = credential;
  return [
    ...[tokens.accessToken, tokens.refreshToken, previousRefreshToken],
    ...[clientSecret, registrationAccessToken],
  ];
}
