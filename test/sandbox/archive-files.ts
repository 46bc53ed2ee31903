import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The messages of every Maildir below. */
export async function archivedFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && ['cur', 'new'].includes(basename(entry.parentPath)))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Of the message with the line ends of the network, whatever the archive has. */
export function digest(message: Buffer): string {
  const text = message.toString('latin1').replace(/\r?\n/g, '\r\n');
  return createHash('sha256').update(text, 'latin1').digest('hex');
}
