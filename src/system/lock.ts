import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { errorText, Failure, type FailureKind } from '../errors.ts';
import { makeDirectory } from './files.ts';

interface FileLocks {
  tryLock(fd: number): boolean;
  unlock(fd: number): void;
}

export interface LockOptions {
  /** How long to wait for whoever holds it, milliseconds. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  /** What is locked, for the sentence a person reads: "the archive /home/ada/Mail". */
  readonly what: string;
  /** What kind of failure it is when the lock's file itself cannot be made. */
  readonly failure: FailureKind;
}

/**
 * Run `work` while no other process holds the lock on `path`. It is a lock of the kernel
 * (fcntl/flock/LockFileEx): it ends with its holder, however that dies, so it is never stale, and
 * neither a reused process id nor a changed clock can fool it. The file stays; it is never removed,
 * as removing it would let two processes lock two files of one name.
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const locks = loadFileLocks();
  const file = await openLock(path).catch((error: unknown) => {
    const message = `cannot write the lock of ${options.what}: ${errorText(error)}`;
    throw new Failure(options.failure, message, { cause: error });
  });
  try {
    const giveUpAt = performance.now() + options.waitMs;
    while (!locks.tryLock(file.fd)) {
      options.signal.throwIfAborted();
      if (performance.now() > giveUpAt) {
        throw new Failure('temporary', `another mailctl is using ${options.what}`, {
          hint: 'wait until it has finished, then try again',
        });
      }
      // Jitter: fifty waiters must not all knock at the same moment.
      await wait(10 + Math.random() * 30);
    }
    try {
      return await work();
    } finally {
      locks.unlock(file.fd);
    }
  } finally {
    await file.close();
  }
}

/** Lock a file that is open as other programs do (fcntl), until it is closed; false when it is locked. */
export function tryLockFile(fd: number): boolean {
  return loadFileLocks().tryLock(fd);
}

async function openLock(path: string) {
  await makeDirectory(dirname(path));
  const { O_RDWR, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  // Never through a link somebody else put there, nor waiting for the writer of a FIFO.
  return open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
}

function isFileLocks(value: unknown): value is FileLocks {
  return typeof value === 'object' && value !== null && 'tryLock' in value && 'unlock' in value;
}

/** Load what locks need, while there is nothing else to do. Never throws. */
export function expectLock(): void {
  try {
    loadFileLocks();
  } catch {
    // Whoever locks is told.
  }
}

function loadFileLocks(): FileLocks {
  try {
    // Loaded here, not at start-up: most commands never lock anything.
    const locks: unknown = createRequire(import.meta.url)('fs-native-extensions');
    if (isFileLocks(locks)) return locks;
    throw new Error('fs-native-extensions has no tryLock');
  } catch (error) {
    throw new Failure('store', `this machine cannot lock files: ${errorText(error)}`, {
      hint: 'reinstall mailctl for this platform: npm install --global mailctl',
      cause: error,
    });
  }
}
