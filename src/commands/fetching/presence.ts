import type { MailboxArchive } from '../../archive/mailbox-archive.ts';
import type { SyncState } from '../../archive/sync-state.ts';
import { Failure } from '../../errors.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import type { MailboxStatus } from '../../mail/mailbox-status.ts';
import { UidSet } from '../../uid-set.ts';

/** Which messages an open mailbox has. */
export interface Presence {
  readonly uids: UidSet;
  /** How many more the server says it has, and does not name. */
  readonly unnamed: number;
}

/**
 * Every UID of the open mailbox. One answer may be short: a server that names fewer messages than
 * it says it has is looked at again, and asked what has come and gone meanwhile.
 * @throws Failure 'protocol' where it names none of them
 */
export async function everyUid(connection: FetchConnection, path: string): Promise<Presence> {
  let uids = await connection.uids();
  if (uids.size < connection.exists) {
    await connection.refresh();
    if (uids.size < connection.exists) uids = uids.union(await connection.uids());
  }
  if (uids.size === 0 && connection.exists > 0) {
    throw new Failure('protocol', `the server names none of the messages it has in ${path}`, {
      hint: 'run the same command again',
    });
  }
  return { uids, unnamed: Math.max(0, connection.exists - uids.size) };
}

type Counts = Pick<MailboxStatus, 'messages' | 'uidNext'>;

/**
 * The messages that have arrived since all of them were stored, where nothing else can have
 * happened: each arrival takes one UID (RFC 9051 §2.3.1.1), so when the count of messages has grown
 * by as much as UIDNEXT, none has been removed and each UID between is there. Null where it cannot
 * be told.
 */
export function arrivals(state: SyncState | null, now: Counts): UidSet | null {
  const then = state?.complete;
  if (then?.uidNext == null || then.messages === null) return null;
  if (now.uidNext === null || now.messages === null) return null;
  const grown = now.uidNext - then.uidNext;
  if (grown < 0 || now.messages - then.messages !== grown) return null;
  return grown === 0 ? UidSet.empty : UidSet.parse(`${then.uidNext}:${now.uidNext - 1}`);
}

/**
 * What is likely to be wanted of a mailbox, by STATUS, as long as it is no more than `few`
 * messages; null for all there are, undefined where it is more, or nothing, or cannot be told.
 */
export function likelyFew(
  { isNew, state }: Pick<MailboxArchive, 'isNew' | 'state'>,
  status: MailboxStatus,
  few: number,
): UidSet | null | undefined {
  const isFew = (count: number | null) => count !== null && count > 0 && count <= few;
  if (isNew) return isFew(status.messages) ? null : undefined;
  if (status.uidValidity !== state?.uidValidity) return undefined;
  const arrived = arrivals(state, status);
  return arrived !== null && isFew(arrived.size) ? arrived : undefined;
}
