import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from '../errors.ts';
import { FileError, onDisk, writeAll } from './new-file.ts';

/** Something that is durable when it has been taken. */
export type DiskStep =
  /** Make a folder and its parents, each 0700, where they are missing. */
  | { readonly kind: 'folder'; readonly path: string }
  /** The names in a folder, until now. */
  | { readonly kind: 'names'; readonly path: string }
  /** Whole lines at the end of a file. */
  | { readonly kind: 'append'; readonly path: string; readonly text: string }
  /** A file, in place of the one that is there: at any crash there is the old or the new. */
  | { readonly kind: 'replace'; readonly path: string; readonly text: string };

const sync = promisify(fsync);

/**
 * Take steps, in any order; only the sync is waited for by others (see NewFile). Gives the folders
 * that were not there.
 * @throws FileError
 */
export async function takeSteps(steps: readonly DiskStep[]): Promise<string[]> {
  const made = steps.flatMap((step) =>
    step.kind === 'folder' ? onDisk(step.path, () => makeFolder(step.path)) : [],
  );
  // Their names: what is in them must not go with them in a power cut, as the server may delete its
  // own. Once for all of one parent.
  const parents = [...new Set(made.map((path) => dirname(path)))];
  const names = parents.map((path) => ({ kind: 'names', path }) as const);
  await Promise.all([...steps, ...names].map(takeStep));
  return made;
}

async function takeStep(step: DiskStep): Promise<void> {
  try {
    if (step.kind === 'names') await syncNames(step.path);
    else if (step.kind === 'append') await append(step.path, step.text);
    else if (step.kind === 'replace') await replace(step.path, step.text);
  } catch (error) {
    throw new FileError(step.path, error);
  }
}

/**
 * Gives those that were not there. Not by mkdir's `recursive`, which in Node 20 never ends below a
 * folder that takes no children.
 */
function makeFolder(path: string): string[] {
  try {
    mkdirSync(path, { mode: 0o700 });
    return [path];
  } catch (error) {
    if (errorCode(error) === 'EEXIST' && statSync(path).isDirectory()) return [];
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
  }
  return [...makeFolder(dirname(path)), ...makeFolder(path)];
}

/** Windows has no such call and needs none. */
async function syncNames(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await withFile(openSync(path, constants.O_RDONLY | constants.O_DIRECTORY), sync);
}

async function append(path: string, text: string): Promise<void> {
  await withFile(openSync(path, 'a+', 0o600), async (file) => {
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    if (size > 0) readSync(file, last, 0, 1, size - 1);
    // A line that a crash has cut stays alone.
    const start = size > 0 && last.toString() !== '\n' ? '\n' : '';
    writeAll(file, Buffer.from(start + text));
    await sync(file);
  });
}

/** Its temporary name is one of those that `removeUnfinished` knows. */
async function replace(path: string, text: string): Promise<void> {
  const directory = dirname(path);
  const temporary = join(directory, `.${randomBytes(9).toString('base64url')}.tmp`);
  try {
    // O_EXCL: never through a link somebody else put there.
    await withFile(openSync(temporary, 'wx', 0o600), async (file) => {
      writeAll(file, Buffer.from(text));
      await sync(file); // the bytes, before a name points at them
    });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  await syncNames(directory);
}

async function withFile(file: number, work: (file: number) => Promise<void>): Promise<void> {
  try {
    await work(file);
  } finally {
    closeSync(file);
  }
}
