import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UidSet } from '../uid-set.ts';
import { pathsByUid } from './inspection.ts';
import type { MailboxArchive } from './mailbox-archive.ts';
import { mboxName } from './mbox-text.ts';

/**
 * Which of these stored messages are in the archive now. A person may have moved some away or
 * removed them, or have brought back an older copy of the archive. What was handed on to another
 * program is nowhere to be looked for.
 */
export async function stillHere(archive: MailboxArchive, uids: UidSet): Promise<UidSet> {
  const { state, format, directory } = archive;
  if (state === null) return UidSet.empty;
  switch (format) {
    case 'maildir':
    case 'eml':
      return uids.intersection(UidSet.of((await filesHere(archive)).keys()));
    case 'mbox': {
      const { size } = await stat(join(directory, mboxName)).catch(() => ({ size: -1 }));
      return size >= (state.position ?? 0) ? uids : UidSet.empty;
    }
    default:
      return uids;
  }
}

/** The file of each message, for formats that have one. */
export async function filesHere(archive: MailboxArchive): Promise<ReadonlyMap<number, string>> {
  const { state, format } = archive;
  if (state === null || (format !== 'maildir' && format !== 'eml')) return new Map();
  const index = (await archive.loadIndex()).get(state.uidValidity) ?? new Map();
  return pathsByUid(archive, state.uidValidity, index);
}
