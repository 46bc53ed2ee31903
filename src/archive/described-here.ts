import { join } from 'node:path';
import { UidSet } from '../uid-set.ts';
import { type Format, namesFiles } from './formats.ts';
import type { IndexEntry } from './index-file.ts';
import { missingFromMbox } from './mbox-digests.ts';
import { mboxName } from './mbox-text.ts';

/**
 * UIDs of the rows whose messages are here, for want of a memory: by the digests of an mbox, or by
 * the names of files, where a message that was recognised has that of its former UID. What was
 * handed on to another program is taken to be there.
 */
export async function describedHere(
  { format, directory }: { readonly format: Format; readonly directory: string },
  fileNames: readonly string[],
  rows: ReadonlyMap<number, IndexEntry>,
): Promise<UidSet> {
  const all = UidSet.of(rows.keys());
  if (format === 'mbox') {
    const missing = await missingFromMbox(join(directory, mboxName), rows.values());
    return all.minus(UidSet.of(missing.map(({ uid }) => uid)));
  }
  if (!namesFiles(format)) return all;
  const names = new Set(fileNames);
  const here = [...rows.values()].filter(({ name }) => name !== null && names.has(name));
  return UidSet.of(here.map(({ uid }) => uid));
}
