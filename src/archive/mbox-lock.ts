import { existsSync } from 'node:fs';
import { type FileHandle, link, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { errorCode, Failure } from '../errors.ts';
import { tryLockFile } from '../system/lock.ts';
import { noteOf } from './mbox-text.ts';

const lockWaitMs = 60_000;

/** By fcntl and by a `.lock` file: mail programs know one or the other. */
export async function lockMbox(path: string, file: FileHandle, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + lockWaitMs;
  for (;;) {
    signal.throwIfAborted();
    if (await makeDotLock(path)) {
      if (tryLockFile(file.fd)) return;
      await removeDotLock(path);
    }
    if (performance.now() > giveUpAt) {
      throw new Failure('temporary', `another program is using ${path}`, {
        hint: `wait until it has finished; if none is running, remove ${lockFileOf(path)}`,
      });
    }
    await wait(50 + Math.random() * 100);
  }
}

/**
 * The `.lock` file, with our mark from its first moment on: without, a crash or a full disk would
 * leave one that nobody could tell from another program's. False: there is one.
 */
async function makeDotLock(path: string): Promise<boolean> {
  const marked = markedFileOf(path);
  const mark = `mailctl ${process.pid}\n`;
  try {
    await rm(marked, { force: true });
    await writeFile(marked, mark, { flag: 'wx', mode: 0o600 });
    await link(marked, lockFileOf(path)).catch(async (error: unknown) => {
      if (!hasNoLinks(error)) throw error;
      await writeFile(lockFileOf(path), mark, { flag: 'wx', mode: 0o600 });
    });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(marked, { force: true });
  }
}

/** Some file systems have no hard links. */
function hasNoLinks(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errorCode(error) ?? '');
}

/** Let other programs at the mbox again; the lock of the kernel ends when its file is closed. */
export async function removeDotLock(path: string): Promise<void> {
  await rm(lockFileOf(path), { force: true });
}

/** Remove the `.lock` file of a run that died. Nobody else of ours may be running. */
export async function removeStaleLock(path: string): Promise<void> {
  await rm(markedFileOf(path), { force: true });
  const lock = await readFile(lockFileOf(path), 'utf8').catch(() => null);
  if (lock?.startsWith('mailctl ') === true) await removeDotLock(path);
}

/** Whether a run that died has left the file locked, or half written. */
export async function isLeftUnfinished(path: string): Promise<boolean> {
  const lock = await readFile(lockFileOf(path), 'utf8').catch(() => null);
  if (lock?.startsWith('mailctl ') === true) return true;
  return [noteOf(path), markedFileOf(path)].some(existsSync);
}

function lockFileOf(path: string): string {
  return `${path}.lock`;
}

function markedFileOf(path: string): string {
  return `${lockFileOf(path)}.mailctl`;
}
