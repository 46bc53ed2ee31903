import { setTimeout as wait } from 'node:timers/promises';
import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import type { Audit } from '../system/audit.ts';
import { withLock } from '../system/lock.ts';
import type { System } from '../system/system.ts';
import {
  isUsable,
  loadCredential,
  lockOptions,
  lockPath,
  rememberSecrets,
  type TokenNeed,
} from './access-token.ts';
import { oauthClientFor } from './account-client.ts';
import { refusalEvent, renewalEvents } from './audit-events.ts';
import { renewedCredential } from './new-credential.ts';
import type { OAuthClient, TokenResponse } from './oauth-client.ts';
import { renewalMark } from './renewal-mark.ts';
import type { Credential } from './token-set.ts';
import type { TokenStore } from './token-store.ts';

/** How far a renewal has come. From `redeeming` on it must not be cut off. */
export type RenewalStage = 'reading' | 'redeeming' | 'storing';

export interface RenewalObserver {
  readonly reached: (stage: RenewalStage) => void;
  readonly audit: Audit;
}

/** A provider that is only busy is asked so often, with pauses that grow, for so long. */
const maxAttempts = 3;
const longestBudgetMs = 20_000;

/**
 * Redeem the refresh token of an account, once for everybody: lock, read again, decide, redeem,
 * store, unlock. A provider that rotates has consumed the old refresh token before the new one is
 * stored here, so this runs in a process that outlives the command which asked for it
 * (renewal-process.ts), and the store is proven before: one
 * that refuses is found out while the old token still holds.
 */
export async function renewLogin(
  account: Account,
  store: TokenStore,
  system: System,
  need: TokenNeed,
  { reached, audit }: RenewalObserver,
): Promise<Credential> {
  const options = lockOptions(account, system);
  return withLock(lockPath(account, system, 'renewal'), options, async () => {
    reached('reading');
    const current = await loadCredential(account, store, system);
    if (isUsable(current, need, system.now())) return current;
    const client = await oauthClientFor(account, current.clientSecret, system);
    await store.probe();
    const mark = renewalMark(account, system);
    const cutOff = await mark.set();
    reached('redeeming');
    const renewed = await redeemed({ account, current, client, store, system, cutOff }).catch(
      async (error: unknown) => {
        // What is stored is not touched by an error. A mark of an earlier renewal explains a
        // refusal that may only come once the provider can be reached again.
        const refused = error instanceof Failure && error.kind === 'login';
        if (cutOff === null || refused) await mark.clear();
        await audit(refusalEvent(account, current, error));
        throw error;
      },
    );
    rememberSecrets(renewed, system);
    reached('storing');
    // Stored before it is used: once the server has rotated, this is the only copy.
    await store.save(renewed);
    await mark.clear();
    for (const event of renewalEvents(account, current, renewed, need)) await audit(event);
    return renewed;
  });
}

interface Redemption {
  readonly account: Account;
  readonly current: Credential;
  readonly client: OAuthClient;
  readonly store: TokenStore;
  readonly system: System;
  /** When an earlier renewal was begun that never ended. */
  readonly cutOff: Date | null;
}

async function redeemed({
  account,
  current,
  client,
  store,
  system,
  cutOff,
}: Redemption): Promise<Credential> {
  const { refreshToken } = current.tokens;
  const budgetMs = Math.min(longestBudgetMs, account.timeouts.command * 1000);
  if (refreshToken === null) {
    throw ended(account, 'it came without a refresh token');
  }
  try {
    return renewedCredential(
      current,
      await patiently(() => client.refresh(refreshToken), budgetMs),
      system.now(),
    );
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'login') throw error;
    // Another machine or an older mailctl may have written meanwhile.
    const stored = await store.load();
    const other = stored?.tokens.refreshToken ?? null;
    const spare = other !== null && other !== refreshToken ? other : current.previousRefreshToken;
    if (spare !== null && spare !== refreshToken) {
      const response = await client.refresh(spare).catch(() => null);
      if (response !== null) return renewedCredential(stored ?? current, response, system.now());
    }
    const why =
      cutOff === null
        ? error.message
        : `${error.message}; a renewal was cut off at ${cutOff.toISOString()}, and what the provider sent then is lost`;
    throw ended(account, why, error);
  }
}

/** Try again what is only temporary, with growing, jittered pauses, as long as the budget lasts. */
async function patiently(
  request: () => Promise<TokenResponse>,
  budgetMs: number,
): Promise<TokenResponse> {
  const giveUpAt = performance.now() + budgetMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      const temporary = error instanceof Failure && error.kind === 'temporary';
      if (!temporary || attempt === maxAttempts) throw error;
      const pauseMs = error.retryAfterMs ?? 500 * 2 ** attempt * (0.5 + Math.random());
      if (performance.now() + pauseMs > giveUpAt) throw error;
      await wait(pauseMs);
    }
  }
}

function ended(account: Account, why: string, cause?: unknown): Failure {
  const advice = cause instanceof Failure && cause.hint !== 'mailctl login' ? cause.hint : null;
  return new Failure('login', `the login of ${account.name} has ended: ${why}`, {
    hint: advice ?? `mailctl login -a ${account.name}`,
    cause,
  });
}
