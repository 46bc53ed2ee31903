import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import type { MessageSummary, OpenMailbox } from '../mail/message.ts';
import { compareMessages, type MessageOrder, newestFirst } from '../mail/message-order.ts';
import type { Expression } from '../mail/search-expression.ts';
import type { MailSession } from '../mail/session.ts';
import type { Column } from '../terminal/table.ts';
import type { App } from './app.ts';
import { type MessageRow, messageFields, messageRow, usualFields } from './columns.ts';
import { parseFormat } from './message-format.ts';
import type { RowOf } from './rows.ts';

/** What list and search are asked for. */
export interface MessageRequest {
  /** Default: INBOX. */
  readonly folders?: readonly string[] | undefined;
  readonly allFolders?: boolean | undefined;
  /** Null for every message. */
  readonly expression: Expression | null;
  readonly limit?: number | undefined;
  readonly order?: MessageOrder | undefined;
  readonly fields?: readonly string[] | undefined;
  readonly format?: string | undefined;
  /** Only the UIDs. */
  readonly uids?: boolean | undefined;
  /** Only how many. */
  readonly count?: boolean | undefined;
}

/** What cannot be meant together, before anything is connected. @throws Failure 'usage' */
export function checkRequest({ fields, format, uids, count, ...request }: MessageRequest): void {
  const shapes = { '--fields': fields, '--format': format, '--uids': uids, '--count': count };
  const given = Object.entries(shapes).flatMap(([flag, value]) =>
    value === undefined ? [] : flag,
  );
  if (given.length > 1) throw new Failure('usage', `${given.join(' and ')} exclude each other`);
  if (request.allFolders === true && request.folders !== undefined) {
    throw new Failure('usage', '--folder and --all-folders exclude each other');
  }
  if (format !== undefined) parseFormat(format);
}

/** Find the messages and print them as they are wanted. */
export async function printMessages(
  app: App,
  session: MailSession,
  account: Account,
  request: MessageRequest,
): Promise<void> {
  const folders = await foldersOf(session, request);
  const several = folders.length > 1;
  if (request.count === true) return printCounts(app, session, account, folders, request);
  if (request.uids === true && !several) {
    const [path = 'INBOX'] = folders;
    const mailbox = await session.examine(path);
    return printUids(app, account, mailbox, await findIn(app, session, request), false);
  }
  const found: { mailbox: OpenMailbox; message: MessageSummary }[] = [];
  const what = several ? `looking into ${folders.length} folders` : 'looking';
  const task = app.progress.start(what, several ? { messages: folders.length } : {});
  for (const path of folders) {
    const mailbox = await session.examine(path);
    for (const message of await messagesIn(app, session, request)) found.push({ mailbox, message });
    task.advance(several ? { messages: 1 } : {});
  }
  task.done();
  if (several) {
    const compare = compareMessages(request.order ?? newestFirst);
    found.sort((a, b) => compare(a.message, b.message));
  }
  const wanted = found.slice(0, request.limit);
  if (request.uids === true) {
    for (const { mailbox, message } of wanted) {
      await printUids(app, account, mailbox, [message.uid], true);
    }
    return;
  }
  const rows = wanted.map(({ mailbox, message }) => messageRow(account, mailbox, message));
  await printRows(app, rows, request, several);
}

async function foldersOf(session: MailSession, request: MessageRequest): Promise<string[]> {
  if (request.allFolders === true) return session.searchableMailboxes();
  return [...new Set(request.folders ?? ['INBOX'])];
}

/** In the open mailbox: the newest without any search, where that is all that is asked. */
async function messagesIn(
  app: App,
  session: MailSession,
  request: MessageRequest,
): Promise<MessageSummary[]> {
  const { by, descending } = request.order ?? newestFirst;
  if (request.expression === null && by === 'arrival' && descending) {
    return session.newest(request.limit ?? Number.POSITIVE_INFINITY);
  }
  return session.summaries(await findIn(app, session, request));
}

function findIn(app: App, session: MailSession, request: MessageRequest): Promise<number[]> {
  const { limit, order = newestFirst } = request;
  const everything: Expression = { kind: 'keys', keys: [{ atom: 'ALL' }] };
  const onStep = (step: string) => app.log.info('search', { step });
  return session.find(request.expression ?? everything, { order, limit, onStep });
}

const countColumns: readonly Column<RowOf<'count'>>[] = [
  { header: 'Messages', value: ({ messages }) => String(messages), align: 'right' },
  { header: 'Folder', value: ({ folder }) => folder, flexible: true },
];

async function printCounts(
  app: App,
  session: MailSession,
  account: Account,
  folders: readonly string[],
  { expression }: MessageRequest,
): Promise<void> {
  const everything: Expression = { kind: 'keys', keys: [{ atom: 'ALL' }] };
  const onStep = (step: string) => app.log.info('search', { step });
  const rows: RowOf<'count'>[] = [];
  for (const path of folders) {
    const { path: folder, uidValidity } = await session.examine(path);
    const messages = await session.count(expression ?? everything, onStep);
    rows.push({ type: 'count', account: account.name, folder, uidValidity, messages });
  }
  const [only] = rows;
  if (rows.length === 1 && only !== undefined) await app.output.row(only, String(only.messages));
  else await app.output.rows(rows, countColumns);
}

/** `folder/uid` where the UID alone would not say which message. */
async function printUids(
  app: App,
  account: Account,
  { path: folder, uidValidity }: OpenMailbox,
  uids: readonly number[],
  several: boolean,
): Promise<void> {
  for (const uid of uids) {
    const row = { type: 'uid', account: account.name, folder, uidValidity, uid } as const;
    await app.output.row(row, several ? `${folder}/${uid}` : String(uid));
  }
}

async function printRows(
  app: App,
  rows: readonly MessageRow[],
  { fields, format }: MessageRequest,
  several: boolean,
): Promise<void> {
  if (format !== undefined) {
    const line = parseFormat(format);
    const json = app.output.format === 'json';
    for (const row of rows) {
      if (json) await app.output.row(row, null);
      else await app.output.raw(`${line(row)}\n`);
    }
    return;
  }
  if (fields !== undefined && app.output.format === 'json') {
    for (const row of rows) await app.output.part(row, fields);
    return;
  }
  const names = fields ?? [...(several ? ['folder'] : []), ...usualFields];
  const columns = names.flatMap((name) => messageFields.get(name) ?? []);
  const unread = ({ flags }: MessageRow) => !flags.includes('\\Seen');
  await app.output.rows(rows, columns, { bold: unread });
}
