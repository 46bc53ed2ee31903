import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, Failure } from '../errors.ts';
import { makeDirectory, syncDirectory, writeFileDurably } from '../system/files.ts';
import { readSmallFile } from '../system/small-file.ts';
import { measured } from './content.ts';
import type { DiskStep } from './disk-steps.ts';
import { lockMbox, removeDotLock, removeStaleLock } from './mbox-lock.ts';
import { FromQuoting, fromLine, mboxName, noteOf } from './mbox-text.ts';
import type { MessageToStore, OpenSink, Place, Sink, StoredPlace } from './sink.ts';
import { written } from './written.ts';

const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW = 0 } = constants;

/** A message comes in pieces of any size. */
const bytesAtOnce = 64 << 10;

export const mbox: Sink = async (place) => {
  const path = join(place.directory, mboxName);
  return new Mbox(path, place, await written(path, () => recover(path, place)));
};

/**
 * An mbox (RFC 4155) whose lines that begin with "From " are quoted so that it can be undone
 * (mboxrd). It is locked as other mail programs lock it, by fcntl and by a `.lock` file, from the
 * first message of a group until all of the group is remembered. Where the group begins is noted
 * before it is written: of what follows there, no more is ours to keep than the memory has, and a
 * crash can have left more. So nobody else may write there before the note is gone.
 */
class Mbox implements OpenSink {
  /** Where the memory ends. */
  position: number;
  readonly #path: string;
  readonly #place: Place;
  #group: Group | null = null;
  /** One after the other: a file has one end. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, place: Place, position: number) {
    this.#path = path;
    this.#place = place;
    this.position = position;
  }

  async storedUids(): Promise<number[]> {
    return []; // what is not remembered has been taken away
  }

  store(message: MessageToStore): Promise<StoredPlace> {
    return this.#next(() => this.#append(message));
  }

  async settle(): Promise<readonly DiskStep[]> {
    // Its name was synced with the note.
    await this.#next(() => written(this.#path, async () => this.#group?.file.sync()));
    return [];
  }

  remembered(position: number | null): Promise<void> {
    this.position = position ?? this.position;
    return this.#next(async () => {
      if (this.#group !== null && this.#group.end <= this.position) await this.#endGroup();
    });
  }

  close(position: number | null): Promise<void> {
    return this.#next(async () => {
      if (this.#group === null) return;
      const { file, begins } = this.#group;
      // The run has failed: what is not remembered will come again.
      await written(this.#path, () => cut(file, begins, position ?? 0));
      await this.#endGroup();
    });
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #append({ internalDate, content: raw }: MessageToStore): Promise<StoredPlace> {
    const { content, fingerprint } = measured(raw, { keepRaw: false });
    this.#group ??= await written(this.#path, () => this.#beginGroup());
    const { file } = this.#group;
    const { size: start } = await file.stat();
    let sizeBytes = 0;
    let gathered = '';
    const write = async () => {
      const bytes = Buffer.from(gathered, 'latin1');
      gathered = '';
      await written(this.#path, () => file.appendFile(bytes));
      sizeBytes += bytes.length;
    };
    const put = async (text: string) => {
      gathered += text;
      if (gathered.length >= bytesAtOnce) await write();
    };
    try {
      const quote = new FromQuoting();
      let begun = false;
      for await (const { lf } of content) {
        const text = Buffer.from(lf).toString('latin1');
        if (!begun) await put(fromLine(text, internalDate));
        begun = true;
        await put(quote.take(text));
      }
      if (!begun) await put(fromLine('', internalDate));
      // Each message ends its last line, and an empty line follows.
      await put(`${quote.end()}\n`);
      await write();
    } catch (error) {
      // The message broke off: what there is of it must not stay, nor end the run.
      await written(this.#path, () => file.truncate(start));
      throw error;
    }
    this.#group.end = start + sizeBytes;
    const position = this.#group.end;
    return { path: this.#path, sizeBytes, fingerprint: fingerprint(), position };
  }

  async #beginGroup(): Promise<Group> {
    const path = this.#path;
    const file = await open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
    try {
      await lockMbox(path, file, this.#place.signal);
      try {
        const { size } = await file.stat();
        // What the memory says of the end would be wrong from here on.
        if (size < this.position) throw madeShorter(path);
        await writeFileDurably(noteOf(path), `${JSON.stringify({ begins: size })}\n`);
        // Whoever wrote last may have left out the empty line.
        await separate(file, size);
        return { file, begins: size, end: size };
      } catch (error) {
        await removeDotLock(path);
        throw error;
      }
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #endGroup(): Promise<void> {
    const group = this.#group;
    if (group === null) return;
    this.#group = null;
    await written(this.#path, async () => {
      try {
        await removeNote(this.#path);
      } finally {
        await removeDotLock(this.#path);
        await group.file.close(); // ends the lock of the kernel with it
      }
    });
  }
}

/** What is written under one lock. */
interface Group {
  readonly file: FileHandle;
  readonly begins: number;
  end: number;
}

function madeShorter(path: string): Failure {
  return new Failure('temporary', `another program has made ${path} shorter just now`, {
    hint: 'run the same command again: what was stored is kept',
  });
}

async function separate(file: FileHandle, size: number): Promise<void> {
  if (size === 0) return;
  const tail = Buffer.alloc(2);
  await file.read(tail, 0, 2, Math.max(0, size - 2));
  const text = tail.toString('latin1');
  if (text.endsWith('\n\n')) return;
  await file.appendFile(text.endsWith('\n') ? '\n' : '\n\n');
}

/** Durably, before anybody else may write: theirs must not be taken for what a crash has left. */
async function removeNote(path: string): Promise<void> {
  await rm(noteOf(path), { force: true });
  await syncDirectory(dirname(path));
}

/** Take away what is there beyond what is remembered. */
async function cut(file: FileHandle, begins: number, position: number): Promise<void> {
  const end = Math.max(begins, position);
  if ((await file.stat()).size <= end) return;
  await file.truncate(end);
  await file.sync();
}

/** Take away what a crash has left half. Gives where the memory ends, unless the file ends before. */
async function recover(path: string, { directory, position, signal }: Place): Promise<number> {
  await makeDirectory(directory);
  await removeStaleLock(path);
  const note = await readSmallFile(noteOf(path), 1024);
  const file = await open(path, O_RDWR | O_NOFOLLOW).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  });
  try {
    const begins = Number(/"begins":(\d{1,15})/.exec(note?.toString() ?? '')?.[1] ?? Number.NaN);
    if (file !== null && Number.isSafeInteger(begins)) {
      await lockMbox(path, file, signal);
      await cut(file, begins, position ?? 0);
    }
    if (note !== null) await removeNote(path);
    return Math.min(position ?? 0, (await file?.stat())?.size ?? 0);
  } finally {
    await removeStaleLock(path);
    await file?.close();
  }
}
