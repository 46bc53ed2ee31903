import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { fingerprintOf, headerFingerprint } from '../../archive/content.ts';
import type { IndexEntry } from '../../archive/index-file.ts';
import type { MailboxArchive } from '../../archive/mailbox-archive.ts';
import { filesHere } from '../../archive/still-here.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import { UidSet } from '../../uid-set.ts';

/**
 * Which of these UIDs are, on the server, other messages than are stored under them. By their sizes
 * and ids, and by their headers where those differ or it has to be certain (`closely`).
 */
export async function otherMessages(
  connection: FetchConnection,
  archive: MailboxArchive,
  uids: UidSet,
  closely: UidSet,
): Promise<UidSet> {
  const uidValidity = archive.state?.uidValidity ?? 0;
  const index = (await archive.loadIndex()).get(uidValidity) ?? new Map<number, IndexEntry>();
  const files = await filesHere(archive);
  const doubtful: number[] = [];
  await connection.identities(uids, ({ uid, sizeBytes, emailId }) => {
    const entry = index.get(uid);
    if (entry === undefined || !isOf(files.get(uid), entry) || entry.serverBytes !== sizeBytes) {
      doubtful.push(uid);
    } else if (emailId !== null && entry.emailId !== null) {
      if (emailId !== entry.emailId) doubtful.push(uid);
    } else if (closely.has(uid)) {
      doubtful.push(uid);
    }
  });
  const said = new Map<number, ReturnType<typeof headerFingerprint>>();
  await connection.headers(UidSet.of(doubtful), ({ uid, header }) => {
    if (header !== null) said.set(uid, headerFingerprint(header));
  });
  const others: number[] = [];
  for (const [uid, { headerDigest, messageId }] of said) {
    const stored = await storedHeader(files.get(uid), index.get(uid));
    if (stored === null || stored.headerDigest === headerDigest) continue;
    // A server may put something before a header; the Message-ID stays what it is.
    if (messageId === null || stored.messageId !== messageId) others.push(uid);
  }
  return UidSet.of(others);
}

/** Whether a file is that of an entry, and not one of another mailbox with the same UIDVALIDITY. */
function isOf(path: string | undefined, { name }: IndexEntry): boolean {
  return path === undefined || name === null || basename(path).startsWith(name);
}

/** Of the file itself where there is one. */
async function storedHeader(path: string | undefined, entry: IndexEntry | undefined) {
  if (path === undefined || (entry !== undefined && isOf(path, entry))) return entry ?? null;
  return fingerprintOf(createReadStream(path));
}

/**
 * Which of the messages found here are those that the server has under their UIDs. A file may have
 * been moved here from another mailbox: two may share a UIDVALIDITY, and then names say nothing; or
 * the server, having gone back, has given a UID again. Sizes alone do not tell: what a machine sends
 * each day is of one size.
 */
export async function confirmed(
  connection: FetchConnection,
  archive: MailboxArchive,
  found: UidSet,
): Promise<{ readonly theirs: UidSet; readonly others: readonly string[] }> {
  const others = await otherMessages(connection, archive, found, found);
  const files = await filesHere(archive);
  return {
    theirs: found.minus(others),
    others: [...others].flatMap((uid) => files.get(uid) ?? []),
  };
}
