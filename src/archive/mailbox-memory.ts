import { UidSet } from '../uid-set.ts';
import type { DiskStep } from './disk-steps.ts';
import { type Format, namesFiles } from './formats.ts';
import {
  addingRows,
  type IndexEntry,
  indexFile,
  knowsNewestRows,
  loadIndex,
} from './index-file.ts';
import type { FileMaker } from './sink.ts';
import {
  loadSyncState,
  type PassEnding,
  remembering,
  type SyncState,
  savingState,
  stateFile,
} from './sync-state.ts';

interface MemorySettings {
  readonly format: Format;
  readonly files: FileMaker;
}

/** What is remembered of a mailbox: how far it has come, and what is known of each message. */
export class MailboxMemory {
  readonly #settings: MemorySettings;
  readonly #statePath: string;
  readonly #indexPath: string;
  #state: SyncState | null;

  private constructor(
    settings: MemorySettings,
    { statePath, indexPath }: { readonly statePath: string; readonly indexPath: string },
    state: SyncState | null,
  ) {
    this.#settings = settings;
    this.#statePath = statePath;
    this.#indexPath = indexPath;
    this.#state = state;
  }

  /** @throws Failure 'data' where it cannot be read */
  static async load(
    directory: string,
    settings: MemorySettings,
    { isNew }: { readonly isNew: boolean },
  ): Promise<MailboxMemory> {
    const statePath = stateFile(directory, settings.format);
    const paths = { statePath, indexPath: indexFile(directory, settings.format) };
    return new MailboxMemory(settings, paths, isNew ? null : await loadSyncState(statePath));
  }

  /** Null where there is none. */
  get state(): SyncState | null {
    return this.#state;
  }

  get begun(): SyncState {
    if (this.#state === null) throw new Error('the mailbox has not been begun');
    return this.#state;
  }

  /** Begin anew, with what is stored of the mailbox already. */
  async begin(empty: SyncState, recognised: readonly IndexEntry[]): Promise<void> {
    const { files, format } = this.#settings;
    const state = { ...empty, stored: UidSet.of(recognised.map(({ uid }) => uid)) };
    // The rows first: were the memory first, a crash between the two would forget where they are.
    const rows = addingRows(this.#indexPath, recognised);
    // Where files do not name their messages, a memory that is not there must mean one was removed.
    const saved = recognised.length > 0 || !namesFiles(format);
    await files.durably(rows, saved ? [savingState(this.#statePath, state)] : []);
    this.#state = state;
  }

  /** Remember these messages, once the steps that make them durable are done. */
  async remember(
    steps: readonly DiskStep[],
    {
      entries,
      position,
      ending,
    }: {
      readonly entries: readonly IndexEntry[];
      readonly position: number | null;
      readonly ending: PassEnding | undefined;
    },
  ): Promise<void> {
    const stored = UidSet.of(entries.map(({ uid }) => uid));
    const next = remembering(this.begun, stored, position, ending);
    await this.#settings.files.durably(
      // Names, and what is known of them, may come in any order; the memory comes last.
      [...steps, ...addingRows(this.#indexPath, entries)],
      next === null ? [] : [savingState(this.#statePath, next)],
    );
    this.#state = next ?? this.#state;
  }

  /** Change what is remembered besides messages. */
  async update(change: Partial<SyncState>): Promise<void> {
    const state = { ...this.begun, ...change };
    await this.#settings.files.durably([savingState(this.#statePath, state)]);
    this.#state = state;
  }

  /** Say anew what is known of these messages, durably. */
  async describe(entries: readonly IndexEntry[]): Promise<void> {
    await this.#settings.files.durably(addingRows(this.#indexPath, entries));
  }

  loadIndex(): Promise<Map<number, Map<number, IndexEntry>>> {
    return loadIndex(this.#indexPath);
  }

  /** Whether the index has what the last run that remembered has added to it. */
  knowsNewestRows(): Promise<boolean> {
    return knowsNewestRows(this.begun, this.#indexPath);
  }

  /** What is remembered on the disk by now. */
  read(): Promise<SyncState | null> {
    return loadSyncState(this.#statePath);
  }
}
