import { close, fsync, futimes, open, rename, write } from 'node:fs';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { written } from './written.ts';

// Not the FileHandles of node:fs/promises, which cost twice the processor time for each message.
const call = {
  open: promisify(open),
  write: promisify(write),
  fsync: promisify(fsync),
  futimes: promisify(futimes),
  close: promisify(close),
  rename: promisify(rename),
};

export interface NewFile {
  /** In the same file system. */
  readonly temporary: string;
  readonly path: () => string;
  /** Null leaves the time as it is. */
  readonly modified: Date | null;
}

/** As many as the pool of threads has: more would only hold files open and memory. */
const atOnce = 64;

/** Lets so many work at the same time; the others wait in their order. */
class Turnstile {
  #free = atOnce;
  readonly #waiting: (() => void)[] = [];

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

const turnstile = new Turnstile();

/**
 * Make a file with this content, whole or not at all: it is written and synced under a name nobody
 * looks at, then renamed. At any crash there is the whole file under its name, or none. The folder
 * is not synced here: once for many files is enough.
 * `path` is asked for when the content has been read: a name may be made of it.
 */
export function makeFile(
  target: NewFile,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<{ readonly path: string; readonly sizeBytes: number }> {
  return turnstile.pass(() => make(target, content));
}

async function make(
  { temporary, path, modified }: NewFile,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<{ readonly path: string; readonly sizeBytes: number }> {
  let sizeBytes = 0;
  try {
    // O_EXCL: never through a link somebody else put there.
    const file = await written(temporary, () => call.open(temporary, 'wx', 0o600));
    try {
      for await (const piece of content) {
        await written(temporary, () => writeAll(file, piece));
        sizeBytes += piece.byteLength;
      }
      await written(temporary, async () => {
        if (modified !== null) await call.futimes(file, modified, modified);
        await call.fsync(file); // the bytes, before a name points at them
      });
    } finally {
      await call.close(file);
    }
    const final = path();
    await written(final, () => call.rename(temporary, final));
    return { path: final, sizeBytes };
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A disk that fills up takes only a part, and says why when it is given the rest. */
async function writeAll(file: number, piece: Uint8Array): Promise<void> {
  for (let offset = 0; offset < piece.byteLength; ) {
    const { bytesWritten } = await call.write(file, piece, offset, piece.byteLength - offset);
    offset += bytesWritten;
  }
}
