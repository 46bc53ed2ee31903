import { nearest } from '../../account/nearest.ts';
import { Failure } from '../../errors.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import type { MailboxStatus } from '../../mail/mailbox-status.ts';
import { checkPath, noSuchFolder } from '../../mail/mailboxes.ts';
import { type FetchRequest, isSameFolder } from './request.ts';

/**
 * The mailboxes a run is about, with what the server says of each: one round trip where it has
 * LIST-STATUS. @throws Failure 'not-found' for a name that names none
 */
export async function chooseFolders(
  connection: FetchConnection,
  request: Pick<FetchRequest, 'folders' | 'allFolders' | 'exclude' | 'afterwards'>,
  warn: (text: string) => void,
): Promise<MailboxStatus[]> {
  const { moveTo } = request.afterwards;
  for (const name of [...request.folders, ...request.exclude, moveTo ?? 'INBOX']) checkPath(name);
  const [only, ...others] = request.folders;
  let known: MailboxStatus[] = [];
  if (only !== undefined && others.length === 0 && !isPattern(only)) {
    known = (await connection.statuses(only)).filter(
      ({ path, selectable }) => selectable && isSameFolder(path, only),
    );
    if (known.length > 0 && request.exclude.length === 0) {
      if (moveTo !== null) await checkTarget(connection, moveTo, []);
      return known;
    }
  }
  const listed = (await connection.statuses('*')).filter(({ selectable }) => selectable);
  // A folder of somebody else's may be listed only by its own name.
  const unlisted = known.filter((one) => !listed.some(({ path }) => path === one.path));
  const all = [...listed, ...unlisted];
  const chosen = request.allFolders
    ? withoutLabels(connection, all)
    : request.folders.flatMap((name) => someNamed(all, name));
  if (moveTo !== null) await checkTarget(connection, moveTo, all);
  const excluded = new Set(
    request.exclude.flatMap((name) => {
      const found = named(all, name);
      // It may be a slip, and what is fetched then the person did not want. That a server has no
      // folder for spam is none: one script serves all.
      if (found.length === 0 && !specialUses.test(name))
        warn(`--exclude: ${toldInOne(noneNamed(all, name))}`);
      return found;
    }),
  );
  const left = chosen.filter((one) => !excluded.has(one));
  if (left.length < chosen.length && left.length === 0) {
    warn('--exclude leaves out all folders that were asked for');
  }
  return [...new Map(left.map((one) => [one.path, one])).values()];
}

function someNamed(all: readonly MailboxStatus[], name: string): MailboxStatus[] {
  const found = named(all, name);
  if (found.length === 0) throw noneNamed(all, name);
  return found;
}

function named(all: readonly MailboxStatus[], name: string): MailboxStatus[] {
  const exact = all.filter((one) => isSameFolder(one.path, name));
  if (exact.length > 0) return exact;
  const found = all.filter((one) => matches(one, name));
  return found.length > 0 ? found : all.filter((one) => isBelowInbox(one, name));
}

function noneNamed(all: readonly MailboxStatus[], name: string): Failure {
  if (!isPattern(name)) return noFolder(all, name);
  return new Failure('not-found', `no folder is ${name}`, { hint: 'mailctl folders lists them' });
}

function toldInOne({ message, hint }: Failure): string {
  return hint === null ? message : `${message}; ${hint}`;
}

/**
 * Before anything is fetched: is there a folder that messages can be moved to? `known` are some that
 * there are. @throws Failure 'not-found'
 */
async function checkTarget(
  connection: FetchConnection,
  name: string,
  known: readonly MailboxStatus[],
): Promise<void> {
  const isThere = (some: readonly MailboxStatus[]) =>
    some.some(({ path, selectable }) => selectable && isSameFolder(path, name));
  // Also where all are known: a folder of somebody else's may be listed only by its own name.
  if (isThere(known) || isThere(await connection.list(name))) return;
  const all = known.length > 0 ? known : await connection.statuses('*');
  throw noFolder(
    all.filter(({ selectable }) => selectable),
    name,
  );
}

function noFolder(all: readonly MailboxStatus[], name: string): Failure {
  const meant =
    all.find((one) => matches(one, name) || isBelowInbox(one, name))?.path ??
    nearest(
      name,
      all.map(({ path }) => path),
    );
  return meant === null
    ? noSuchFolder(name)
    : new Failure('not-found', `there is no folder ${name}`, { hint: `did you mean ${meant}?` });
}

/** Some servers keep all folders below INBOX. */
function isBelowInbox({ path, delimiter }: MailboxStatus, name: string): boolean {
  return path === `INBOX${delimiter}${name}`;
}

function isPattern(name: string): boolean {
  return /[*?%]/.test(name) || name.startsWith('\\');
}

/** RFC 6154 §2 and RFC 8457 §3. */
const specialUses = /^\\(?:All|Archive|Drafts|Flagged|Important|Junk|Sent|Trash)$/i;

/** `\Sent` is a special use, in any language; `*` stands for anything, `?` for one character. */
function matches(mailbox: MailboxStatus, name: string): boolean {
  if (isSameFolder(mailbox.path, name)) return true;
  if (name.startsWith('\\')) return mailbox.role === name.slice(1).toLowerCase();
  const pattern = name
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${pattern}$`, 's').test(mailbox.path);
}

/**
 * On Gmail a folder is a label: All Mail has each message once, but for spam and trash. Elsewhere
 * each folder has messages of its own.
 */
function withoutLabels(
  connection: FetchConnection,
  all: readonly MailboxStatus[],
): readonly MailboxStatus[] {
  if (!connection.isGmail || !all.some(({ role }) => role === 'all')) return all;
  return all.filter(({ role }) => role !== null && ['all', 'junk', 'trash'].includes(role));
}
