import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { errorCode, Failure } from '../errors.ts';

/**
 * The content of a regular file of at most `maxBytes`, null when there is no such file. A device or
 * a pipe is refused before it is read: it may never end. In one go, without the thread pool, which
 * takes ten times as long for a file this small.
 */
export async function readSmallFile(path: string, maxBytes: number): Promise<Buffer | null> {
  const file = openIfThere(path);
  if (file === null) return null;
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Failure('config', `${path} is not a regular file`);
    if (stats.size > maxBytes) {
      throw new Failure('config', `${path} is larger than ${maxBytes} bytes`);
    }
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

function openIfThere(path: string): number | null {
  try {
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
