import type { MailboxArchive } from './mailbox-archive.ts';
import { type MaildirFile, maildirFiles } from './maildir.ts';

/** The file of each message of a Maildir, also of those first stored under another UID. */
export async function filesByUid(
  archive: MailboxArchive,
  uidValidity: number,
): Promise<Map<number, MaildirFile>> {
  const files = await maildirFiles(archive.directory);
  const byUid = new Map<number, MaildirFile>();
  for (const file of files) if (file.uidValidity === uidValidity) byUid.set(file.uid, file);
  const byName = new Map(files.map((file) => [file.name, file]));
  for (const { uid, name } of (
    (await archive.loadIndex()).get(uidValidity) ?? new Map()
  ).values()) {
    const file = name === null ? undefined : byName.get(name);
    if (file !== undefined && !byUid.has(uid)) byUid.set(uid, { ...file, uid });
  }
  return byUid;
}
