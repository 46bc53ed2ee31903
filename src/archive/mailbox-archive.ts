import { open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../errors.ts';
import { removeUnfinished } from '../system/files.ts';
import { UidSet } from '../uid-set.ts';
import { foldersWithin, refuseLinks } from './archive-folder.ts';
import { describedHere } from './described-here.ts';
import { folderPath, type Layout } from './folder-path.ts';
import { type Format, namesFiles, sinkOf } from './formats.ts';
import type { IndexEntry } from './index-file.ts';
import { MailboxMemory } from './mailbox-memory.ts';
import { maildirName } from './maildir.ts';
import { isLeftUnfinished } from './mbox-lock.ts';
import { mboxName } from './mbox-text.ts';
import type { LineEndings, MessageToStore, OpenSink, Place, StoredPlace } from './sink.ts';
import {
  emptyState,
  isUnchanged,
  type PassEnding,
  type SyncState,
  type ToldCounts,
} from './sync-state.ts';
import { undescribed } from './undescribed.ts';
import { written } from './written.ts';

/** How an archive is kept. */
export interface ArchiveSettings
  extends Pick<
    Place,
    'nameTemplate' | 'command' | 'print' | 'withSource' | 'json' | 'signal' | 'files'
  > {
  readonly root: string;
  readonly account: string;
  /** The host of the mail server. */
  readonly server: string;
  /** Whose mail it is. */
  readonly address: string;
  readonly format: Format;
  readonly layout: Layout;
  readonly lineEndings: LineEndings;
  /** What of each message is kept. */
  readonly portion: 'whole' | 'header';
  /** Folders whose names this run has made durable. */
  readonly durableFolders: Set<string>;
}

/** A mailbox as the archive must know it. */
export interface ArchivedMailbox {
  readonly path: string;
  readonly delimiter: string | null;
}

export interface IncomingMessage extends MessageToStore {
  /** As the server says, which may be an estimate. */
  readonly sizeBytes: number;
}

/** A message that is durable and remembered. */
export interface StoredMessage {
  readonly uid: number;
  readonly path: string | null;
  /** As the server sent it; a file with LF line ends is smaller. */
  readonly sizeBytes: number;
}

/** What is known of a mailbox's folder before anything is done there. */
interface Found {
  readonly directory: string;
  readonly isNew: boolean;
  readonly isUnfinished: boolean;
}

/** One mailbox's place in an archive: its messages, and the memory of which they are. */
export class MailboxArchive {
  readonly directory: string;
  /** There was not even a folder. */
  readonly isNew: boolean;
  /** A run that died must be cleared up after, also where nothing is new. */
  readonly #isUnfinished: boolean;
  readonly #settings: ArchiveSettings;
  readonly #mailbox: ArchivedMailbox;
  readonly #memory: MailboxMemory;
  #sink: OpenSink | null = null;
  /** There was no memory of what is here: nothing was fetched yet, or somebody has removed it. */
  #forgotten = false;
  /** Nothing can be here that the memory does not know. */
  #known = false;
  #stored: {
    readonly path: string | null;
    readonly position: number | null;
    readonly entry: IndexEntry;
  }[] = [];
  #committing: Promise<unknown> = Promise.resolve();

  private constructor(
    settings: ArchiveSettings,
    mailbox: ArchivedMailbox,
    { directory, isNew, isUnfinished }: Found,
    memory: MailboxMemory,
  ) {
    this.directory = directory;
    this.isNew = isNew;
    this.#isUnfinished = isUnfinished;
    this.#settings = settings;
    this.#mailbox = mailbox;
    this.#memory = memory;
  }

  /** Read what is remembered of a mailbox; nothing is written. @throws Failure 'archive' | 'data' */
  static async load(settings: ArchiveSettings, mailbox: ArchivedMailbox): Promise<MailboxArchive> {
    const folder = folderPath(settings.root, mailbox.path, mailbox.delimiter, settings.layout);
    // Headers alone are no messages: they live beside them, with a memory of their own.
    const directory = settings.portion === 'header' ? join(folder, '.headers') : folder;
    const isNew = !(await refuseLinks(settings.root, directory));
    const memory = await MailboxMemory.load(directory, settings, { isNew });
    const { state } = memory;
    if (state !== null && (state.address !== settings.address || state.mailbox !== mailbox.path)) {
      throw new Failure('data', `${directory} holds ${state.mailbox} of ${state.address}`, {
        hint: `give ${settings.address} an archive of its own in the config`,
      });
    }
    const isUnfinished =
      settings.format === 'mbox' && (await isLeftUnfinished(join(directory, mboxName)));
    return new MailboxArchive(settings, mailbox, { directory, isNew, isUnfinished }, memory);
  }

  get format(): Format {
    return this.#settings.format;
  }

  get server(): string {
    return this.#settings.server;
  }

  get state(): SyncState | null {
    return this.#memory.state;
  }

  /** What is stored, without what is put away as gone from the server. */
  get kept(): UidSet {
    return this.state === null ? UidSet.empty : this.state.stored.minus(this.state.gone);
  }

  /** Whether the server says of the mailbox what it said when all of it was stored. */
  isComplete(told: ToldCounts, { flags }: { readonly flags: boolean }): boolean {
    const { server } = this.#settings;
    return !this.#isUnfinished && isUnchanged(this.state, told, { server, flags });
  }

  /**
   * Make ready to store messages of this UIDVALIDITY. Where the server has renumbered the mailbox,
   * `recognised` says which of its UIDs are stored already, under their former ones.
   */
  async begin(uidValidity: number, recognised: readonly IndexEntry[] = []): Promise<void> {
    const { settings, directory } = { settings: this.#settings, directory: this.directory };
    const made = await this.#makeFolder();
    this.#known = made.includes(directory);
    await written(directory, async () => {
      if (!this.#known) await removeUnfinished(directory);
      // By this file Maildir++ tells a subfolder from a mailbox of its own.
      if (settings.layout === 'maildir++' && directory !== settings.root) {
        await (await open(join(directory, 'maildirfolder'), 'a', 0o600)).close();
      }
    });
    const sink = await sinkOf(settings.format);
    const labels = { account: settings.account, folder: this.#mailbox.path };
    // One file goes on where it ended, also after the server has renumbered the mailbox.
    const given = this.state?.position ?? null;
    this.#sink = await sink({ ...settings, directory, uidValidity, labels, position: given });
    const position = this.#sink.position ?? given;
    const { state } = this;
    this.#forgotten = state === null;
    if (state?.uidValidity === uidValidity) {
      // The last pass has remembered all it stored. As long as this one has not, there is no saying so.
      if (state.complete !== null && state.unsure.size === 0) {
        this.#known = await this.#memory.knowsNewestRows();
        this.#forgotten = !this.#known;
      } else if (settings.format === 'mbox') {
        // Its messages have no names: what the memory of a run that did not end does not know, as
        // an older one was put back, only the index does, and the mbox says what of that is there.
        this.#forgotten = !(await this.#memory.knowsNewestRows());
      }
      if (position !== given || state.complete !== null) {
        await this.update({ position, complete: null });
      }
      return;
    }
    const { address, server } = settings;
    const about = { address, mailbox: this.#mailbox.path, uidValidity, server };
    await this.#memory.begin({ ...emptyState(about), position }, recognised);
  }

  /** Gives the folders that were not there. */
  async #makeFolder(): Promise<readonly string[]> {
    const { files, root, durableFolders } = this.#settings;
    const made = await files.durably([{ kind: 'folder', path: this.directory }]);
    for (const path of made) durableFolders.add(path);
    // A run that was killed may have made folders and not come to syncing their names, but never to
    // a memory in them.
    if (this.state !== null) return made;
    const others = foldersWithin(root, this.directory).filter(
      (path) => path !== root && !durableFolders.has(path),
    );
    const parents = [...new Set(others.map((path) => dirname(path)))];
    await files.durably(parents.map((path) => ({ kind: 'names', path })));
    for (const path of others) durableFolders.add(path);
    return made;
  }

  /**
   * The UIDs of these that must be fetched. A run that was killed between storing and remembering
   * has left messages the memory does not know; they count as stored where `confirm` says that
   * they are those of their UIDs.
   */
  async missing(present: UidSet, confirm: (found: UidSet) => Promise<UidSet>): Promise<UidSet> {
    const unknown = present.minus(this.#memory.begun.stored);
    if (unknown.size === 0) return unknown;
    const found = (await this.leftovers()).intersection(unknown);
    const theirs = found.size > 0 ? await confirm(found) : found;
    if (found.size > 0) {
      const { uidValidity, stored, unsure } = this.#memory.begun;
      const rows = (await this.loadIndex()).get(uidValidity) ?? new Map();
      const all = await undescribed(this, uidValidity, rows);
      const further = all.filter(({ uid }) => theirs.has(uid));
      await this.describe(further);
      await this.update({ stored: stored.union(theirs), unsure: unsure.minus(found) });
    }
    return unknown.minus(theirs);
  }

  /** UIDs of messages that are here, whether remembered or not; none where all are remembered. */
  async leftovers(): Promise<UidSet> {
    if (this.#known) return UidSet.empty;
    const named = UidSet.of(await this.#open.storedUids());
    if (!this.#forgotten) return named;
    const rows = (await this.loadIndex()).get(this.#memory.begun.uidValidity) ?? new Map();
    const names = (await this.#open.names?.()) ?? [];
    return named.union(await describedHere(this, names, rows));
  }

  /** Store one message. It is durable and remembered after the next `commit`. */
  async store(message: IncomingMessage): Promise<void> {
    const place = await this.#open.store(message);
    const entry = this.#entry(message, place);
    this.#stored.push({ path: place.path, position: place.position ?? null, entry });
  }

  /**
   * Make all that is stored durable, then remember it: whatever is remembered is on the disk.
   * Gives what is remembered now; calls follow one another. `ending` is remembered with it.
   */
  commit(ending?: PassEnding): Promise<readonly StoredMessage[]> {
    const committed = this.#committing.then(async () => {
      const batch = this.#stored.sort((a, b) => a.entry.uid - b.entry.uid);
      this.#stored = [];
      const entries = batch.map(({ entry }) => entry);
      const steps = batch.length === 0 ? [] : await this.#open.settle();
      // Not where a file ends by now: what came after these is not remembered yet.
      const positions = batch.flatMap(({ position }) => position ?? []);
      const position = positions.length > 0 ? Math.max(...positions) : this.#memory.begun.position;
      await this.#memory.remember(steps, { entries, position, ending });
      await this.#sink?.remembered?.(position);
      return batch.map(({ path, entry: { uid, sizeBytes } }) => ({ uid, path, sizeBytes }));
    });
    this.#committing = committed.catch(() => {});
    return committed;
  }

  /** Nothing more will be stored in this run. */
  async close(): Promise<void> {
    if (this.#sink?.close === undefined) return;
    // A memory whose saving has failed may be there nevertheless: what counts is on the disk.
    await this.#sink.close((await this.#memory.read())?.position ?? null);
  }

  /** Everything the index knows. */
  loadIndex(): Promise<Map<number, Map<number, IndexEntry>>> {
    return this.#memory.loadIndex();
  }

  /** Say anew what is known of these messages, durably. */
  describe(entries: readonly IndexEntry[]): Promise<void> {
    return this.#memory.describe(entries);
  }

  /** Change what is remembered besides messages. */
  update(change: Partial<SyncState>): Promise<void> {
    return this.#memory.update(change);
  }

  get #open(): OpenSink {
    if (this.#sink === null) throw new Error('the mailbox has not been begun');
    return this.#sink;
  }

  #entry(message: IncomingMessage, { path, sizeBytes, fingerprint }: StoredPlace): IndexEntry {
    const { uidValidity } = this.#memory.begun;
    const named = path !== null && namesFiles(this.#settings.format);
    const name = named ? maildirName(basename(path)) : null;
    const { uid, sizeBytes: serverBytes, ids } = message;
    const storedBytes = named ? sizeBytes : null;
    return { uidValidity, uid, name, storedBytes, serverBytes, ...fingerprint, ...ids };
  }
}
