import type { Account } from '../../account/account.ts';
import { withArchive, withArchiveToRead } from '../../archive/archive-folder.ts';
import { errorCode } from '../../errors.ts';
import type { App } from '../app.ts';

/** Run alone on the account's archive; a person is told what is waited for. */
export function aloneInArchive<T>(app: App, account: Account, work: () => Promise<T>): Promise<T> {
  return tellingOfOthers(app, work, (begin) =>
    withArchive(account.archive, app.system.signal, begin),
  );
}

/** The same for work that only reads, which may be all that can be done there. */
export function readingArchive<T>(app: App, account: Account, work: () => Promise<T>): Promise<T> {
  return tellingOfOthers(app, work, (begin) =>
    withArchiveToRead(account.archive, app.system.signal, begin, ({ message, cause }) => {
      app.log.info('without the lock of the archive', { reason: message });
      const why = errorCode(cause) ?? '';
      if (why === 'EROFS') return;
      const archive = `the archive ${account.archive}`;
      app.remark(
        `mailctl: ${archive} is read without its lock (${why}); others may be storing there`,
      );
    }),
  );
}

function tellingOfOthers<T>(
  app: App,
  work: () => Promise<T>,
  run: (begin: () => Promise<T>) => Promise<T>,
): Promise<T> {
  const waiting = app.progress.start('waiting for another run');
  return run(() => {
    waiting.done();
    return work();
  }).finally(() => waiting.done());
}
