import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, errorText, Failure } from '../errors.ts';
import { makeDirectory, removeUnfinished, syncDirectory } from '../system/files.ts';

/** A message to store. The bytes are written as they come. */
export interface MaildirMessage {
  readonly uid: number;
  readonly flags: readonly string[];
  readonly internalDate: Date | null;
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface Delivered {
  readonly uid: number;
  readonly path: string;
  readonly sizeBytes: number;
}

/** Maildir's letters for IMAP's flags, in the order a name has them. */
const flagLetters = [
  ['\\Draft', 'D'],
  ['\\Flagged', 'F'],
  ['$Forwarded', 'P'],
  ['\\Answered', 'R'],
  ['\\Seen', 'S'],
  ['\\Deleted', 'T'],
] as const;

/**
 * A Maildir (https://cr.yp.to/proto/maildir.html). A name is made of UIDVALIDITY and UID, so the
 * same message delivered twice is one file, and what a crash left can be recognised.
 */
export class Maildir {
  readonly directory: string;
  readonly #uidValidity: number;

  private constructor(directory: string, uidValidity: number) {
    this.directory = directory;
    this.#uidValidity = uidValidity;
  }

  /** Make what is missing of it, and remove what an earlier run left unfinished. */
  static async open(directory: string, uidValidity: number): Promise<Maildir> {
    return written(directory, async () => {
      for (const name of ['tmp', 'new', 'cur']) await makeDirectory(join(directory, name));
      await syncDirectory(directory);
      // Nobody else is writing: the archive is locked. Only names of ours are touched.
      for (const name of await readdir(join(directory, 'tmp'))) {
        if (ourName.test(name)) await rm(join(directory, 'tmp', name), { force: true });
      }
      await removeUnfinished(directory);
      return new Maildir(directory, uidValidity);
    });
  }

  /** UIDs whose files are here. After a crash it may know more than the state does. */
  async storedUids(): Promise<number[]> {
    const names = await Promise.all(
      ['new', 'cur'].map((name) => readdir(join(this.directory, name))),
    );
    return names.flat().flatMap((name) => {
      const [, uidValidity, uid] = ourName.exec(name) ?? [];
      return Number(uidValidity) === this.#uidValidity ? [Number(uid)] : [];
    });
  }

  /**
   * Store messages, durably when it returns: bytes, then names. A message whose content fails is
   * not stored; its error is given back in its place.
   */
  async deliver(
    messages: readonly MaildirMessage[],
  ): Promise<(Delivered | { uid: number; error: unknown })[]> {
    // Many fsyncs in flight let the disk join them into one.
    const results = await Promise.all(
      messages.map((message) =>
        this.#write(message).catch((error: unknown) => {
          if (error instanceof Failure && error.kind === 'archive') throw error;
          return { uid: message.uid, error };
        }),
      ),
    );
    await written(this.directory, async () => {
      await syncDirectory(join(this.directory, 'new'));
      await syncDirectory(join(this.directory, 'cur'));
    });
    return results;
  }

  /** tmp, fsync, rename: at any crash there is the whole message under its name, or none. */
  async #write({ uid, flags, internalDate, content }: MaildirMessage): Promise<Delivered> {
    // A server may date a message before 1970; a name that begins with a minus is no name of ours.
    const seconds = Math.max(0, Math.floor((internalDate?.getTime() ?? 0) / 1000));
    const name = `${seconds}.V${this.#uidValidity}U${uid}.mailctl`;
    const letters = flagLetters
      .filter(([flag]) => flags.some((given) => given.toLowerCase() === flag.toLowerCase()))
      .map(([, letter]) => letter)
      .join('');
    const temporary = join(this.directory, 'tmp', name);
    // A message without flags is new to every mail program; one with flags has been seen.
    const path = join(
      this.directory,
      ...(letters === '' ? ['new', name] : ['cur', `${name}${infoMark}2,${letters}`]),
    );
    let sizeBytes = 0;
    try {
      const file = await written(temporary, () => open(temporary, 'wx', 0o600));
      try {
        for await (const piece of content) {
          await written(temporary, () => file.writeFile(piece));
          sizeBytes += piece.byteLength;
        }
        await written(temporary, async () => {
          if (internalDate !== null) await file.utimes(internalDate, internalDate);
          await file.sync();
        });
      } finally {
        await file.close();
      }
      await written(path, () => rename(temporary, path));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return { uid, path, sizeBytes };
  }
}

/** Windows takes no colon in a name; mail programs there use this. */
const infoMark = process.platform === 'win32' ? ';' : ':';

const ourName = /^\d+\.V(\d+)U(\d+)\.mailctl(?:[:;]2,[A-Za-z]*)?$/;

/** What the disk refuses ends the run: the next message would fare no better. */
async function written<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const hint = ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '')
      ? 'make room, then run the same command again: what was stored is kept'
      : undefined;
    throw new Failure('archive', `cannot write ${path}: ${errorText(error)}`, {
      hint,
      cause: error,
    });
  }
}
