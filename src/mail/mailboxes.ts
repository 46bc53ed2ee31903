import type { ImapFlow, MailboxObject, MailboxOpenOptions } from 'imapflow';
import { errorField, Failure } from '../errors.ts';
import { isUid } from '../uid-set.ts';
import { ChangesHeard, type MailboxChanges, type Since, unheard } from './changes.ts';
import type { Connection } from './connection.ts';
import type { Limits } from './exchanges.ts';
import { toMailbox } from './from-imapflow.ts';
import { changesAreTold, hearChanges, knowMailbox } from './imapflow-internals.ts';
import { isAtLeast, toModseq } from './mailbox-status.ts';
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

/** An open mailbox, and what has changed in it. */
export interface ResumedMailbox extends OpenMailbox {
  /** Null where the server does not tell, or not all of it. */
  readonly changes: MailboxChanges | null;
}

/** Open a mailbox read-only (EXAMINE). @throws Failure 'not-found' */
export function examine(connection: Connection, path: string): Promise<OpenMailbox> {
  return openMailbox(connection, path, { readOnly: true });
}

/** Open a mailbox whose messages are to be marked or moved (SELECT). @throws Failure 'not-found' */
export function select(connection: Connection, path: string): Promise<OpenMailbox> {
  return openMailbox(connection, path, { readOnly: false });
}

/**
 * EXAMINE that tells what has changed since then, in the same answer (RFC 7162 §3.2.5.1). Where the
 * server has renumbered the mailbox, or its mod-sequence went back, that would not be all of it.
 */
export async function examineSince(
  connection: Connection,
  path: string,
  { uidValidity, modseq }: Since,
  limits: Limits,
): Promise<ResumedMailbox> {
  const { client } = connection;
  const heard = new ChangesHeard();
  hearChanges(client, heard);
  try {
    const options = { readOnly: true, uidValidity, changedSince: modseq };
    const opened = await openMailbox(connection, path, options, limits);
    const told = changesAreTold(client) && isAtLeast(opened.highestModseq, modseq);
    return { ...opened, changes: told ? heard.changes : null };
  } finally {
    hearChanges(client, unheard);
  }
}

async function openMailbox(
  connection: Connection,
  path: string,
  options: MailboxOpenOptions,
  limits?: Limits,
): Promise<OpenMailbox> {
  if (!isPath(path)) {
    // Also what a server lists may be such a name: the other folders are to be had all the same.
    const what = `no server can be asked for the folder ${shownPath(path)}`;
    throw new Failure('not-found', `${what}: ${notAPath}`, {
      hint: 'mailctl folders lists them',
    });
  }
  knowMailbox(connection.client, path);
  const open = (client: ImapFlow) =>
    client.mailboxOpen(path, options).catch((error: unknown) => {
      throw isMissing(error) ? noSuchFolder(path, error) : error;
    });
  return checkedMailbox(await connection.run(open, limits), path);
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

const controls = /[\u0000-\u001f\u007f]/g;
const notAPath = 'a folder name must not be empty or hold control characters';

/** In a sentence: a line end would be one of the message. */
export function shownPath(path: string): string {
  return path.replaceAll(controls, '\ufffd');
}

/** A folder name goes to the server as it is, so it must not end a line. */
function isPath(path: string): boolean {
  return path !== '' && path.search(controls) === -1;
}

/** @throws Failure 'usage' */
export function checkPath(path: string): void {
  if (isPath(path)) return;
  throw new Failure('usage', notAPath, { hint: 'mailctl folders lists them' });
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
    highestModseq: toModseq(mailbox.highestModseq),
  };
}
