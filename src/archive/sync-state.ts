import { join } from 'node:path';
import * as v from 'valibot';
import { errorText, Failure } from '../errors.ts';
import { readSmallFile } from '../system/small-file.ts';
import { UidSet } from '../uid-set.ts';
import type { DiskStep } from './disk-steps.ts';
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
  /** The host it was fetched from; null where an older mailctl has not written it down. */
  readonly server: string | null;
  readonly stored: UidSet;
  /** Of the stored ones: what the server no longer has, and the archive has put away. */
  readonly gone: UidSet;
  /**
   * Not among the stored ones: files of these are here, and the server may give their UIDs to other
   * messages.
   */
  readonly unsure: UidSet;
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
    server: v.optional(v.nullable(v.string()), null),
    gone: v.string(),
    unsure: v.optional(v.string(), ''),
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
  facts: Pick<SyncState, 'address' | 'mailbox' | 'uidValidity'> &
    Partial<Pick<SyncState, 'server'>>,
): SyncState {
  const none = UidSet.empty;
  const nothing = { stored: none, gone: none, unsure: none, failures: [] };
  return { server: null, ...facts, ...nothing, complete: null, modseq: null, position: null };
}

/** Null where nothing was fetched yet. @throws Failure 'data' for anything else than a good state */
export async function loadSyncState(path: string): Promise<SyncState | null> {
  try {
    const bytes = await readSmallFile(path, maxStateBytes);
    if (bytes === null) return null;
    const { version, ...read } = v.parse(schema, JSON.parse(bytes.toString()));
    const stored = UidSet.parse(read.stored);
    const gone = UidSet.parse('gone' in read ? read.gone : '');
    const unsure = UidSet.parse('unsure' in read ? read.unsure : '');
    if (stored === null || gone === null || unsure === null) {
      throw new Error('stored is not a set of UIDs');
    }
    const state = { ...emptyState(read), ...read, stored, gone, unsure };
    return version === 1 ? { ...emptyState(read), stored } : state;
  } catch (error) {
    throw new Failure('data', `${path} cannot be read: ${errorText(error)}`, {
      hint: `remove it to have the folder taken stock of anew; stored messages are recognised by their names`,
      cause: error,
    });
  }
}

/** What writes this down. */
export function savingState(path: string, state: SyncState): DiskStep {
  const { stored, gone, unsure, ...rest } = state;
  const sets = { stored: String(stored), gone: String(gone), unsure: String(unsure) };
  const written = { version: 2, ...rest, ...sets };
  return { kind: 'replace', path, text: `${JSON.stringify(written)}\n` };
}

/** What the server says of a mailbox before it is opened. */
export interface ToldCounts extends MailboxCounts {
  readonly uidValidity: number | null;
}

/** Whether that is what it said when all of the mailbox was stored. */
export function isUnchanged(
  state: SyncState | null,
  told: ToldCounts,
  { server, flags }: { readonly server: string; readonly flags: boolean },
): boolean {
  const then = state?.complete;
  if (state == null || then == null || state.failures.length > 0) return false;
  return (
    told.uidNext !== null &&
    told.messages !== null &&
    told.uidValidity === state.uidValidity &&
    told.uidNext === then.uidNext &&
    told.messages === then.messages &&
    // A server that has gone back to an earlier state may have as many messages by chance.
    !(BigInt(told.highestModseq ?? 0) < BigInt(then.highestModseq ?? 0)) &&
    (state.server === null || state.server === server) &&
    // Flags change without a new message; who follows them must have a way to know.
    (!flags || (told.highestModseq !== null && told.highestModseq === state.modseq))
  );
}

/** How a pass over a mailbox has ended. */
export interface PassEnding {
  /** What the server said, where every message was asked for. */
  readonly counts: MailboxCounts | null;
  /** Every message that was there. */
  readonly present: UidSet;
  readonly failures: readonly Omit<FetchFailure, 'attempts'>[];
}

/** The memory when these have been stored, and the pass may have ended; null where it stays as it is. */
export function remembering(
  state: SyncState,
  uids: UidSet,
  position: number | null,
  ending: PassEnding | undefined,
): SyncState | null {
  const stored = state.stored.union(uids);
  if (ending === undefined) return uids.size === 0 ? null : { ...state, stored, position };
  const tried = new Map(state.failures.map(({ uid, attempts }) => [uid, attempts]));
  const failures = ending.failures.map((one) => ({
    ...one,
    attempts: (tried.get(one.uid) ?? 0) + 1,
  }));
  const all = failures.length === 0 && ending.present.minus(stored).size === 0;
  // Checked against the memory itself: "all of it" is what lets the next run not even look.
  const complete = all && ending.counts !== null ? countsOf(ending.counts) : null;
  const same =
    uids.size === 0 &&
    JSON.stringify([state.complete, state.failures]) === JSON.stringify([complete, failures]);
  return same ? null : { ...state, stored, position, complete, failures };
}

function countsOf({ messages, uidNext, highestModseq }: MailboxCounts): MailboxCounts {
  return { messages, uidNext, highestModseq };
}
