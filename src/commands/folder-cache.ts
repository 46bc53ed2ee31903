import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { cacheDirectory } from '../system/directories.ts';
import { makeDirectory } from '../system/files.ts';
import type { System } from '../system/system.ts';

/** The folders of an account as they were last listed, for the completion of a shell. */
const content = v.object({ paths: v.array(v.string()) });

/** What cannot be remembered is no trouble: it is only for comfort. */
export async function rememberFolders(
  system: System,
  account: string,
  paths: readonly string[],
): Promise<void> {
  const file = cacheFile(system, account);
  try {
    await makeDirectory(dirname(file));
    const temporary = `${file}.${process.pid}`;
    await writeFile(temporary, JSON.stringify({ paths }), { mode: 0o600 });
    await rename(temporary, file);
  } catch {}
}

/** Empty where nothing is known. */
export async function rememberedFolders(
  system: System,
  account: string,
): Promise<readonly string[]> {
  try {
    const text = await readFile(cacheFile(system, account), 'utf8');
    return v.parse(content, JSON.parse(text)).paths;
  } catch {
    return [];
  }
}

function cacheFile(system: System, account: string): string {
  // Whatever an account is called in a config that was not checked, it is one file.
  const name = createHash('sha256').update(account).digest('hex').slice(0, 16);
  return join(cacheDirectory(system), 'folders', `${name}.json`);
}
