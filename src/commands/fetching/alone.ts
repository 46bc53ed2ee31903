import type { Account } from '../../account/account.ts';
import { withArchive } from '../../archive/archive-folder.ts';
import type { App } from '../app.ts';

/** Run alone on the account's archive; a person is told what is waited for. */
export async function aloneInArchive<T>(
  app: App,
  account: Account,
  work: () => Promise<T>,
): Promise<T> {
  const waiting = app.progress.start('waiting for another run');
  return withArchive(account.archive, app.system.signal, () => {
    waiting.done();
    return work();
  }).finally(() => waiting.done());
}
