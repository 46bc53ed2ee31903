import type { UidSet } from '../uid-set.ts';
import type { MailboxArchive } from './mailbox-archive.ts';
import { type MaildirFile, maildirFiles } from './maildir.ts';

/**
 * The file of each message of a Maildir (that of the archive), also of those first stored under
 * another UID. Where only some are wanted, the index is read if those are not found by their names.
 */
export async function filesByUid(
  archive: MailboxArchive,
  uidValidity: number,
  { wanted, directory = archive.directory }: { wanted?: UidSet; directory?: string } = {},
): Promise<Map<number, MaildirFile>> {
  const files = await maildirFiles(directory);
  const byUid = new Map<number, MaildirFile>();
  for (const file of files) if (file.uidValidity === uidValidity) byUid.set(file.uid, file);
  if (wanted !== undefined && [...wanted].every((uid) => byUid.has(uid))) return byUid;
  const byName = new Map(files.map((file) => [file.name, file]));
  for (const { uid, name } of (
    (await archive.loadIndex()).get(uidValidity) ?? new Map()
  ).values()) {
    const file = name === null ? undefined : byName.get(name);
    if (file !== undefined && !byUid.has(uid)) byUid.set(uid, { ...file, uid });
  }
  return byUid;
}
