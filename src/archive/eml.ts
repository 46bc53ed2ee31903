import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory, syncDirectory } from '../system/files.ts';
import { encodeFileName } from './folder-path.ts';
import { decodeWords, headerField } from './header.ts';
import { inLineEndings } from './maildir.ts';
import { makeFile } from './new-file.ts';
import type { MessageToStore, OpenSink, Piece, Sink, StoredPlace } from './sink.ts';
import { written } from './written.ts';

/** What --name may hold, in braces. */
export const nameFields = ['date', 'time', 'subject', 'from', 'message-id'] as const;
const defaultTemplate = '{date}';

/**
 * One file a message, its bytes exactly as the server sent them. Whatever the template gives, the
 * name ends in UIDVALIDITY and UID: no two messages share one, and one stored twice is one file.
 */
export const eml: Sink = async ({ directory, uidValidity, nameTemplate }) => {
  await written(directory, async () => {
    await makeDirectory(directory);
    for (const name of await readdir(directory)) {
      if (unfinished.test(name)) await rm(join(directory, name), { force: true });
    }
  });
  const template = nameTemplate ?? defaultTemplate;

  const store = async (message: MessageToStore): Promise<StoredPlace> => {
    const { uid, internalDate } = message;
    const seen = { header: '' };
    const unique = `V${uidValidity}U${uid}`;
    const place = () =>
      join(directory, `${fillIn(template, seen.header, internalDate)}.${unique}.eml`);
    const target = {
      temporary: join(directory, `.${unique}.part`),
      path: place,
      modified: internalDate,
    };
    const { sizeBytes, path } = await makeFile(
      target,
      inLineEndings(watched(message.content, seen), 'keep'),
    );
    return { path, sizeBytes };
  };

  return {
    async storedUids() {
      return (await emlFiles(directory)).flatMap((file) =>
        file.uidValidity === uidValidity ? [file.uid] : [],
      );
    },
    names: async () => (await emlFiles(directory)).map(({ name }) => name),
    store,
    settle: () => written(directory, () => syncDirectory(directory)),
  } satisfies OpenSink;
};

const unfinished = /^\.V\d+U\d+\.part$/;
const ourName = /\.V(\d+)U(\d+)\.eml$/;

export interface EmlFile {
  readonly path: string;
  readonly name: string;
  readonly uidValidity: number;
  readonly uid: number;
}

export async function emlFiles(directory: string): Promise<EmlFile[]> {
  return (await readdir(directory)).flatMap((name) => {
    const [, uidValidity, uid] = ourName.exec(name) ?? [];
    if (uid === undefined) return [];
    const path = join(directory, name);
    return { path, name, uidValidity: Number(uidValidity), uid: Number(uid) };
  });
}

/** Keeps the beginning of a message, for its name. */
async function* watched(
  content: AsyncIterable<Piece> | Iterable<Piece>,
  seen: { header: string },
): AsyncGenerator<Piece> {
  for await (const piece of content) {
    if (seen.header === '') seen.header = Buffer.from(piece.lf).toString('latin1', 0, 1 << 16);
    yield piece;
  }
}

function fillIn(template: string, header: string, internalDate: Date | null): string {
  const iso = (internalDate ?? new Date(0)).toISOString();
  const text = (name: string) => {
    const value = headerField(header, name) ?? '';
    return decodeWords(Buffer.from(value, 'latin1').toString()).slice(0, 80);
  };
  const values: Readonly<Record<(typeof nameFields)[number], () => string>> = {
    date: () => iso.slice(0, 10),
    time: () => iso.slice(11, 19).replaceAll(':', ''),
    subject: () => text('subject') || 'no subject',
    from: () => /[^\s<>]+@[^\s<>]+/.exec(text('from'))?.[0] ?? 'nobody',
    'message-id': () => text('message-id').replaceAll(/[<>]/g, '') || 'none',
  };
  const filled = template.replaceAll(/\{([a-z-]+)\}/g, (whole, name: string) => {
    const field = nameFields.find((known) => known === name);
    return field === undefined ? whole : values[field]();
  });
  // One level: a subject with a slash makes no folder.
  return encodeFileName(filled) || 'message';
}
