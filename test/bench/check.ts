import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hash } from './corpora.ts';
import type { Expected } from './mail-server.ts';

export interface Checked {
  readonly right: number;
  /** On the server, and not here with the bytes it has there. */
  readonly lost: number;
  /** Here once more than once. */
  readonly twice: number;
  /** Here with bytes that no message on the server has. */
  readonly altered: number;
}

/**
 * Compares what is below `directory`, one folder a mailbox, with what the server holds, by the hash
 * of every message. `restore` takes away what a program is known to add.
 */
export function checkBytes(
  directory: string,
  expected: Expected,
  restore: (stored: Buffer) => Buffer,
): Checked {
  let [right, lost, twice, altered] = [0, 0, 0, 0];
  for (const [folder, known] of expected) {
    const seen = new Set<number>();
    for (const path of messageFiles(join(directory, folder))) {
      const number = known.get(hash(restore(readFileSync(path))));
      if (number === undefined) altered += 1;
      else if (seen.has(number)) twice += 1;
      else seen.add(number);
    }
    right += seen.size;
    lost += new Set(known.values()).size - seen.size;
  }
  return { right, lost, twice, altered };
}

/** All files of a Maildir or a plain folder; what begins with a dot is a program's own. */
function messageFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      if (!entry.isDirectory()) return [path];
      // What was left in tmp is counted, too: nothing should be.
      return ['cur', 'new', 'tmp'].includes(entry.name) ? messageFiles(path) : [];
    });
}
