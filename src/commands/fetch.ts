import type { Account } from '../account/account.ts';
import { MailboxArchive, withArchive } from '../archive/mailbox-archive.ts';
import { isLarge, windows } from '../archive/windows.ts';
import { errorText, Failure } from '../errors.ts';
import type { MessageFacts, OpenMailbox } from '../mail/message.ts';
import type { MailSession } from '../mail/session.ts';
import { UidSet } from '../uid-set.ts';
import type { App } from './app.ts';
import { withMail } from './mail.ts';
import { examples, type Verb } from './verb.ts';

export const fetch: Verb = {
  endings: [
    ...(['incomplete', 'usage', 'data', 'not-found', 'refused', 'store', 'archive'] as const),
    ...(['temporary', 'protocol', 'login', 'config', 'cancelled'] as const),
  ],
  define(command, run) {
    command
      .description(
        'Fetch the messages of a folder that the archive does not have yet, into a Maildir. Nothing is marked, moved or deleted on the server; what is stored is never stored twice.',
      )
      .option('-f, --folder <path>', 'the folder', 'INBOX')
      .addHelpText(
        'after',
        examples(
          'mailctl fetch',
          'mailctl fetch --folder Archive',
          '*/15 * * * *  mailctl fetch    # crontab: silent unless something is wrong',
        ),
      )
      .action(({ folder }) =>
        run((app) =>
          withMail(app, (session, account) =>
            withArchive(account.archive, app.system.signal, () =>
              fetchFolder(app, session, account, folder),
            ),
          ),
        ),
      );
  },
};

/** What is known of a message that did not come. */
interface Missed {
  readonly uid: number;
  readonly reason: string;
}

async function fetchFolder(
  app: App,
  session: MailSession,
  account: Account,
  folder: string,
): Promise<void> {
  const mailbox = await session.examine(folder);
  const archive = await MailboxArchive.open(account.archive, {
    address: account.mailbox,
    ...mailbox,
  });
  if (archive.formerUidValidity !== null) {
    app.tell(
      `mailctl: the server has renumbered ${mailbox.path} (UIDVALIDITY ${archive.formerUidValidity} → ${mailbox.uidValidity}); its messages are fetched anew, stored files stay`,
    );
  }
  const present = await session.search([{ atom: 'ALL' }]);
  const wanted = await archive.missing(present);
  const facts = wanted.length === 0 ? [] : await session.facts(UidSet.of(wanted));
  const failed: Missed[] = [];
  let saved = 0;
  const store = async (messages: readonly MessageFacts[]) => {
    const missed = await storeWindow(app, session, archive, { account, mailbox, messages });
    saved += messages.length - missed.length;
    return missed;
  };

  let again: Missed[] = unanswered(wanted, facts);
  for (const window of windows(facts)) again.push(...(await store(window)));
  // Once more, each by itself: one bad message must not take its window with it. What the server
  // has deleted meanwhile was never missed.
  if (again.length > 0) {
    const there = new Set(await session.search([{ atom: 'ALL' }]));
    again = again.filter(({ uid }) => there.has(uid));
  }
  for (const { uid, reason } of again) {
    const known = facts.find((fact) => fact.uid === uid);
    const fact = known ?? (await session.facts(UidSet.of([uid])))[0];
    const missed = fact === undefined ? [{ uid, reason }] : await store([fact]);
    failed.push(...missed);
  }
  await finish(app, account, mailbox, {
    saved,
    skipped: present.length - wanted.length,
    failed,
  });
}

function unanswered(wanted: readonly number[], facts: readonly MessageFacts[]): Missed[] {
  const answered = new Set(facts.map(({ uid }) => uid));
  const reason = 'the server did not describe it';
  return wanted.filter((uid) => !answered.has(uid)).map((uid) => ({ uid, reason }));
}

/** Fetch and store some messages; gives back those that did not come. */
async function storeWindow(
  app: App,
  session: MailSession,
  archive: MailboxArchive,
  context: { account: Account; mailbox: OpenMailbox; messages: readonly MessageFacts[] },
): Promise<Missed[]> {
  const { account, mailbox, messages } = context;
  const [only] = messages;
  const streamed = messages.length === 1 && only !== undefined && isLarge(only);
  const fetched = streamed
    ? [await session.fetchInPieces(only)].filter((message) => message !== null)
    : await session.fetchTogether(messages);
  const results = await archive.store(fetched);
  const { path: folder, uidValidity } = mailbox;
  const missed = new Map<number, string>();
  for (const { uid } of messages) missed.set(uid, 'the server did not send it');
  for (const result of results) {
    if (!('path' in result)) {
      missed.set(result.uid, errorText(result.error));
      continue;
    }
    missed.delete(result.uid);
    const { uid, path, sizeBytes } = result;
    const row = {
      type: 'saved' as const,
      account: account.name,
      folder,
      uidValidity,
      uid,
      path,
      sizeBytes,
    };
    // A person wants the count, a program the names; cron wants to hear of trouble only.
    await app.output.row(row, null);
  }
  return [...missed].map(([uid, reason]) => ({ uid, reason }));
}

interface Outcome {
  readonly saved: number;
  readonly skipped: number;
  readonly failed: readonly Missed[];
}

/** The last row; and where something is missing, its name and a failure. */
async function finish(
  app: App,
  account: Account,
  mailbox: OpenMailbox,
  { saved, skipped, failed }: Outcome,
): Promise<void> {
  const { path: folder, uidValidity } = mailbox;
  for (const { uid, reason } of failed) {
    const row = {
      type: 'failed' as const,
      account: account.name,
      folder,
      uidValidity,
      uid,
      reason,
    };
    await app.output.row(row, null);
    if (app.output.format !== 'json') app.tell(`mailctl: ${folder} UID ${uid}: ${reason}`);
  }
  const fetched = { type: 'fetched' as const, folder, saved, skipped, failed: failed.length };
  const news = saved === 0 ? 'nothing new' : `${saved} new in ${account.archive}`;
  await app.output.row(fetched, app.output.format === 'table' ? `${folder}: ${news}` : null);
  if (failed.length > 0) {
    throw new Failure('incomplete', `${failed.length} of ${folder} could not be fetched`, {
      hint: 'run the same command again: what was stored is kept',
    });
  }
}
