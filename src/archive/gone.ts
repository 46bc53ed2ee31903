import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeDirectory, syncDirectory } from '../system/files.ts';
import type { MaildirFile } from './maildir.ts';
import { written } from './written.ts';

/** Where messages go that the server no longer has: a Maildir inside the mailbox's own. */
const goneName = '.gone';

/**
 * Put away the files of messages that are gone from the server, or remove them; durable when it
 * returns. Gives where each is now, null for removed ones.
 */
export async function putAway(
  directory: string,
  files: readonly MaildirFile[],
  { prune }: { readonly prune: boolean },
): Promise<(string | null)[]> {
  const gone = join(directory, goneName);
  return written(directory, async () => {
    if (!prune) {
      for (const name of ['tmp', 'new', 'cur']) await makeDirectory(join(gone, name));
    }
    const paths: (string | null)[] = [];
    for (const { path } of files) {
      const folder = basename(join(path, '..'));
      const target = join(gone, folder, basename(path));
      if (prune) await rm(path, { force: true });
      else await rename(path, target);
      paths.push(prune ? null : target);
    }
    const folders = ['new', 'cur'].map((name) => join(directory, name));
    const targets = prune ? [] : ['new', 'cur'].map((name) => join(gone, name));
    await Promise.all([...targets, ...folders].map(syncDirectory));
    return paths;
  });
}
