import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeFileName } from './folder-path.ts';
import { decodeWords, headerField } from './header.ts';
import { nameFields } from './name-fields.ts';
import type { MessageToStore, OpenSink, Sink, StoredPlace } from './sink.ts';
import { written } from './written.ts';

const defaultTemplate = '{date}';

/**
 * One file a message, its bytes exactly as the server sent them. Whatever the template gives, the
 * name ends in UIDVALIDITY and UID: no two messages share one, and one stored twice is one file.
 */
export const eml: Sink = async ({ directory, uidValidity, nameTemplate, files }) => {
  await files.durably([{ kind: 'folder', path: directory }]);
  await written(directory, async () => {
    for (const name of await readdir(directory)) {
      if (unfinished.test(name)) await rm(join(directory, name), { force: true });
    }
  });
  const template = nameTemplate ?? defaultTemplate;

  const store = ({ uid, internalDate, content }: MessageToStore): Promise<StoredPlace> => {
    const unique = `V${uidValidity}U${uid}`;
    return files.makeFile((beginning) => {
      const header = Buffer.from(beginning.subarray(0, maxHeaderBytes)).toString('latin1');
      const name = fillIn(template, header.replaceAll('\r\n', '\n'), internalDate);
      return {
        temporary: join(directory, `.${unique}.part`),
        path: join(directory, `${name}.${unique}.eml`),
        modifiedMs: internalDate?.getTime() ?? null,
        lineEndings: 'keep',
      };
    }, content);
  };

  return {
    async storedUids() {
      return (await emlFiles(directory)).flatMap((file) =>
        file.uidValidity === uidValidity ? [file.uid] : [],
      );
    },
    names: async () => (await emlFiles(directory)).map(({ name }) => name),
    store,
    settle: async () => [{ kind: 'names', path: directory }],
  } satisfies OpenSink;
};

/** A name is made of what stands in so many bytes. */
const maxHeaderBytes = 1 << 16;

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
