import { lstat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Failure } from '../errors.ts';
import { withLock } from '../system/lock.ts';
import { UidSet } from '../uid-set.ts';
import { folderPath } from './folder-path.ts';
import { type Delivered, Maildir, type MaildirMessage } from './maildir.ts';
import { loadSyncState, saveSyncState } from './sync-state.ts';

/** A mailbox as the archive must know it. */
export interface ArchivedMailbox {
  readonly address: string;
  readonly path: string;
  readonly delimiter: string | null;
  readonly uidValidity: number;
}

/** Run alone on an archive: two runs would store the same message at the same time. */
export function withArchive<T>(
  archive: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const what = `the archive ${archive}`;
  const options = { waitMs: 60_000, signal, what, failure: 'archive' } as const;
  return withLock(join(archive, '.mailctl.lock'), options, work);
}

/** The archive itself may be a link its owner made; below it none leads out of it. */
async function refuseLinks(archive: string, directory: string): Promise<void> {
  const levels = relative(archive, directory).split(sep);
  const folders = levels.map((_, index) => join(archive, ...levels.slice(0, index + 1)));
  const maildir = ['tmp', 'new', 'cur'].map((name) => join(directory, name));
  for (const path of [...folders, ...maildir]) {
    const stats = await lstat(path).catch(() => null); // not there yet, or told when it is written
    if (stats?.isSymbolicLink()) {
      throw new Failure('archive', `${path} is a link, which is not followed inside an archive`, {
        hint: 'put the folder itself there, or name another archive in the config',
      });
    }
  }
}

/** One mailbox's place in an archive: its messages, and the memory of which they are. */
export class MailboxArchive {
  readonly directory: string;
  /** The UIDVALIDITY the last run saw, when it was another. */
  readonly formerUidValidity: number | null;
  readonly #mailbox: ArchivedMailbox;
  readonly #maildir: Maildir;
  #stored: UidSet;

  private constructor(
    mailbox: ArchivedMailbox,
    maildir: Maildir,
    stored: UidSet,
    formerUidValidity: number | null,
  ) {
    this.directory = maildir.directory;
    this.formerUidValidity = formerUidValidity;
    this.#mailbox = mailbox;
    this.#maildir = maildir;
    this.#stored = stored;
  }

  /** @throws Failure 'archive' | 'data' */
  static async open(archive: string, mailbox: ArchivedMailbox): Promise<MailboxArchive> {
    const directory = folderPath(archive, mailbox.path, mailbox.delimiter);
    if (directory === null) {
      throw new Failure('archive', `no folder on a disk can be named like ${mailbox.path}`);
    }
    await refuseLinks(archive, directory);
    const state = await loadSyncState(directory);
    if (state !== null && (state.address !== mailbox.address || state.mailbox !== mailbox.path)) {
      throw new Failure('data', `${directory} holds ${state.mailbox} of ${state.address}`, {
        hint: `give ${mailbox.address} an archive of its own in the config`,
      });
    }
    const same = state !== null && state.uidValidity === mailbox.uidValidity;
    const maildir = await Maildir.open(directory, mailbox.uidValidity);
    const former = state === null || same ? null : state.uidValidity;
    return new MailboxArchive(mailbox, maildir, same ? state.stored : UidSet.empty, former);
  }

  /**
   * The UIDs of these that must be fetched. A run that was killed between storing and remembering
   * has left files the memory does not know; they count as stored.
   */
  async missing(uids: readonly number[]): Promise<number[]> {
    const unknown = uids.filter((uid) => !this.#stored.has(uid));
    if (unknown.length === 0) return [];
    const files = new Set(await this.#maildir.storedUids());
    const found = unknown.filter((uid) => files.has(uid));
    if (found.length > 0) await this.#remember(found);
    return unknown.filter((uid) => !files.has(uid));
  }

  /** Store, then remember: whatever is remembered is on the disk. */
  async store(
    messages: readonly MaildirMessage[],
  ): Promise<(Delivered | { uid: number; error: unknown })[]> {
    const results = await this.#maildir.deliver(messages);
    await this.#remember(results.flatMap((result) => ('path' in result ? [result.uid] : [])));
    return results;
  }

  async #remember(uids: readonly number[]): Promise<void> {
    this.#stored = this.#stored.union(UidSet.of(uids));
    const { address, path: mailbox, uidValidity } = this.#mailbox;
    await saveSyncState(this.directory, { address, mailbox, uidValidity, stored: this.#stored });
  }
}
