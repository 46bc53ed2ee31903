import type { Account } from '../account/account.ts';
import { rememberSecrets, withoutRenewal } from '../auth/access-token.ts';
import { loginEvents } from '../auth/audit-events.ts';
import { sameAddress } from '../auth/same-address.ts';
import type { Credential } from '../auth/token-set.ts';
import type { TokenStore } from '../auth/token-store.ts';
import { Failure } from '../errors.ts';
import type { App } from './app.ts';

/**
 * Everything that can fail without a person is tried before the person is asked: whether the store
 * and its lock can be written, and that no login stands there under this name of somebody whom this
 * config does not know: another config may. `known` is whose the account was so far.
 */
export async function proveStore(
  app: App,
  account: Account,
  store: TokenStore,
  known: string | undefined,
): Promise<void> {
  const { name, address } = account;
  // Such a store proves itself by writing back what it holds: no renewal may store in between.
  const probesInPlace = account.store.kind === 'command';
  await withoutRenewal(account, app.system, async () => {
    if (probesInPlace) await store.probe();
  });
  if (!probesInPlace) await store.probe();
  const owner = (await store.load().catch(() => null))?.address ?? address;
  if ([address, known ?? address].some((one) => sameAddress(one, owner))) return;
  throw new Failure('usage', `${store.description} holds the login of ${owner} as ${name}`, {
    hint: `give this one another name with --name; or end that login: mailctl logout -a ${name}`,
  });
}

/** Store a new login, in place of any before it. */
export async function keepLogin(
  app: App,
  account: Account,
  store: TokenStore,
  credential: Credential,
): Promise<void> {
  rememberSecrets(credential, app.system);
  await withoutRenewal(account, app.system, async () => {
    const before = await store.load().catch(() => null);
    await store.save(credential);
    for (const event of loginEvents(account, before, credential)) await app.audit(event);
  });
}
