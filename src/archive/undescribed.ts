import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { errorCode, errorText, Failure } from '../errors.ts';
import { measured } from './content.ts';
import { emlFiles } from './eml.ts';
import type { Format } from './formats.ts';
import type { IndexEntry } from './index-file.ts';
import { maildirFiles } from './maildir.ts';

/** A file whose name tells which message it is. */
interface NamedFile {
  readonly path: string;
  readonly name: string;
  readonly uidValidity: number;
  readonly uid: number;
}

/**
 * Rows for the files that the index has none for: a crash came between a file and its row, or the
 * index was removed. What only the server knows of these messages is not known.
 */
export async function undescribed(
  { format, directory }: { readonly format: Format; readonly directory: string },
  uidValidity: number,
  described: { has(uid: number): boolean },
): Promise<IndexEntry[]> {
  const rows: IndexEntry[] = [];
  for (const file of await namedFiles(format, directory)) {
    if (file.uidValidity === uidValidity && !described.has(file.uid)) rows.push(await rowOf(file));
  }
  return rows;
}

async function namedFiles(format: Format, directory: string): Promise<readonly NamedFile[]> {
  try {
    if (format === 'maildir') return await maildirFiles(directory);
    return format === 'eml' ? await emlFiles(directory) : [];
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    // As if there were none, they would all be fetched again.
    const message = `${directory} cannot be read: ${errorText(error)}`;
    throw new Failure('data', message, { cause: error });
  }
}

async function rowOf({ path, name, uidValidity, uid }: NamedFile): Promise<IndexEntry> {
  const { size: storedBytes } = await stat(path);
  const { content, fingerprint } = measured(createReadStream(path), { keepRaw: false });
  let lines = 0;
  let lfBytes = 0;
  for await (const { lf } of content) {
    lfBytes += lf.length;
    for (let at = lf.indexOf(lineFeed); at >= 0; at = lf.indexOf(lineFeed, at + 1)) lines += 1;
  }
  const { sizeBytes, ...digests } = fingerprint();
  // A file with LF line ends came with those of the network.
  const sent = lfBytes === sizeBytes ? sizeBytes + lines : sizeBytes;
  const unknown = { serverBytes: null, emailId: null, threadId: null, labels: null };
  return { uidValidity, uid, name, storedBytes, sizeBytes: sent, ...digests, ...unknown };
}

const lineFeed = 0x0a;
