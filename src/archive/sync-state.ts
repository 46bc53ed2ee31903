import { join } from 'node:path';
import * as v from 'valibot';
import { errorText, Failure } from '../errors.ts';
import { writeFileDurably } from '../system/files.ts';
import { readSmallFile } from '../system/small-file.ts';
import { UidSet } from '../uid-set.ts';
import type { Format } from './formats.ts';

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
  /** Of the stored ones: what the server no longer has, and the archive has put away. */
  readonly gone: UidSet;
  /** What the server said of the mailbox when all of it was stored. */
  readonly complete: MailboxCounts | null;
  /** Flags are as they were at this mod-sequence (RFC 7162), decimal digits. */
  readonly modseq: string | null;
  /** Where the place ended, for formats of one file. */
  readonly position: number | null;
  /** What could not be had, and why. */
  readonly failures: readonly FetchFailure[];
}

export interface MailboxCounts {
  readonly messages: number | null;
  readonly uidNext: number | null;
  readonly highestModseq: string | null;
}

export interface FetchFailure {
  readonly uid: number;
  readonly reason: string;
  /** Runs that have tried. */
  readonly attempts: number;
}

const uid = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 32 - 1));
const count = v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(0)));
const modseq = v.nullable(v.pipe(v.string(), v.regex(/^\d{1,19}$/)));

const facts = { address: v.string(), mailbox: v.string(), uidValidity: uid, stored: v.string() };
const schema = v.variant('version', [
  v.object({ version: v.literal(1), ...facts }),
  v.object({
    version: v.literal(2),
    ...facts,
    gone: v.string(),
    complete: v.nullable(v.object({ messages: count, uidNext: count, highestModseq: modseq })),
    modseq,
    position: count,
    failures: v.array(v.object({ uid, reason: v.string(), attempts: v.number() })),
  }),
]);

const maxStateBytes = 64 << 20;

/** Each format has a memory of its own, so that one archive may be kept in several. */
export function stateFile(directory: string, format: Format): string {
  return join(directory, format === 'maildir' ? '.mailctl.json' : `.mailctl-${format}.json`);
}

/** A mailbox nothing was fetched of yet. */
export function emptyState(
  facts: Pick<SyncState, 'address' | 'mailbox' | 'uidValidity'>,
): SyncState {
  const nothing = { stored: UidSet.empty, gone: UidSet.empty, failures: [] };
  return { ...facts, ...nothing, complete: null, modseq: null, position: null };
}

/** Null where nothing was fetched yet. @throws Failure 'data' for anything else than a good state */
export async function loadSyncState(path: string): Promise<SyncState | null> {
  try {
    const bytes = await readSmallFile(path, maxStateBytes);
    if (bytes === null) return null;
    const { version, ...read } = v.parse(schema, JSON.parse(bytes.toString()));
    const stored = UidSet.parse(read.stored);
    const gone = UidSet.parse('gone' in read ? read.gone : '');
    if (stored === null || gone === null) throw new Error('stored is not a set of UIDs');
    const state = { ...emptyState(read), ...read, stored, gone };
    return version === 1 ? { ...emptyState(read), stored } : state;
  } catch (error) {
    throw new Failure('data', `${path} cannot be read: ${errorText(error)}`, {
      hint: `remove it to have the folder taken stock of anew; stored messages are recognised by their names`,
      cause: error,
    });
  }
}

export async function saveSyncState(path: string, state: SyncState): Promise<void> {
  try {
    const { stored, gone, ...rest } = state;
    const written = { version: 2, ...rest, stored: stored.toString(), gone: gone.toString() };
    await writeFileDurably(path, `${JSON.stringify(written)}\n`);
  } catch (error) {
    throw new Failure('archive', `cannot write ${path}: ${errorText(error)}`, { cause: error });
  }
}
