import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { archivedFiles } from '../sandbox/archive-files.ts';

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** As Dovecot serves a file: each line end is that of the network. */
export function served(message: Buffer): Buffer {
  return Buffer.from(message.toString('latin1').replace(/(?<!\r)\n/g, '\r\n'), 'latin1');
}

/** How often each message is there, by the digest of its bytes. */
export function census(messages: readonly Buffer[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const message of messages) {
    const key = sha256(message);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** The bytes of each message in an archive, its line ends turned back into those of the network. */
export async function archivedMessages(archive: string): Promise<Buffer[]> {
  const files = existsSync(archive) ? await archivedFiles(archive) : [];
  return Promise.all(files.map(async (path) => served(await readFile(path))));
}

/** Every file below a directory, by its path from there. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort();
}

/** Those of them that only belong there while something is being written. */
export function temporaryFiles(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return filesBelow(directory).filter((path) =>
    /(^|\/)tmp\/|\.(tmp|part|unfinished)$|\.mbox\.lock/.test(path),
  );
}

/** The messages of an mbox, the quoting of mboxrd undone. */
export function messagesOfMbox(mbox: Buffer): Buffer[] {
  const text = mbox.toString('latin1');
  return text
    .split(/(?:^|(?<=\n\n))From [^\n]*\n/)
    .slice(1)
    .map((part) => part.replace(/\n$/, '').replaceAll(/(?<![^\n])>(>*From )/g, '$1'))
    .map((part) => Buffer.from(part, 'latin1'));
}
