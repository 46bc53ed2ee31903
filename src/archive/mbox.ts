import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readFile, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { errorCode, Failure } from '../errors.ts';
import { makeDirectory, syncDirectory, writeFileDurably } from '../system/files.ts';
import { tryLockFile } from '../system/lock.ts';
import { readSmallFile } from '../system/small-file.ts';
import { measured } from './content.ts';
import { headerField } from './header.ts';
import type { MessageToStore, OpenSink, Place, Sink, StoredPlace } from './sink.ts';
import { written } from './written.ts';

/** The file's name in the mailbox's folder. */
export const mboxName = 'messages.mbox';

export const mbox: Sink = async (place) => {
  const path = join(place.directory, mboxName);
  await written(path, () => recover(path, place));
  return new Mbox(path, place);
};

/**
 * An mbox (RFC 4155) whose lines that begin with "From " are quoted so that it can be undone
 * (mboxrd). It is locked as other mail programs lock it, by fcntl and by a `.lock` file, from the
 * first message of a group until the group is synced. Where the group begins is noted before it is
 * written and is also the length the memory has: so what a crash has cut off can be told from what
 * is remembered, and is taken away.
 */
class Mbox implements OpenSink {
  readonly #path: string;
  readonly #place: Place;
  #file: FileHandle | null = null;
  #end: number | null;
  /** One after the other: a file has one end. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, place: Place) {
    this.#path = path;
    this.#place = place;
    this.#end = place.position;
  }

  async storedUids(): Promise<number[]> {
    return []; // what is not remembered has been taken away
  }

  get position(): number | null {
    return this.#end;
  }

  store(message: MessageToStore): Promise<StoredPlace> {
    const stored = this.#last.then(() => this.#append(message));
    this.#last = stored.catch(() => {});
    return stored;
  }

  async settle(): Promise<void> {
    const settled = this.#last.then(() => this.#finishGroup());
    this.#last = settled.catch(() => {});
    await settled;
  }

  async #append({ internalDate, content: raw }: MessageToStore): Promise<StoredPlace> {
    const { content, fingerprint } = measured(raw, { keepRaw: false });
    const file = this.#file ?? (await written(this.#path, () => this.#beginGroup()));
    const { size: start } = await file.stat();
    let sizeBytes = 0;
    const put = async (text: string) => {
      const bytes = Buffer.from(text, 'latin1');
      await written(this.#path, () => file.appendFile(bytes));
      sizeBytes += bytes.length;
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
    } catch (error) {
      // The message broke off: what there is of it must not stay, nor end the run.
      await written(this.#path, () => file.truncate(start));
      throw error;
    }
    return { path: this.#path, sizeBytes, fingerprint: fingerprint() };
  }

  async #beginGroup(): Promise<FileHandle> {
    const { O_RDWR, O_CREAT, O_APPEND, O_NOFOLLOW = 0 } = constants;
    const file = await open(this.#path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600);
    try {
      await lockMbox(this.#path, file, this.#place.signal);
      const { size } = await file.stat();
      this.#end = size;
      await writeFileDurably(noteOf(this.#path), `${JSON.stringify({ begins: size })}\n`);
      // Whoever wrote last may have left out the empty line.
      await separate(file, size);
      this.#file = file;
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #finishGroup(): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    this.#file = null;
    await written(this.#path, async () => {
      try {
        await file.sync();
        await syncDirectory(this.#place.directory);
        this.#end = (await file.stat()).size;
      } finally {
        await rm(lockFileOf(this.#path), { force: true });
        await file.close(); // ends the lock of the kernel with it
      }
    });
  }
}

async function separate(file: FileHandle, size: number): Promise<void> {
  if (size === 0) return;
  const tail = Buffer.alloc(2);
  await file.read(tail, 0, 2, Math.max(0, size - 2));
  const text = tail.toString('latin1');
  if (text.endsWith('\n\n')) return;
  await file.appendFile(text.endsWith('\n') ? '\n' : '\n\n');
}

function noteOf(path: string): string {
  return `${path}.begins`;
}

function lockFileOf(path: string): string {
  return `${path}.lock`;
}

/** Take away what a crash has left half. */
async function recover(path: string, place: Place): Promise<void> {
  await makeDirectory(place.directory);
  const note = await readSmallFile(noteOf(path), 1024);
  // Nobody else of ours is running: a lock with our mark is of one that died.
  const lock = await readFile(lockFileOf(path), 'utf8').catch(() => null);
  if (lock?.startsWith('mailctl ') === true) await unlink(lockFileOf(path)).catch(() => {});
  if (note === null) return;
  const begins = Number(/"begins":(\d{1,15})/.exec(note.toString())?.[1] ?? Number.NaN);
  // Elsewhere than the memory ends, the group is one that has been remembered.
  if (begins !== (place.position ?? 0)) return;
  const stats = await lstat(path).catch(() => null);
  if (stats === null || stats.size <= begins) return;
  const file = await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
  try {
    await lockMbox(path, file, place.signal);
    await file.truncate(begins);
    await file.sync();
    await rm(lockFileOf(path), { force: true });
  } finally {
    await file.close();
  }
}

const lockWaitMs = 60_000;

/** By fcntl and by a `.lock` file: mail programs know one or the other. */
async function lockMbox(path: string, file: FileHandle, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + lockWaitMs;
  for (;;) {
    signal.throwIfAborted();
    const dotLock = await open(lockFileOf(path), 'wx', 0o600).catch((error: unknown) => {
      if (errorCode(error) === 'EEXIST') return null;
      throw error;
    });
    if (dotLock !== null) {
      try {
        await dotLock.writeFile(`mailctl ${process.pid}\n`);
      } finally {
        await dotLock.close();
      }
      if (tryLockFile(file.fd)) return;
      await rm(lockFileOf(path), { force: true });
    }
    if (performance.now() > giveUpAt) {
      throw new Failure('temporary', `another program is using ${path}`, {
        hint: `wait until it has finished; if none is running, remove ${lockFileOf(path)}`,
      });
    }
    await wait(50 + Math.random() * 100);
  }
}

/** "From sender date", the date in UTC as asctime(3) has it. */
function fromLine(text: string, internalDate: Date | null): string {
  const given = headerField(text, 'return-path') ?? headerField(text, 'from') ?? '';
  const sender = /[^\s<>,;:"()]+@[^\s<>,;:"()]+/.exec(given)?.[0] ?? 'MAILER-DAEMON';
  const date = internalDate ?? new Date(0);
  const [weekday, month] = [
    ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][date.getUTCDay()],
    ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][
      date.getUTCMonth()
    ],
  ];
  const time = date.toISOString().slice(11, 19);
  const day = String(date.getUTCDate()).padStart(2, ' ');
  return `From ${sender} ${weekday} ${month} ${day} ${time} ${date.getUTCFullYear()}\n`;
}

/** mboxrd: each line of `>`s and "From " gets one `>` more, whatever the pieces it comes in. */
export class FromQuoting {
  #atStart = true;
  /** The beginning of a line that may still turn out to be one of those. */
  #held = '';
  #endsLine = true;

  take(piece: string): string {
    const text = this.#held + piece;
    const lineStart = text.lastIndexOf('\n') + 1;
    const open = text.slice(lineStart);
    const holds = (lineStart > 0 || this.#atStart) && /^>*(?:F(?:r(?:om?)?)?)?$/.test(open);
    this.#held = holds ? open : '';
    const out = holds ? text.slice(0, lineStart) : text;
    const quoted = this.#quote(out);
    if (out !== '') this.#atStart = out.endsWith('\n');
    this.#endsLine = text === '' ? this.#endsLine : text.endsWith('\n');
    return quoted;
  }

  /** What is still held, and the end of the last line. */
  end(): string {
    return this.#held + (this.#endsLine ? '' : '\n');
  }

  #quote(text: string): string {
    if (this.#atStart) return text.replaceAll(/^(?=>*From )/gm, '>');
    const end = text.indexOf('\n') + 1;
    if (end === 0) return text;
    return text.slice(0, end) + text.slice(end).replaceAll(/^(?=>*From )/gm, '>');
  }
}
