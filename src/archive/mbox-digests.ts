import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { errorCode, errorText, Failure } from '../errors.ts';

/** Those of these messages that are not, byte for byte, in an mbox. */
export async function missingFromMbox<T extends { readonly digest: string }>(
  path: string,
  messages: Iterable<T>,
): Promise<T[]> {
  const file = await open(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw new Failure('data', `${path} cannot be read: ${errorText(error)}`, { cause: error });
  });
  const digests = file === null ? new Map<string, number>() : await mboxDigests(file);
  return [...messages].filter(({ digest }) => {
    const count = digests.get(digest) ?? 0;
    digests.set(digest, count - 1);
    return count <= 0;
  });
}

/**
 * How often each message is in an mbox, by the digest of its bytes without quoting. An mbox does
 * not say whether the last line of a message had an end, so each counts both with and without.
 * Closes the file.
 */
async function mboxDigests(file: FileHandle): Promise<Map<string, number>> {
  const digests = new Map<string, number>();
  const count = (digest: string) => digests.set(digest, (digests.get(digest) ?? 0) + 1);
  const message = { hash: createHash('sha256'), lines: 0, begun: false };
  const end = () => {
    if (!message.begun) return;
    count(message.hash.copy().digest('base64url'));
    count(message.hash.update('\n').digest('base64url'));
  };
  /** One line behind: the empty line before the next message is none of its own. */
  let held: string | null = null;
  const add = (line: string) => {
    const start = message.lines === 0 ? '' : '\n';
    message.hash.update(start + line.replace(/^>(?=>*From )/, ''), 'latin1');
    message.lines += 1;
  };
  for await (const line of lines(file)) {
    if (line.startsWith('From ') && (held === null || held === '')) {
      end();
      Object.assign(message, { hash: createHash('sha256'), lines: 0, begun: true });
      held = null;
      continue;
    }
    if (held !== null) add(held);
    held = line;
  }
  end();
  return digests;
}

/** Split at LF alone: a CR in a line belongs to the message. */
async function* lines(file: FileHandle): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of file.createReadStream({ encoding: 'latin1' })) {
    const parts = (rest + String(piece)).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}
