import { type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { errorCode, Failure } from '../errors.ts';
import { tryLockFile } from '../system/lock.ts';

const lockWaitMs = 60_000;

/** By fcntl and by a `.lock` file: mail programs know one or the other. */
export async function lockMbox(path: string, file: FileHandle, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + lockWaitMs;
  for (;;) {
    signal.throwIfAborted();
    const dotLock = await open(lockFileOf(path), 'wx', 0o600).catch((error: unknown) => {
      if (errorCode(error) === 'EEXIST') return null;
      throw error;
    });
    if (dotLock !== null) {
      try {
        await dotLock.writeFile(`mailctl ${process.pid}\n`);
      } finally {
        await dotLock.close();
      }
      if (tryLockFile(file.fd)) return;
      await rm(lockFileOf(path), { force: true });
    }
    if (performance.now() > giveUpAt) {
      throw new Failure('temporary', `another program is using ${path}`, {
        hint: `wait until it has finished; if none is running, remove ${lockFileOf(path)}`,
      });
    }
    await wait(50 + Math.random() * 100);
  }
}

/** Let other programs at the mbox again; the lock of the kernel ends when its file is closed. */
export async function removeDotLock(path: string): Promise<void> {
  await rm(lockFileOf(path), { force: true });
}

/** Remove the `.lock` file of a run that died. Nobody else of ours may be running. */
export async function removeStaleLock(path: string): Promise<void> {
  const lock = await readFile(lockFileOf(path), 'utf8').catch(() => null);
  if (lock?.startsWith('mailctl ') === true) await removeDotLock(path);
}

function lockFileOf(path: string): string {
  return `${path}.lock`;
}
