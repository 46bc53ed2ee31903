import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '../account/account.ts';
import { stateDirectory } from '../system/directories.ts';
import { writeFileDurably } from '../system/files.ts';
import { readSmallFile } from '../system/small-file.ts';
import type { System } from '../system/system.ts';

/** Says that a renewal is under way. Left standing, by a power cut, it explains a dead login. */
export interface RenewalMark {
  /** Set it, unless an earlier one is still standing; gives when that was set. */
  set(): Promise<Date | null>;
  clear(): Promise<void>;
}

export function renewalMark(account: Account, system: System): RenewalMark {
  const path = join(stateDirectory(system), 'renewals', account.name);
  return {
    async set() {
      const text = (await readSmallFile(path, 100))?.toString() ?? '';
      const date = new Date(text);
      if (!Number.isNaN(date.getTime())) return date;
      await writeFileDurably(path, system.now().toISOString());
      return null;
    },
    clear: () => rm(path, { force: true }),
  };
}
