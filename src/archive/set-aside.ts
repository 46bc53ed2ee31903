import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../errors.ts';
import { syncDirectory } from '../system/files.ts';
import { written } from './written.ts';

/**
 * Give files other names in the same folder, which say of no UID any more: they are messages all
 * the same, and what is stored under their UIDs does not overwrite them. Durable when it returns.
 */
export async function setAside(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await written(path, async () => {
      try {
        await rename(path, join(dirname(path), namedOtherwise(basename(path))));
      } catch (error) {
        // A person has moved it away at the same time.
        if (errorCode(error) !== 'ENOENT') throw error;
      }
    });
  }
  for (const folder of new Set(paths.map(dirname))) await syncDirectory(folder);
}

/** `….V17U4.mailctl:2,S` becomes `….V17U4.kept-1f3a.mailctl:2,S`; the same for .eml. */
function namedOtherwise(name: string): string {
  const mark = `kept-${Date.now().toString(36)}`;
  return name.replace(/(\.V\d+U\d+)\.(mailctl|eml)/, `$1.${mark}.$2`);
}
