import type { Account } from '../account/account.ts';
import { errorText, Failure } from '../errors.ts';
import type { Audit } from '../system/audit.ts';
import { withLock } from '../system/lock.ts';
import type { System } from '../system/system.ts';
import {
  isUsable,
  loadGrant,
  lockOptions,
  lockPath,
  rememberSecrets,
  type TokenNeed,
} from './access-token.ts';
import { oauthClientFor } from './account-client.ts';
import { endedByTrial } from './advice.ts';
import { eventBase, refusalEvents, renewalEvents } from './audit-events.ts';
import { renewedGrant } from './new-grant.ts';
import type { OAuthClient } from './oauth-client.ts';
import { patiently } from './patience.ts';
import { renewalMark } from './renewal-mark.ts';
import type { Grant } from './token-set.ts';
import type { TokenStore } from './token-store.ts';
import { openUnattended, type UnattendedLogin } from './unattended.ts';

/**
 * How far a renewal has come. While `reading` it waits for the token store, while `connecting` for
 * the provider. From `redeeming` on it must not be cut off.
 */
export type RenewalStage = 'reading' | 'connecting' | 'redeeming' | 'storing';

export interface RenewalObserver {
  readonly reached: (stage: RenewalStage) => void;
  readonly audit: Audit;
}

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
): Promise<Grant> {
  const options = lockOptions(account, system);
  return withLock(lockPath(account, system, 'renewal'), options, async () => {
    reached('reading');
    const current = await loadGrant(account, store, system);
    if (isUsable(current, need, system.now())) return current;
    const { login } = account;
    const renewed =
      login?.kind === 'client-credentials' || login?.kind === 'service-account'
        ? await askAgain(account, login, current, system, { reached, audit })
        : await redeem(account, store, system, current, { reached, audit });
    rememberSecrets(renewed, system);
    reached('storing');
    // Stored before it is used: once the server has rotated, this is the only copy.
    await store.save(renewed);
    await renewalMark(account, system).clear();
    for (const event of renewalEvents(account, current, renewed, need)) await audit(event);
    return renewed;
  });
}

/** A program in its own right asks anew: nothing is used up by that. */
async function askAgain(
  account: Account,
  login: UnattendedLogin,
  current: Grant,
  system: System,
  { reached, audit }: RenewalObserver,
): Promise<Grant> {
  reached('connecting');
  const client = await openUnattended(account, login, current.clientSecret, system);
  reached('redeeming');
  try {
    const response = await patiently(() => client.request(), budgetMs(account));
    return renewedGrant(current, response, system.now());
  } catch (error) {
    const reason = errorText(error);
    await audit({ ...eventBase(account, current), event: 'refresh-failed', reason });
    throw error;
  }
}

/** What a person has granted: the refresh token is used up by redeeming it. */
async function redeem(
  account: Account,
  store: TokenStore,
  system: System,
  current: Grant,
  { reached, audit }: RenewalObserver,
): Promise<Grant> {
  reached('connecting');
  const client = await oauthClientFor(account, current, system);
  reached('reading');
  await store.probe();
  const mark = renewalMark(account, system);
  const cutOff = await mark.set();
  reached('redeeming');
  try {
    return await redeemed({ account, current, client, store, system, cutOff });
  } catch (error) {
    // What is stored is not touched by an error. A mark of an earlier renewal explains a refusal
    // that may only come once the provider can be reached again.
    const refused = error instanceof Failure && error.kind === 'login';
    if (cutOff === null || refused) await mark.clear();
    const events = refusalEvents(account, current, error, { now: system.now(), cutOff });
    for (const event of events) await audit(event);
    throw error;
  }
}

interface Redemption {
  readonly account: Account;
  readonly current: Grant;
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
}: Redemption): Promise<Grant> {
  const { refreshToken } = current.tokens;
  if (refreshToken === null) {
    throw ended(account, 'it came without a refresh token');
  }
  try {
    return renewedGrant(
      current,
      await patiently(() => client.refresh(refreshToken), budgetMs(account)),
      system.now(),
    );
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'login') throw error;
    // Another machine or an older mailctl may have written meanwhile.
    const found = await store.load();
    const stored = found?.kind === 'grant' ? found : null;
    const other = stored?.tokens.refreshToken ?? null;
    const spare = other !== null && other !== refreshToken ? other : current.previousRefreshToken;
    if (spare !== null && spare !== refreshToken) {
      const response = await client.refresh(spare).catch(() => null);
      if (response !== null) return renewedGrant(stored ?? current, response, system.now());
    }
    const why =
      cutOff === null
        ? error.message
        : `${error.message}; a renewal was cut off at ${cutOff.toISOString()}, and what the provider sent then is lost`;
    const trial = account.login?.kind === 'oauth' ? account.login.trial : null;
    const byTrial = trial !== null && endedByTrial(trial, current.tokens, system.now());
    throw ended(account, why, error, byTrial ? trial.advice : null);
  }
}

function budgetMs(account: Account): number {
  return Math.min(longestBudgetMs, account.timeouts.command * 1000);
}

function ended(
  account: Account,
  why: string,
  cause?: unknown,
  before: string | null = null,
): Failure {
  const advice = cause instanceof Failure && cause.hint !== 'mailctl login' ? cause.hint : null;
  const login = `mailctl login -a ${account.name}`;
  return new Failure('login', `the login of ${account.name} has ended: ${why}`, {
    hint: advice ?? (before === null ? login : `${before}; then ${login}`),
    cause,
  });
}
