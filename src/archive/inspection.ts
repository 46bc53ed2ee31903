import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { UidSet } from '../uid-set.ts';
import { digestOf, fingerprintOf } from './content.ts';
import { emlFiles } from './eml.ts';
import { filesByUid } from './files-by-uid.ts';
import type { IndexEntry } from './index-file.ts';
import type { MailboxArchive } from './mailbox-archive.ts';
import { missingFromMbox } from './mbox-digests.ts';
import { mboxName } from './mbox-text.ts';

/** A message that is not as it was stored. */
export interface Defect {
  readonly uid: number;
  readonly what: 'missing' | 'damaged';
  readonly reason: string;
  readonly path: string | null;
}

/**
 * Look whether the messages that are remembered are there as they were stored: by their size, with
 * `deep` by the digest of every byte. Nothing is changed.
 */
export async function inspect(
  archive: MailboxArchive,
  { deep }: { readonly deep: boolean },
): Promise<Defect[]> {
  const { state, format } = archive;
  if (state === null) return [];
  const index = (await archive.loadIndex()).get(state.uidValidity) ?? new Map();
  const uids = state.stored.minus(state.gone);
  if (format === 'mbox') return inspectMbox(archive, uids, index);
  // What was given to another program is not here to be looked at.
  if (format !== 'maildir' && format !== 'eml') return [];
  const paths = await pathsByUid(archive, state.uidValidity, index);
  const defects: Defect[] = [];
  for (const uid of uids) {
    const path = paths.get(uid);
    const defect =
      path === undefined
        ? { what: 'missing' as const, reason: 'its file is not there' }
        : await inspectFile(path, index.get(uid), deep);
    if (defect !== null) defects.push({ uid, path: path ?? null, ...defect });
  }
  return defects;
}

/** The file of each message that is there. */
export async function pathsByUid(
  archive: MailboxArchive,
  uidValidity: number,
  index: ReadonlyMap<number, IndexEntry>,
): Promise<Map<number, string>> {
  if (archive.format === 'maildir') {
    const files = await filesByUid(archive, uidValidity).catch(() => new Map());
    return new Map([...files].map(([uid, { path }]) => [uid, path]));
  }
  const files = await emlFiles(archive.directory).catch(() => []);
  const byName = new Map(files.map((file) => [file.name, file.path]));
  const named = [...index.values()].flatMap(({ uid, name }) => {
    const path = name === null ? undefined : byName.get(name);
    return path === undefined ? [] : [[uid, path] as const];
  });
  const own = files.filter((file) => file.uidValidity === uidValidity);
  return new Map([...named, ...own.map(({ uid, path }) => [uid, path] as const)]);
}

async function inspectFile(
  path: string,
  entry: IndexEntry | undefined,
  deep: boolean,
): Promise<Pick<Defect, 'what' | 'reason'> | null> {
  const { size } = await stat(path);
  // Stored before there was an index: nothing is known to compare with.
  if (entry === undefined) return null;
  if (entry.storedBytes !== null && entry.storedBytes !== size) {
    return { what: 'damaged', reason: `${size} bytes, it was stored with ${entry.storedBytes}` };
  }
  if (!deep) return null;
  if ((await fingerprintOf(createReadStream(path))).digest === entry.digest) return null;
  // A CR before a line end looks, where that is LF alone, like one end of the network.
  if ((await digestOf(createReadStream(path))) === entry.digest) return null;
  return { what: 'damaged', reason: 'its bytes are not those that were stored' };
}

/** An mbox says nothing of UIDs: its messages are known by their digests. */
async function inspectMbox(
  archive: MailboxArchive,
  uids: UidSet,
  index: ReadonlyMap<number, IndexEntry>,
): Promise<Defect[]> {
  const path = join(archive.directory, mboxName);
  const known = [...uids].flatMap((uid) => index.get(uid) ?? []);
  const reason = 'no message in the mbox is as it was';
  return (await missingFromMbox(path, known)).map(({ uid }) => {
    return { uid, path, what: 'missing', reason };
  });
}
