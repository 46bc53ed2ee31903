import { randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
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
      async () => {
        await syncDirectory(dirname(path));
        // Each is durable before there is one in it: only the last can be one that a killed run has left.
        await syncName(dirname(path));
      },
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

/**
 * Make the name of a folder that was there already survive a power cut: a run that was killed may
 * have made it, and not come to syncing it. Left out where mailctl cannot have made it, and nothing
 * of ours can be lost: in a folder that it may not write (which it mostly may not read either, as a
 * sync takes), where something is mounted, and for a link.
 */
export async function syncName(folder: string): Promise<void> {
  const parent = dirname(folder);
  const [own, above] = await Promise.all([lstat(folder), stat(parent)]);
  if (own.isSymbolicLink() || own.dev !== above.dev) return;
  const writable = await access(parent, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (writable) await syncDirectory(parent);
}

/** Make the names in a folder survive a power cut. Windows has no such call and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY).catch(
    (error: unknown) => {
      if (errorCode(error) !== 'EACCES') throw error;
      const why = `${path} may be written and not read, which it takes to sync the names in it`;
      throw Object.assign(new Error(why), { code: 'EACCES', cause: error });
    },
  );
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
