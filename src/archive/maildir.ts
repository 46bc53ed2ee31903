import { readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DiskStep } from './disk-steps.ts';
import type { MessageToStore, OpenSink, Place, Sink, StoredPlace } from './sink.ts';
import { written } from './written.ts';

/** Maildir's letters for IMAP's flags, in the order a name has them. */
const flagLetters = [
  ['\\draft', 'D'],
  ['\\flagged', 'F'],
  ['$forwarded', 'P'],
  ['\\answered', 'R'],
  ['\\seen', 'S'],
  ['\\deleted', 'T'],
] as const;

export const maildir: Sink = (place) => Maildir.open(place);

type MaildirPlace = Pick<Place, 'directory' | 'uidValidity' | 'lineEndings' | 'files'>;

/**
 * A Maildir (https://cr.yp.to/proto/maildir.html). A name is made of UIDVALIDITY and UID, so the
 * same message delivered twice is one file, and what a crash left can be recognised.
 */
export class Maildir implements OpenSink {
  readonly directory: string;
  readonly #place: MaildirPlace;
  /** Folders with names that are not synced yet. */
  readonly #unsynced: Set<string>;

  private constructor(place: MaildirPlace, unsynced: readonly string[]) {
    this.directory = place.directory;
    this.#place = place;
    this.#unsynced = new Set(unsynced);
  }

  /** Make what is missing of it, and remove what an earlier run left unfinished. */
  static async open(place: MaildirPlace): Promise<Maildir> {
    const { directory, files } = place;
    const tmp = join(directory, 'tmp');
    const folders = ['tmp', 'new', 'cur'].map((name) => join(directory, name));
    const made = await files.durably(folders.map((path) => ({ kind: 'folder', path })));
    // Nobody else is writing: the archive is locked. Only names of ours are touched.
    for (const name of made.includes(tmp) ? [] : await written(tmp, () => readdir(tmp))) {
      if (ourName.test(name)) await written(tmp, () => rm(join(tmp, name), { force: true }));
    }
    // Folders made just now are durable; of others nobody knows, `new` and `cur` themselves included.
    const isNew = folders.every((path) => made.includes(path));
    return new Maildir(place, isNew ? [] : [directory]);
  }

  async storedUids(): Promise<number[]> {
    return (await maildirFiles(this.directory)).flatMap(({ uidValidity, uid }) =>
      uidValidity === this.#place.uidValidity ? [uid] : [],
    );
  }

  async names(): Promise<string[]> {
    return (await maildirFiles(this.directory)).map(({ name }) => name);
  }

  async store({ uid, flags, internalDate, content }: MessageToStore): Promise<StoredPlace> {
    // A server may date a message before 1970; a name that begins with a minus is no name of ours.
    const { uidValidity, lineEndings, files } = this.#place;
    const seconds = Math.max(0, Math.floor((internalDate?.getTime() ?? 0) / 1000));
    const name = `${seconds}.V${uidValidity}U${uid}.mailctl`;
    const letters = lettersOf(flags);
    // A message without flags is new to every mail program; one with flags has been seen.
    const folder = join(this.directory, letters === '' ? 'new' : 'cur');
    const path = join(folder, letters === '' ? name : `${name}${infoMark}2,${letters}`);
    const temporary = join(this.directory, 'tmp', name);
    const modifiedMs = internalDate?.getTime() ?? null;
    const order = { temporary, path, modifiedMs, lineEndings };
    const made = await files.makeFile(() => order, content);
    this.#unsynced.add(folder);
    return made;
  }

  async settle(): Promise<readonly DiskStep[]> {
    const folders = [...this.#unsynced];
    this.#unsynced.clear();
    return folders.map((path) => ({ kind: 'names', path }));
  }
}

/** A file of a Maildir that mailctl has put there. */
export interface MaildirFile {
  readonly path: string;
  /** Its name without the flags: it stays the same wherever the file is moved to. */
  readonly name: string;
  readonly letters: string;
  readonly uidValidity: number;
  readonly uid: number;
}

export async function maildirFiles(directory: string): Promise<MaildirFile[]> {
  const folders = ['new', 'cur'].map((name) => join(directory, name));
  const names = await Promise.all(folders.map((folder) => readdir(folder)));
  return names.flatMap((entries, index) =>
    entries.flatMap((entry) => {
      const [, name, uidValidity, uid, letters = ''] = ourName.exec(entry) ?? [];
      if (name === undefined) return [];
      const path = join(folders[index] ?? directory, entry);
      return { path, name, letters, uidValidity: Number(uidValidity), uid: Number(uid) };
    }),
  );
}

/** The name without flags, as the index has it. */
export function maildirName(path: string): string {
  return basename(path).replace(/[:;]2,[A-Za-z]*$/, '');
}

/** Give a file the flags of the server; where it has them already nothing is done. */
export async function setMaildirFlags(
  directory: string,
  file: MaildirFile,
  flags: readonly string[],
): Promise<string> {
  // What is no flag of IMAP (a mail program's own letters) stays.
  const own = [...file.letters].filter((letter) => !/[DFPRST]/.test(letter));
  const letters = [...lettersOf(flags), ...own].sort().join('');
  if (letters === file.letters) return file.path;
  const path = join(directory, 'cur', `${file.name}${infoMark}2,${letters}`);
  await written(path, () => rename(file.path, path));
  return path;
}

function lettersOf(flags: readonly string[]): string {
  const given = flags.map((flag) => flag.toLowerCase());
  return flagLetters
    .filter(([flag]) => given.includes(flag))
    .map(([, letter]) => letter)
    .join('');
}

/** Windows takes no colon in a name; mail programs there use this. */
const infoMark = process.platform === 'win32' ? ';' : ':';

const ourName = /^(\d+\.V(\d+)U(\d+)\.mailctl)(?:[:;]2,([A-Za-z]*))?$/;
