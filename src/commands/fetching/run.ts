import { setImmediate as turn } from 'node:timers/promises';
import type { Account } from '../../account/account.ts';
import { type ArchiveSettings, MailboxArchive } from '../../archive/mailbox-archive.ts';
import { WritingThread } from '../../archive/writing-thread.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import type { MailboxStatus } from '../../mail/mailbox-status.ts';
import type { ResumedMailbox } from '../../mail/mailboxes.ts';
import { expectLock } from '../../system/lock.ts';
import type { App } from '../app.ts';
import { openFetching } from '../mail.ts';
import { aloneInArchive } from './alone.ts';
import { Budget } from './budget.ts';
import { chooseFolders } from './choose-folders.ts';
import { Compression } from './compression.ts';
import { Crew } from './crew.ts';
import type { FetchRun } from './fetch-run.ts';
import { FolderFailures, isOfFolder } from './folder-failures.ts';
import { MailboxPass } from './mailbox-pass.ts';
import { planOnly } from './plan-only.ts';
import { Report } from './report.ts';
import { changesServer, type FetchRequest } from './request.ts';

/** Fetch what `request` asks for into the account's archive. */
export async function fetchMail(app: App, account: Account, request: FetchRequest): Promise<void> {
  const connect = () => openFetching(app, account);
  const connecting = app.progress.start(`connecting to ${account.imap.host}`);
  const first = await connect().finally(() => connecting.done());
  try {
    const choosing = chooseFolders(first, request, (text) => app.remark(`mailctl: ${text}`));
    choosing.catch(() => {}); // looked at below
    await turn(); // the server has been asked
    expectLock();
    const mailboxes = await choosing;
    const settings = archiveSettings(app, account, request);
    if (request.dryRun) return await planOnly(app, first, settings, { mailboxes, request });
    await aloneInArchive(app, account, () =>
      fetchMailboxes({ app, account, request, first, connect, settings, mailboxes }),
    );
  } finally {
    first.close();
  }
}

interface Preparation {
  readonly app: App;
  readonly account: Account;
  readonly request: FetchRequest;
  readonly first: FetchConnection;
  readonly connect: () => Promise<FetchConnection>;
  readonly settings: ArchiveSettings;
  readonly mailboxes: readonly MailboxStatus[];
}

async function fetchMailboxes(preparation: Preparation): Promise<void> {
  const { app, account, request, first, connect, settings, mailboxes } = preparation;
  const budget = new Budget();
  const report = new Report(app, account, mailboxes.length);
  const compression = new Compression({
    log: app.log,
    open: connect,
    bytesToCome: (bytesSoFar) => crew.bytesToCome(bytesSoFar),
  });
  const crew: Crew = new Crew({
    first,
    open: connect,
    maxConnections: request.connections,
    room: () => budget.room(),
    prepare: (connection) => compression.prepare(connection),
    onFewerConnections: (error) => app.log.info('no further connection', { reason: String(error) }),
  });
  const background: Promise<void>[] = [];
  const passes: MailboxPass[] = [];
  const run: FetchRun = {
    app,
    account,
    request,
    crew,
    budget,
    report,
    ...opener(request, () => passes.some((pass) => pass.since !== null)),
    inBackground: (work) => {
      background.push(budget.hold(bytesOfEnding, work).catch((error: unknown) => crew.fail(error)));
    },
  };

  const failures = new FolderFailures(mailboxes.length);
  for (const status of mailboxes) {
    const pass = await begin(run, settings, status).catch((error: unknown) => {
      // Nothing is done over a memory that cannot be read; the other folders have their own.
      if (!isOfFolder(error, ['data'])) throw failures.with(error);
      failures.add(status.path, error);
      return null;
    });
    if (pass !== null) passes.push(pass);
  }
  // What it takes to begin is done while the server is asked.
  if (passes.length > 0) settings.files.expect();
  crew.add(passes.map((pass) => pass.job()));
  try {
    if (passes.length > 0) await crew.run();
    await Promise.all(background);
    crew.throwFailure();
  } catch (error) {
    addFailures(failures, passes);
    throw failures.with(error);
  } finally {
    // Also what came before something went wrong stays, and is remembered.
    const settled = await Promise.allSettled(
      passes.map((pass) =>
        pass.storing
          .settle()
          .catch(() => pass.storing.commit())
          .finally(() => pass.archive.close()),
      ),
    );
    for (const one of settled) {
      if (one.status === 'rejected') app.log.info('not remembered', { reason: String(one.reason) });
    }
  }
  await report.end();
  addFailures(failures, passes);
  failures.throwAny();
  report.throwIncomplete();
}

function addFailures(failures: FolderFailures, passes: readonly MailboxPass[]): void {
  for (const { status, failure } of passes) {
    if (failure !== null) failures.add(status.path, failure);
  }
}

/** So that not too many are ending at the same time. */
const bytesOfEnding = 32 << 10;

/** Null where the mailbox is as it was when all of it was stored. */
async function begin(
  run: FetchRun,
  settings: ArchiveSettings,
  status: MailboxStatus,
): Promise<MailboxPass | null> {
  const { request, report } = run;
  const archive = await MailboxArchive.load(settings, status);
  const idle = !request.refetch && !changesServer(request.afterwards);
  const unchanged = archive.isComplete(status, { flags: request.mirror !== null });
  if (idle && unchanged) {
    await report.unchanged(status, archive.kept.size);
    return null;
  }
  return new MailboxPass(run, status, archive);
}

export function archiveSettings(
  app: App,
  account: Account,
  request: FetchRequest,
): ArchiveSettings {
  const { format, layout, lineEndings, nameTemplate, command, withSource, portion } = request;
  return {
    root: account.archive,
    account: account.name,
    server: account.imap.host,
    address: account.mailbox,
    format,
    layout,
    lineEndings,
    nameTemplate,
    command,
    withSource,
    portion,
    json: app.output.format === 'json',
    print: (row) => app.output.object(row),
    signal: app.system.signal,
    durableFolders: new Set(),
    files: new WritingThread(new URL('./writing-thread-program.js', import.meta.url)),
  };
}

/** EXAMINE as long as nothing is to be changed. */
function opener(
  request: FetchRequest,
  resumes: () => boolean,
): Pick<FetchRun, 'open' | 'openAndFetch'> {
  const mode = changesServer(request.afterwards) ? 'write' : 'read';
  const last = new WeakMap<FetchConnection, ResumedMailbox>();
  return {
    async open(connection, mailbox, since = null) {
      const open = last.get(connection);
      if (open?.path === mailbox.path) return open;
      last.delete(connection);
      const opened = resumes()
        ? await connection.openSince(mailbox, since)
        : { ...(await connection.open(mailbox, mode)), changes: null };
      last.set(connection, opened);
      return opened;
    },
    async openAndFetch(connection, mailbox, uids, options) {
      last.delete(connection);
      const { opened, coming } = await connection.openAndFetch(mailbox, uids, options);
      const unchanged = { ...opened, changes: null };
      last.set(connection, unchanged);
      return { opened: unchanged, coming };
    },
  };
}
