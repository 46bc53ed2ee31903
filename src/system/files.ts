import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../errors.ts';

/**
 * Replace a file so that a crash at any point leaves the old content or the new, never a mix and
 * never neither. Missing folders are made 0700, the file is 0600 whatever the umask.
 */
export async function writeFileDurably(path: string, data: string | Uint8Array): Promise<void> {
  const directory = dirname(path);
  await makeDirectory(directory);
  const temporary = join(directory, `.${randomBytes(9).toString('base64url')}.tmp`);
  try {
    // O_EXCL: never through a link somebody else put there.
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(data);
      await file.sync(); // the bytes, before a name points at them
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(directory); // the name itself
}

/**
 * Whether `writeFileDurably` can replace this file, as far as that is known without making a folder.
 * @throws the error it would have thrown
 */
export async function checkReplaceable(path: string): Promise<void> {
  let directory = dirname(path);
  while (!existsSync(directory)) directory = dirname(directory);
  const temporary = join(directory, `.${randomBytes(9).toString('base64url')}.tmp`);
  await (await open(temporary, 'wx', 0o600)).close();
  await rm(temporary, { force: true });
}

const unfinished = /^\.[\w-]{12}\.tmp$/;

/** Remove what `writeFileDurably` left in a folder when it was killed. Nobody else may be at it. */
export async function removeUnfinished(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (unfinished.test(name)) await rm(join(directory, name), { force: true });
  }
}

/**
 * Make a folder and its parents, each new one 0700 and durable: what is in it must not go with it in
 * a power cut. Not by mkdir's `recursive`, which in Node 20 never ends below a folder that takes no
 * children, such as /proc.
 */
export async function makeDirectory(path: string): Promise<void> {
  const make = () =>
    mkdir(path, { mode: 0o700 }).then(
      () => syncDirectory(dirname(path)),
      async (error: unknown) => {
        if (errorCode(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
      },
    );
  await make().catch(async (error: unknown) => {
    if (errorCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectory(dirname(path));
    await make();
  });
}

/** Make the names in a folder survive a power cut. Windows has no such call and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
