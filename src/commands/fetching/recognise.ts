import { headerFingerprint } from '../../archive/content.ts';
import type { IndexEntry } from '../../archive/index-file.ts';
import type { MailboxArchive } from '../../archive/mailbox-archive.ts';
import { Recognition } from '../../archive/recognition.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import type { FetchRow } from '../../mail/fetch-row.ts';
import type { OpenMailbox } from '../../mail/message.ts';
import { UidSet } from '../../uid-set.ts';
import type { FetchRun } from './fetch-run.ts';
import { everyUid } from './presence.ts';

/**
 * The server has renumbered a mailbox: find out which of its messages are stored already, by their
 * headers, so that only the others are downloaded. Gives them under their new UIDs.
 */
export async function recognise(
  { app }: FetchRun,
  connection: FetchConnection,
  archive: MailboxArchive,
  opened: OpenMailbox,
): Promise<IndexEntry[]> {
  const former = archive.state?.uidValidity ?? 0;
  const stored = await Recognition.of(archive, former);
  const known: IndexEntry[] = [];
  const seen = new Set<number>();
  const look = ({ uid, sizeBytes, emailId, threadId, labels, header }: FetchRow) => {
    if (header === null || seen.has(uid)) return;
    seen.add(uid);
    const found = stored.find({ uid, sizeBytes, emailId, ...headerFingerprint(header) });
    if (found === null) return;
    const { uidValidity } = opened;
    known.push({ ...found, uidValidity, uid, emailId, threadId, labels });
  };
  if (opened.messages > 0) {
    await connection.headers(null, look);
    if (seen.size < opened.messages) {
      // A row that got lost would be a message downloaded again, and kept twice.
      const { uids } = await everyUid(connection, opened.path);
      const left = uids.minus(UidSet.of(seen));
      if (left.size > 0) await connection.headers(left, look);
    }
  }
  app.tell(
    `mailctl: the server has renumbered ${opened.path} (UIDVALIDITY ${former} → ${opened.uidValidity}); ${known.length} of its messages are recognised as stored, only the others are fetched`,
  );
  return known;
}
