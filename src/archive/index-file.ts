import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { errorCode, errorText, Failure } from '../errors.ts';
import type { Fingerprint } from './content.ts';
import type { DiskStep } from './disk-steps.ts';
import type { Format } from './formats.ts';
import type { MessageIds } from './sink.ts';
import type { SyncState } from './sync-state.ts';

/**
 * One row a message, kept beside the memory of the mailbox: what it is recognised by when the
 * server renumbers, what `verify` compares, and what Gmail knows of it. Rows are only added; of
 * several for one UID the last counts.
 */
export interface IndexEntry extends Fingerprint, MessageIds {
  readonly uidValidity: number;
  readonly uid: number;
  /** The name of its file without flags, null where the format has no file a message. */
  readonly name: string | null;
  /** The size of its file; null where the format has none of its own. */
  readonly storedBytes: number | null;
  /** RFC822.SIZE, which some servers only estimate; null where it is not known. */
  readonly serverBytes: number | null;
}

const row = v.object({
  uidValidity: v.number(),
  uid: v.number(),
  name: v.nullable(v.string()),
  storedBytes: v.nullable(v.number()),
  serverBytes: v.nullable(v.number()),
  sizeBytes: v.number(),
  digest: v.string(),
  headerDigest: v.string(),
  messageId: v.nullable(v.string()),
  emailId: v.nullable(v.string()),
  threadId: v.nullable(v.string()),
  labels: v.nullable(v.array(v.string())),
});

export function indexFile(directory: string, format: Format): string {
  return join(directory, format === 'maildir' ? '.mailctl.index' : `.mailctl-${format}.index`);
}

/** What adds these rows. */
export function addingRows(path: string, entries: readonly IndexEntry[]): DiskStep[] {
  if (entries.length === 0) return [];
  // A row that a crash has cut stays alone on its line, where it is passed over.
  const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  return [{ kind: 'append', path, text }];
}

/** The rows of each UIDVALIDITY, by UID. A row that is none (cut by a crash) is passed over. */
export function loadIndex(path: string): Promise<Map<number, Map<number, IndexEntry>>> {
  const index = new Map<number, Map<number, IndexEntry>>();
  return reading(path, index, async (file) => {
    for await (const line of file.readLines()) {
      const entry = parseRow(line);
      if (entry === null) continue;
      const uids = index.get(entry.uidValidity) ?? new Map<number, IndexEntry>();
      uids.set(entry.uid, entry);
      index.set(entry.uidValidity, uids);
    }
    return index;
  });
}

/**
 * Whether a memory knows what was added last, at the cost of one read: an older one that somebody
 * has put back alone does not.
 */
export function knowsNewestRows(
  { uidValidity, stored, complete }: Pick<SyncState, 'uidValidity' | 'stored' | 'complete'>,
  path: string,
): Promise<boolean> {
  return reading(path, true, async (file) => {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, tailBytes));
    await file.read(tail, 0, tail.length, size - tail.length);
    const newest = tail.toString().split('\n').map(parseRow);
    return newest.every(
      (entry) =>
        entry === null ||
        entry.uidValidity !== uidValidity ||
        // What came later has a higher UID than any that was to be given then.
        entry.uid < (complete?.uidNext ?? 0) ||
        stored.has(entry.uid),
    );
  });
}

const tailBytes = 1 << 16;

async function reading<T>(
  path: string,
  nothing: T,
  read: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw new Failure('data', `${path} cannot be read: ${errorText(error)}`, { cause: error });
  });
  try {
    return file === null ? nothing : await read(file);
  } finally {
    await file?.close();
  }
}

function parseRow(line: string): IndexEntry | null {
  try {
    return v.parse(row, JSON.parse(line));
  } catch {
    return null;
  }
}
