import { existsSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { errorCode, errorText, Failure } from '../errors.ts';
import { makeDirectory, syncName } from '../system/files.ts';
import { withLock } from '../system/lock.ts';

/** Run alone on an archive: two runs would store the same message at the same time. */
export async function withArchive<T>(
  archive: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const lockFile = join(archive, '.mailctl.lock');
  try {
    await makeDirectory(archive);
    // Whoever has made the lock has come past this.
    if (!existsSync(lockFile)) await syncName(archive);
  } catch (error) {
    throw unusable('write', archive, error);
  }
  const what = `the archive ${archive}`;
  const options = { waitMs: 60_000, signal, what, failure: 'archive' } as const;
  let locked = false;
  return withLock(lockFile, options, () => {
    locked = true;
    return work();
  }).catch((error: unknown) => {
    throw !locked && isUnwritable(error) ? unusable('write', archive, error.cause) : error;
  });
}

/**
 * The same for work that only reads. An archive that cannot be written has no lock to be had; its
 * owner may be storing there meanwhile, unless nobody can. `onUnlocked` is told why.
 * @throws Failure 'archive'
 */
export async function withArchiveToRead<T>(
  archive: string,
  signal: AbortSignal,
  work: () => Promise<T>,
  onUnlocked: (reason: Failure) => void,
): Promise<T> {
  let locked = false;
  try {
    return await withArchive(archive, signal, () => {
      locked = true;
      return work();
    });
  } catch (error) {
    if (locked || !isUnwritable(error)) throw error;
    // What may not be looked into is not to be taken for empty.
    await readdir(archive).catch((cause: unknown) => {
      if (errorCode(cause) !== 'ENOENT') throw unusable('read', archive, cause);
    });
    onUnlocked(error);
  }
  return work();
}

/** Nothing can be written there at all: a disk that is read-only, or somebody else's folder. */
function isUnwritable(error: unknown): error is Failure {
  if (!(error instanceof Failure) || error.kind !== 'archive') return false;
  return ['EROFS', 'EACCES', 'EPERM'].includes(errorCode(error.cause) ?? '');
}

/** Why an archive cannot be where the config says. */
export function unusable(use: 'read' | 'write', archive: string, error: unknown): Failure {
  const isFile = ['EEXIST', 'ENOTDIR'].includes(errorCode(error) ?? '');
  const why = isFile ? 'a file is where its folder should be' : errorText(error);
  const another = 'name another folder as archive in the config';
  const readOnly = errorCode(error) === 'EROFS';
  return new Failure('archive', `cannot ${use} the archive ${archive}: ${why}`, {
    hint: readOnly ? `${another}; to read it, as verify does without --repair, is enough` : another,
    cause: error,
  });
}

/**
 * The archive itself may be a link its owner made; below it none leads out of it. Gives whether the
 * folder is there.
 * @throws Failure 'archive'
 */
export async function refuseLinks(archive: string, directory: string): Promise<boolean> {
  const there = await Promise.all(foldersWithin(archive, directory).map(isThere));
  // Below a folder that is not there nothing is.
  if (!there.every((is) => is)) return false;
  await Promise.all(['tmp', 'new', 'cur'].map((name) => isThere(join(directory, name))));
  return true;
}

/** A folder of an archive and those it is in, the uppermost first. */
export function foldersWithin(archive: string, directory: string): string[] {
  const levels = relative(archive, directory).split(sep);
  return levels.map((_, index) => join(archive, ...levels.slice(0, index + 1)));
}

async function isThere(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null); // what else is wrong is told when it is used
  if (found?.isSymbolicLink()) {
    throw new Failure('archive', `${path} is a link, which is not followed inside an archive`, {
      hint: 'put the folder itself there, or name another archive in the config',
    });
  }
  return found !== null;
}
