import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, lstat, open, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, errorText, Failure } from '../errors.ts';
import { makeDirectory, syncDirectory } from '../system/files.ts';
import { numberedName } from './attachment-name.ts';

/** A file as it was saved, or as it was there already. */
export interface SavedFile {
  readonly path: string;
  readonly sizeBytes: number;
}

interface Written extends SavedFile {
  readonly sha256: string;
}

/** A file to be saved. */
export interface NamedContent {
  /** Safe already. */
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** What is known of the files of one name, so that each of them is looked at once. */
interface Namesakes {
  /** The number that is to be tried next. */
  next: number;
  /** Paths, by the digest of their content. */
  readonly known: Map<string, string>;
  /** Regular files that were there before. */
  readonly earlier: { readonly path: string; readonly sizeBytes: number; sha256: string | null }[];
}

/** A folder attachments are saved into, and never beside it. */
export class AttachmentFolder {
  readonly #directory: string;
  readonly #overwrite: boolean;
  /** Paths this run has given, lower case as some disks are. */
  readonly #given = new Set<string>();
  readonly #namesakes = new Map<string, Namesakes>();

  private constructor(directory: string, overwrite: boolean) {
    this.#directory = directory;
    this.#overwrite = overwrite;
  }

  /** @throws Failure 'archive' */
  static async open(
    directory: string,
    { overwrite }: { readonly overwrite: boolean },
  ): Promise<AttachmentFolder> {
    return onDisk(directory, async () => {
      await makeDirectory(directory);
      // The folder itself may be a link its owner made; below it none is followed.
      return new AttachmentFolder(await realpath(directory), overwrite);
    });
  }

  /**
   * Save files under their names: each whole and synced, or not at all. A name that is taken gets a
   * number, unless the file there is the same. In place of a file whose content fails stands its
   * error. @throws Failure 'archive'
   */
  async save(files: readonly NamedContent[]): Promise<(SavedFile | { readonly error: unknown })[]> {
    // Many fsyncs in flight let the disk join them into one; names are given in order.
    const all = await Promise.all(files.map((file) => this.#write(file).catch(failed)));
    const saved: (SavedFile | { readonly error: unknown })[] = [];
    try {
      for (const [index, { name }] of files.entries()) {
        const written = all[index];
        if (written === undefined) continue;
        saved.push('error' in written ? written : await this.#placed(written, name));
      }
    } finally {
      for (const one of all) if ('path' in one) await rm(one.path, { force: true });
    }
    for (const one of saved) {
      if ('error' in one && one.error instanceof Failure && one.error.kind === 'archive') {
        throw one.error;
      }
    }
    return saved;
  }

  /** Make the names survive a power cut. */
  async sync(): Promise<void> {
    await onDisk(this.#directory, () => syncDirectory(this.#directory));
  }

  async #write({ content }: NamedContent): Promise<Written> {
    const path = join(this.#directory, `.${randomBytes(9).toString('base64url')}.tmp`);
    const hash = createHash('sha256');
    let sizeBytes = 0;
    // O_EXCL: never through a link somebody else put there.
    const file = await onDisk(path, () => open(path, 'wx', 0o600));
    try {
      for await (const piece of content) {
        await onDisk(path, () => file.writeFile(piece));
        hash.update(piece);
        sizeBytes += piece.byteLength;
      }
      await onDisk(path, () => file.sync());
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return { path, sizeBytes, sha256: hash.digest('hex') };
  }

  #placed(written: Written, name: string): Promise<SavedFile> {
    return onDisk(join(this.#directory, name), async () => {
      const namesakes = this.#namesakesOf(name);
      const { sha256, sizeBytes } = written;
      const same = namesakes.known.get(sha256) ?? (await earlierCopy(namesakes, written));
      const path = same ?? (await this.#place(written, name, namesakes));
      namesakes.known.set(sha256, path);
      return { path, sizeBytes };
    });
  }

  #namesakesOf(name: string): Namesakes {
    const key = name.toLowerCase();
    const known = this.#namesakes.get(key);
    const namesakes = known ?? { next: 1, known: new Map(), earlier: [] };
    this.#namesakes.set(key, namesakes);
    return namesakes;
  }

  async #place(written: Written, name: string, namesakes: Namesakes): Promise<string> {
    for (;;) {
      const path = join(this.#directory, numberedName(name, namesakes.next));
      const stats = await lstat(path).catch(() => null);
      if (stats === null || this.#mayReplace(path, stats.isDirectory())) {
        if (await this.#put(written.path, path, stats !== null)) {
          namesakes.next += 1;
          this.#given.add(path.toLowerCase());
          return path;
        }
        continue; // somebody else was faster
      }
      namesakes.next += 1;
      if (!stats.isFile()) continue;
      namesakes.earlier.push({ path, sizeBytes: stats.size, sha256: null });
      const same = await earlierCopy(namesakes, written);
      if (same !== null) return same;
    }
  }

  /** Only what was there before this run; a link is replaced itself, not what it leads to. */
  #mayReplace(path: string, isDirectory: boolean): boolean {
    return this.#overwrite && !isDirectory && !this.#given.has(path.toLowerCase());
  }

  /** False where the name was taken meanwhile. */
  async #put(temporary: string, path: string, replace: boolean): Promise<boolean> {
    if (replace) {
      await rename(temporary, path);
      return true;
    }
    try {
      // Unlike rename it fails where there is something.
      await link(temporary, path);
      return true;
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      return await this.#claim(temporary, path); // a disk without hard links
    }
  }

  async #claim(temporary: string, path: string): Promise<boolean> {
    try {
      await (await open(path, 'wx', 0o600)).close();
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return false;
      throw error;
    }
    await rename(temporary, path);
    return true;
  }
}

async function earlierCopy(
  { earlier }: Namesakes,
  { sizeBytes, sha256 }: Written,
): Promise<string | null> {
  for (const file of earlier) {
    if (file.sizeBytes !== sizeBytes) continue;
    file.sha256 ??= await digest(file.path);
    if (file.sha256 === sha256) return file.path;
  }
  return null;
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}

function failed(error: unknown): { readonly error: unknown } {
  return { error };
}

/** What the disk refuses ends the run: the next file would fare no better. */
async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const hint = ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '')
      ? 'make room, then run the same command again: what was saved is recognised'
      : undefined;
    throw new Failure('archive', `cannot write ${path}: ${errorText(error)}`, {
      hint,
      cause: error,
    });
  }
}
