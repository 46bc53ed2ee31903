import { closeSync, fsync, futimesSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { type Fingerprint, Measure } from './content.ts';
import type { LineEndings } from './sink.ts';

/** A file that is to be made. */
export interface FileOrder {
  /** In the same file system as `path`. */
  readonly temporary: string;
  readonly path: string;
  /** Milliseconds since 1970; null leaves the time as it is. */
  readonly modifiedMs: number | null;
  readonly lineEndings: LineEndings;
}

export interface MadeFile {
  readonly sizeBytes: number;
  readonly fingerprint: Fingerprint;
}

/** What the disk said, and of which file. */
export class FileError extends Error {
  override readonly name = 'FileError';
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`cannot write ${path}`, { cause });
    this.path = path;
  }
}

const sync = promisify(fsync);

/**
 * A message on its way into a file, whole or not at all: it is written and synced under a name
 * nobody looks at, then renamed. At any crash there is the whole file under its name, or none. The
 * folder is not synced here: once for many files is enough.
 *
 * Only the sync is waited for by others: it takes longer than all the rest together, and the disk
 * joins those that come at the same time. The rest is done at once, at a fraction of the processor
 * time of so many callbacks; so this is for a thread that has nothing else to do.
 * @throws FileError
 */
export class NewFile {
  readonly #order: FileOrder;
  readonly #measure: Measure;
  #file: number | null;
  #sizeBytes = 0;

  constructor(order: FileOrder) {
    this.#order = order;
    this.#measure = new Measure(order.lineEndings === 'keep');
    // O_EXCL: never through a link somebody else put there.
    this.#file = onDisk(order.temporary, () => openSync(order.temporary, 'wx', 0o600));
  }

  /** Bytes as the server sent them; they may be changed where they are. */
  write(bytes: Uint8Array, { last }: { readonly last: boolean }): void {
    const file = this.#file;
    if (file === null) return;
    const { raw, lf } = this.#measure.take(bytes, last);
    const piece = this.#order.lineEndings === 'lf' ? lf : raw;
    onDisk(this.#order.temporary, () => writeAll(file, piece));
    this.#sizeBytes += piece.byteLength;
  }

  async finish(): Promise<MadeFile> {
    const { temporary, path, modifiedMs } = this.#order;
    const file = this.#file;
    if (file === null) throw new FileError(temporary, new Error('it has been discarded'));
    try {
      if (modifiedMs !== null) futimesSync(file, modifiedMs / 1000, modifiedMs / 1000);
      await sync(file); // the bytes, before a name points at them
      this.#close();
    } catch (error) {
      throw new FileError(temporary, error);
    }
    onDisk(path, () => renameSync(temporary, path));
    return { sizeBytes: this.#sizeBytes, fingerprint: this.#measure.fingerprint() };
  }

  /** Nothing of it stays. Never throws. */
  discard(): void {
    try {
      this.#close();
      rmSync(this.#order.temporary, { force: true });
    } catch {
      // What is left in `temporary` is removed before the next run.
    }
  }

  #close(): void {
    const file = this.#file;
    this.#file = null;
    if (file !== null) closeSync(file);
  }
}

/** A disk that fills up takes only a part, and says why when it is given the rest. */
export function writeAll(file: number, piece: Uint8Array): void {
  for (let offset = 0; offset < piece.byteLength; ) {
    offset += writeSync(file, piece, offset, piece.byteLength - offset);
  }
}

/** @throws FileError */
export function onDisk<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new FileError(path, error);
  }
}
