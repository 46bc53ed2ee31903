import type { Account } from '../../account/account.ts';
import { type Defect, inspect } from '../../archive/inspection.ts';
import { MailboxArchive } from '../../archive/mailbox-archive.ts';
import { Failure } from '../../errors.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import type { MailboxStatus } from '../../mail/mailbox-status.ts';
import { UidSet } from '../../uid-set.ts';
import type { App } from '../app.ts';
import { openFetching } from '../mail.ts';
import type { RowOf } from '../rows.ts';
import { aloneInArchive, readingArchive } from './alone.ts';
import { chooseFolders } from './choose-folders.ts';
import { fetchCommand } from './fetch-command.ts';
import { type FetchFlags, fetchRequest } from './flags.ts';
import { FolderFailures, isOfFolder } from './folder-failures.ts';
import type { FetchRequest } from './request.ts';
import { archiveSettings, fetchMail } from './run.ts';

export interface VerifyFlags
  extends Pick<FetchFlags, 'folder' | 'allFolders' | 'exclude' | 'format' | 'layout'> {
  readonly deep?: true | undefined;
  readonly repair?: true | undefined;
}

/** What of one mailbox is not as it should be. */
interface Finding extends Omit<Defect, 'what'> {
  readonly what: Defect['what'] | 'extra';
}

/** Compare the archive with the server. @throws Failure 'incomplete' where something is missing */
export async function verifyArchive(app: App, account: Account, flags: VerifyFlags): Promise<void> {
  const { deep = false, repair = false, ...rest } = flags;
  const request = await fetchRequest(app, account, [], rest);
  const connection = await openFetching(app, account);
  const options = { app, account, request, deep, repair };
  let wrong = 0;
  try {
    const mailboxes = await chooseFolders(connection, request, (text) =>
      app.remark(`mailctl: ${text}`),
    );
    const failures = new FolderFailures(mailboxes.length);
    for (const mailbox of mailboxes) {
      try {
        const bad = await badOf(connection, mailbox, options);
        if (repair && bad.length > 0) await repairMailbox(mailbox, bad, options);
        else wrong += bad.length;
      } catch (error) {
        // One mailbox that cannot be looked at must not hide the others.
        if (!isOfFolder(error, ['data', 'incomplete']) || !connection.usable) {
          throw failures.with(error);
        }
        failures.add(mailbox.path, error);
      }
    }
    failures.throwAny();
  } finally {
    connection.close();
  }
  if (wrong === 0) return;
  const which = wrong === 1 ? '1 message is' : `${wrong} messages are`;
  throw new Failure('incomplete', `${which} missing or damaged`, {
    hint: 'run the same command with --repair: it fetches what is missing or damaged',
  });
}

/** What of a mailbox is missing or damaged. */
function badOf(
  connection: FetchConnection,
  mailbox: MailboxStatus,
  options: VerifyOptions,
): Promise<Finding[]> {
  const { app, account, request, repair } = options;
  const looking = app.progress.start(mailbox.path);
  // What cannot be repaired is told before anything is compared.
  const inArchive = repair ? aloneInArchive : readingArchive;
  return inArchive(app, account, async () => {
    const archive = await MailboxArchive.load(archiveSettings(app, account, request), mailbox);
    const findings = await verifyMailbox(connection, mailbox, archive, options);
    return findings.filter(({ what }) => what !== 'extra');
  }).finally(() => looking.done());
}

interface VerifyOptions {
  readonly app: App;
  readonly account: Account;
  readonly request: FetchRequest;
  readonly deep: boolean;
  readonly repair: boolean;
}

async function verifyMailbox(
  connection: FetchConnection,
  mailbox: MailboxStatus,
  archive: MailboxArchive,
  { app, account, request, deep }: VerifyOptions,
): Promise<Finding[]> {
  const opened = await connection.open(mailbox, 'read');
  const { state } = archive;
  if (state !== null && state.uidValidity !== opened.uidValidity) {
    throw new Failure('data', `the server has renumbered ${mailbox.path} since the last fetch`, {
      hint: `${fetchCommand(app, [mailbox.path], request)} recognises what is stored`,
    });
  }
  const stored = state?.stored ?? UidSet.empty;
  const kept = stored.minus(state?.gone ?? UidSet.empty);
  const sizes = opened.messages === 0 ? new Map<number, number>() : await connection.sizes(null);
  const present = (await connection.uids()).union(UidSet.of(sizes.keys()));
  const index = (await archive.loadIndex()).get(opened.uidValidity) ?? new Map();
  const local = await inspect(archive, { deep });
  const findings: Finding[] = [
    ...[...present.minus(stored)].map((uid) => finding(uid, 'missing', 'it was never fetched')),
    // What somebody has removed here and the server has not either is simply gone.
    ...local.filter(({ uid, what }) => what === 'damaged' || present.has(uid)),
    ...[...kept.minus(present)].map((uid) => finding(uid, 'extra', 'no longer on the server')),
  ];
  const known = new Set(findings.map(({ uid }) => uid));
  for (const [uid, sizeBytes] of sizes) {
    const size = index.get(uid)?.serverBytes ?? null;
    if (known.has(uid) || size === null || size === sizeBytes) continue;
    findings.push(finding(uid, 'damaged', `the server says ${sizeBytes} bytes, it said ${size}`));
  }
  await tell(app, account, { mailbox, uidValidity: opened.uidValidity, kept, findings });
  return findings;
}

function finding(uid: number, what: Finding['what'], reason: string): Finding {
  return { uid, what, reason, path: null };
}

async function tell(
  app: App,
  account: Account,
  {
    mailbox,
    uidValidity,
    kept,
    findings,
  }: {
    readonly mailbox: MailboxStatus;
    readonly uidValidity: number;
    readonly kept: UidSet;
    readonly findings: readonly Finding[];
  },
): Promise<void> {
  const folder = mailbox.path;
  // Where nothing is kept at all a person needs no line for each that is not.
  const named = kept.size > 0 || app.output.format !== 'table';
  for (const { uid, what, reason, path } of findings) {
    const row = {
      type: 'discrepancy' as const,
      account: account.name,
      folder,
      uidValidity,
      uid,
      what,
      reason,
      path,
    };
    await app.output.row(row, named ? `${folder} UID ${uid}: ${what}, ${reason}` : null);
  }
  const count = (what: Finding['what']) => findings.filter((one) => one.what === what).length;
  const counts = { missing: count('missing'), damaged: count('damaged'), extra: count('extra') };
  const row: RowOf<'verified'> = { type: 'verified', folder, messages: kept.size, ...counts };
  const told = [
    `${kept.size} kept`,
    ...(counts.missing + counts.damaged === 0 ? ['nothing missing or damaged'] : []),
    ...(counts.missing > 0 ? [`${counts.missing} missing`] : []),
    ...(counts.damaged > 0 ? [`${counts.damaged} damaged`] : []),
    ...(counts.extra > 0 ? [`${counts.extra} no longer on the server`] : []),
  ].join(', ');
  await app.output.row(row, app.output.format === 'table' ? `${folder}: ${told}` : null);
}

/**
 * Fetch them anew; a damaged file goes when its message is there again, one that is another message
 * than the server has under its UID by now stays.
 */
async function repairMailbox(
  mailbox: MailboxStatus,
  bad: readonly Finding[],
  { app, account, request }: VerifyOptions,
): Promise<void> {
  const uids = UidSet.of(bad.map(({ uid }) => uid));
  await fetchMail(app, account, {
    ...request,
    folders: [mailbox.path],
    allFolders: false,
    exclude: [],
    selection: { ...request.selection, uids },
    refetch: true,
  });
}
