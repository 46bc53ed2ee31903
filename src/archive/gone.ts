import { lstat, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode, Failure } from '../errors.ts';
import { makeDirectory, syncDirectory } from '../system/files.ts';
import type { MaildirFile } from './maildir.ts';
import { written } from './written.ts';

/** Where messages go that the server no longer has: a Maildir inside the mailbox's own. */
export function goneDirectory(directory: string): string {
  return join(directory, '.gone');
}

/**
 * Put away the files of messages that are gone from the server, or remove them; durable when it
 * returns. Gives where each is now, null for removed ones. A file that somebody moves away at the
 * same time is left out.
 */
export async function putAway(
  directory: string,
  files: readonly MaildirFile[],
  { prune }: { readonly prune: boolean },
): Promise<{ readonly uid: number; readonly path: string | null }[]> {
  const gone = goneDirectory(directory);
  return written(directory, async () => {
    if (prune) {
      for (const { path } of files) await rm(path, { force: true });
      await syncFolders(directory);
      return files.map(({ uid }) => ({ uid, path: null }));
    }
    await refuseLink(gone);
    for (const name of ['tmp', 'new', 'cur']) await makeDirectory(join(gone, name));
    // Its own name first: a file must not be in a folder that a power cut takes away.
    await Promise.all([directory, gone].map(syncDirectory));
    const moved = await moveInto(gone, files);
    await syncFolders(gone);
    await syncFolders(directory);
    return moved;
  });
}

/** Move files of `.gone` back to where they were; durable when it returns. */
export async function takeBack(
  directory: string,
  files: readonly MaildirFile[],
): Promise<{ readonly uid: number; readonly path: string }[]> {
  return written(directory, async () => {
    const moved = await moveInto(directory, files);
    await syncFolders(directory);
    await syncFolders(goneDirectory(directory));
    return moved;
  });
}

async function moveInto(
  maildir: string,
  files: readonly MaildirFile[],
): Promise<{ readonly uid: number; readonly path: string }[]> {
  const moved: { readonly uid: number; readonly path: string }[] = [];
  for (const { uid, path } of files) {
    const target = join(maildir, basename(dirname(path)), basename(path));
    try {
      await rename(path, target);
      moved.push({ uid, path: target });
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
  return moved;
}

async function syncFolders(maildir: string): Promise<void> {
  await Promise.all(['new', 'cur'].map((name) => syncDirectory(join(maildir, name))));
}

/** As everywhere below an archive: none leads out of it. */
async function refuseLink(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found?.isSymbolicLink()) {
    throw new Failure('archive', `${path} is a link, which is not followed inside an archive`, {
      hint: 'put the folder itself there',
    });
  }
}
