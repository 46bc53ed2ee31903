import type { MailboxObject } from 'imapflow';
import { errorField, Failure } from '../errors.ts';
import { isUid } from '../uid-set.ts';
import type { Connection } from './connection.ts';
import { toMailbox } from './from-imapflow.ts';
import { knowMailbox } from './imapflow-internals.ts';
import type { Mailbox, OpenMailbox } from './message.ts';

export interface ListOptions {
  /** Ask for the counts one mailbox at a time where the server cannot give them with the list. */
  readonly counts: boolean;
}

/** Every mailbox in one round trip, with its counts where the server has LIST-STATUS (RFC 5819). */
export async function listMailboxes(
  connection: Connection,
  { counts }: ListOptions,
): Promise<Mailbox[]> {
  const items = { messages: true, unseen: true, uidNext: true, uidValidity: true };
  const options =
    counts || connection.capabilities.has('LIST-STATUS') ? { statusQuery: items } : {};
  const listed = await connection.run((client) => client.list(options));
  return listed.map(toMailbox);
}

/**
 * The paths to search for a message anywhere. Gmail has them all in All Mail; elsewhere such
 * folders, and that of the flagged ones, only repeat what is in the others (RFC 6154 §2).
 */
export async function searchableMailboxes(connection: Connection): Promise<string[]> {
  const all = (await listMailboxes(connection, { counts: false })).filter(
    ({ selectable }) => selectable,
  );
  const allMail = all.find(({ role }) => role === 'all');
  if (connection.capabilities.has('X-GM-EXT-1') && allMail !== undefined) return [allMail.path];
  return all
    .filter(({ role, messages }) => role !== 'all' && role !== 'flagged' && messages !== 0)
    .map(({ path }) => path);
}

/** Open a mailbox read-only (EXAMINE). @throws Failure 'not-found' */
export function examine(connection: Connection, path: string): Promise<OpenMailbox> {
  return openMailbox(connection, path, { readOnly: true });
}

/** Open a mailbox whose messages are to be marked or moved (SELECT). @throws Failure 'not-found' */
export function select(connection: Connection, path: string): Promise<OpenMailbox> {
  return openMailbox(connection, path, { readOnly: false });
}

async function openMailbox(
  connection: Connection,
  path: string,
  options: { readonly readOnly: boolean },
): Promise<OpenMailbox> {
  checkPath(path);
  knowMailbox(connection.client, path);
  const mailbox = await connection.run((client) =>
    client.mailboxOpen(path, options).catch((error: unknown) => {
      throw isMissing(error) ? noSuchFolder(path, error) : error;
    }),
  );
  return checkedMailbox(mailbox, path);
}

/** imapflow has looked; or the server says so itself (RFC 5530). */
function isMissing(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  return (
    Reflect.get(error, 'mailboxMissing') === true ||
    errorField(error, 'serverResponseCode') === 'NONEXISTENT'
  );
}

export function noSuchFolder(path: string, cause?: unknown): Failure {
  return new Failure('not-found', `there is no folder ${path}`, {
    hint: 'mailctl folders lists them',
    cause,
  });
}

/** A folder name goes to the server as it is, so it must not end a line. */
export function checkPath(path: string): void {
  if (path === '' || /[\u0000-\u001f\u007f]/.test(path)) {
    throw new Failure('usage', 'a folder name must not be empty or hold control characters', {
      hint: 'mailctl folders lists them',
    });
  }
}

function checkedMailbox(mailbox: MailboxObject, path: string): OpenMailbox {
  const uidValidity = Number(mailbox.uidValidity ?? 0);
  if (!isUid(uidValidity)) {
    throw new Failure('protocol', `the server gives no valid UIDVALIDITY for ${path}`, {
      hint: 'without it a message cannot be told from another; nothing was fetched',
    });
  }
  const messages: unknown = mailbox.exists;
  if (typeof messages !== 'number') {
    throw new Failure('protocol', `the server does not say how many messages ${path} has`, {
      hint: 'try again',
    });
  }
  return {
    path: mailbox.path,
    delimiter: mailbox.delimiter || null,
    messages,
    uidValidity,
    uidNext: mailbox.uidNext ?? null,
    highestModseq: mailbox.highestModseq === undefined ? null : String(mailbox.highestModseq),
  };
}
