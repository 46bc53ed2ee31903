import { join } from 'node:path';
import * as v from 'valibot';
import { errorText, Failure } from '../errors.ts';
import { writeFileDurably } from '../system/files.ts';
import { readSmallFile } from '../system/small-file.ts';
import { UidSet } from '../uid-set.ts';

/**
 * What an archive remembers of one mailbox, kept in the mailbox's own folder: which UIDs are
 * stored, as a set with all its gaps. Never "the highest UID seen", which would skip what a server
 * left out.
 */
export interface SyncState {
  /** Whose mail this is, so that another account is not mixed in. */
  readonly address: string;
  readonly mailbox: string;
  readonly uidValidity: number;
  readonly stored: UidSet;
}

const schema = v.object({
  version: v.literal(1),
  address: v.string(),
  mailbox: v.string(),
  uidValidity: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 32 - 1)),
  stored: v.string(),
});

const fileName = '.mailctl.json';
const maxStateBytes = 64 << 20;

/** Null where nothing was fetched yet. @throws Failure 'data' for anything else than a good state. */
export async function loadSyncState(directory: string): Promise<SyncState | null> {
  const path = join(directory, fileName);
  try {
    const bytes = await readSmallFile(path, maxStateBytes);
    if (bytes === null) return null;
    const { version: _, ...state } = v.parse(schema, JSON.parse(bytes.toString()));
    const stored = UidSet.parse(state.stored);
    if (stored === null) throw new Error('stored is not a set of UIDs');
    return { ...state, stored };
  } catch (error) {
    throw new Failure('data', `${path} cannot be read: ${errorText(error)}`, {
      hint: `remove it to have the folder taken stock of anew; stored messages are recognised by their names`,
      cause: error,
    });
  }
}

export async function saveSyncState(directory: string, state: SyncState): Promise<void> {
  const path = join(directory, fileName);
  try {
    await writeFileDurably(
      path,
      `${JSON.stringify({ version: 1, ...state, stored: state.stored.toString() })}\n`,
    );
  } catch (error) {
    throw new Failure('archive', `cannot write ${path}: ${errorText(error)}`, { cause: error });
  }
}
