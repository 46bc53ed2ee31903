import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Maildir } from '../../src/archive/maildir.ts';
import type { MessageToStore } from '../../src/archive/sink.ts';
import { WritingThread } from '../../src/archive/writing-thread.ts';
import { Failure } from '../../src/errors.ts';

const uidValidity = 1_234_567_890;
const letter = Buffer.from('From: bea@example.net\r\n\r\nAt seven?\r\n');
const arrived = new Date('2026-11-15T12:34:56Z');

type Letter = Omit<MessageToStore, 'ids'>;

/** The one that is shipped. */
const writing = new WritingThread(new URL('../../dist/writing-thread-program.js', import.meta.url));

function message(uid: number, changes: Partial<Letter> = {}): Letter {
  return { uid, flags: [], internalDate: arrived, content: [letter], ...changes };
}

const openMaildir = (directory: string, validity = uidValidity) =>
  Maildir.open({ directory, uidValidity: validity, lineEndings: 'keep', files: writing });

/** Store several as a fetch does: all at once, then their names. */
async function deliverAll(maildir: Maildir, letters: readonly Letter[]) {
  const ids = { emailId: null, threadId: null, labels: null };
  const stored = await Promise.all(
    letters.map(async (one) => {
      const message = { ...one, ids };
      try {
        const { path, sizeBytes } = await maildir.store(message);
        return { uid: one.uid, path: String(path), sizeBytes };
      } catch (error) {
        if (error instanceof Failure && error.kind === 'archive') throw error;
        return { uid: one.uid, error };
      }
    }),
  );
  await maildir.settle();
  return stored;
}

describe('a Maildir', () => {
  let directory: string;
  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), 'mailctl-maildir-')), 'INBOX');
  });
  afterEach(() => rmSync(dirname(directory), { recursive: true, force: true }));

  const files = (folder: string) => readdirSync(join(directory, folder)).sort();
  const everything = () =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
      .sort();
  /** Deliver one message; its path below the Maildir. */
  const deliver = async (one: Letter): Promise<string> => {
    const maildir = await openMaildir(directory);
    const [result] = await deliverAll(maildir, [one]);
    if (result === undefined || !('path' in result)) throw new Error('it was not stored');
    expect(result.uid).toBe(one.uid);
    return relative(directory, result.path);
  };

  it('is made where it is missing, for its owner alone', async () => {
    await openMaildir(directory);
    expect(readdirSync(directory).sort()).toEqual(['cur', 'new', 'tmp']);
    if (process.platform === 'win32') return;
    for (const name of ['.', 'cur', 'new', 'tmp']) {
      expect(statSync(join(directory, name)).mode & 0o777).toBe(0o700);
    }
  });

  it('is opened as often as one likes', async () => {
    const path = await deliver(message(1));
    await openMaildir(directory);
    expect(everything()).toEqual([path]);
  });

  it('holds a message byte for byte, 0600, with the time of its arrival', async () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
    const path = join(
      directory,
      await deliver(message(7, { content: [bytes.subarray(0, 10), bytes.subarray(10)] })),
    );
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(statSync(path).mtime).toEqual(arrived);
    expect(files('tmp')).toEqual([]);
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('takes content that comes over time, and an empty message', async () => {
    async function* pieces() {
      for (const byte of letter) yield Uint8Array.of(byte);
    }
    const path = await deliver(message(1, { content: pieces() }));
    expect(readFileSync(join(directory, path))).toEqual(letter);
    const empty = await deliver(message(2, { content: [] }));
    expect(statSync(join(directory, empty)).size).toBe(0);
  });

  describe('flags in a name', () => {
    it.each([
      [[], 'new', ''],
      [['\\Seen'], 'cur', ':2,S'],
      [['\\SEEN'], 'cur', ':2,S'],
      [['\\seen', '\\Seen'], 'cur', ':2,S'],
      [['\\Seen', '\\Flagged'], 'cur', ':2,FS'],
      [['\\Flagged', '\\Seen'], 'cur', ':2,FS'],
      [['$Forwarded'], 'cur', ':2,P'],
      [['\\Answered'], 'cur', ':2,R'],
      [['\\Draft'], 'cur', ':2,D'],
      [['\\Deleted'], 'cur', ':2,T'],
      [
        ['\\Seen', '\\Deleted', '\\Answered', '$Forwarded', '\\Flagged', '\\Draft'],
        'cur',
        ':2,DFPRST',
      ],
      [['\\Recent'], 'new', ''],
      [['work', '$Junk', 'NonJunk'], 'new', ''],
      [['Seen', 'S', 'Deleted'], 'new', ''],
      [['../../../pwned'], 'new', ''],
      [[':2,FRS'], 'new', ''],
      [['/etc/passwd', '__proto__', 'constructor', '\0', '\n'], 'new', ''],
      [Array.from({ length: 10_000 }, (_, index) => `k${index}`), 'new', ''],
    ])('%j', async (flags, folder, info) => {
      const path = await deliver(message(5, { flags }));
      const name = `1794746096.V${uidValidity}U5.mailctl${info}`;
      expect(path).toBe(join(folder, process.platform === 'win32' ? name.replace(':', ';') : name));
      expect(everything()).toEqual([path]);
    });

    it('are of the fixed set only, in order, whatever the server says', async () => {
      const flag = fc.oneof(
        fc.constantFrom('\\Seen', '\\seen', '\\Draft', '$Forwarded', '\\Flagged', '\\Answered'),
        fc.string({ unit: 'binary' }),
      );
      const uid = fc.integer({ min: 1, max: 2 ** 32 - 1 });
      await fc.assert(
        fc.asyncProperty(uid, fc.array(flag), async (number, flags) => {
          const path = await deliver(message(number, { flags }));
          expect(path.split(/[\\/]/)).toHaveLength(2);
          expect(basename(path)).toMatch(
            new RegExp(`^1794746096\\.V${uidValidity}U${number}\\.mailctl([:;]2,D?F?P?R?S?T?)?$`),
          );
        }),
        { numRuns: 40 },
      );
    });
  });

  it.each([
    ['of a day before 1970', new Date('1969-12-31T00:00:00Z')],
    ['of the first second', new Date(0)],
    ['of the year 9999', new Date('9999-12-31T23:59:59Z')],
    ['without one', null],
  ])('knows again a message %s', async (_, internalDate) => {
    const path = await deliver(message(9, { internalDate }));
    expect(basename(path)).toMatch(/^\d+\.V/);
    const maildir = await openMaildir(directory);
    expect(await maildir.storedUids()).toEqual([9]);
  });

  describe('the UIDs that are stored', () => {
    it('are those of this UIDVALIDITY, in new and cur, whatever flags a mail program gave them', async () => {
      const maildir = await openMaildir(directory);
      await deliverAll(maildir, [message(1), message(2, { flags: ['\\Seen'] })]);
      const older = await openMaildir(directory, 77);
      await deliverAll(older, [message(3)]);
      writeFileSync(join(directory, 'cur', `5.V${uidValidity}U10.mailctl;2,RSTabc`), 'x');
      writeFileSync(join(directory, 'cur', `5.V${uidValidity}U11.mailctl;2,`), 'x');
      if (process.platform !== 'win32') {
        rmSync(join(directory, 'cur', `5.V${uidValidity}U10.mailctl;2,RSTabc`));
        writeFileSync(join(directory, 'cur', `5.V${uidValidity}U10.mailctl:2,RSTabc`), 'x');
      }
      for (const name of [
        ...['1.host.1', `5.V${uidValidity}U12.other`, `5.V${uidValidity}U.mailctl`, '.hidden'],
        ...[`x5.V${uidValidity}U13.mailctl`, `5.V${uidValidity}U14.mailctl.bak`, 'mailctl'],
      ]) {
        writeFileSync(join(directory, 'cur', name), 'x');
      }
      expect((await maildir.storedUids()).sort((a, b) => a - b)).toEqual([1, 2, 10, 11]);
      expect(await older.storedUids()).toEqual([3]);
    });
  });

  describe('what a crash has left', () => {
    it('is removed from tmp when the Maildir is opened, and nothing else is', async () => {
      await openMaildir(directory);
      const foreign = ['1.host.2', '.keep', `5.V1U2.mailctl.part`, 'notes.txt'];
      const ours = ['5.V1U2.mailctl', `0.V${uidValidity}U4294967295.mailctl`];
      for (const name of [...foreign, ...ours]) writeFileSync(join(directory, 'tmp', name), 'x');
      for (const name of ours) writeFileSync(join(directory, 'new', name), 'whole');
      mkdirSync(join(directory, 'tmp', 'folder'));
      writeFileSync(join(directory, 'dovecot-uidlist'), 'x');

      await openMaildir(directory);
      expect(files('tmp')).toEqual([...foreign, 'folder'].sort());
      expect(files('new')).toEqual([...ours].sort());
      expect(existsSync(join(directory, 'dovecot-uidlist'))).toBe(true);
    });

    it('does not stand in the way of the same message', async () => {
      await openMaildir(directory);
      const name = `1794746096.V${uidValidity}U5.mailctl`;
      writeFileSync(join(directory, 'tmp', name), 'half of it');
      const path = await deliver(message(5));
      expect(readFileSync(join(directory, path))).toEqual(letter);
      expect(files('tmp')).toEqual([]);
    });
  });

  it('the same message delivered twice is one file', async () => {
    const first = await deliver(message(5));
    const second = await deliver(message(5, { content: [Buffer.from('the same, again')] }));
    expect(second).toBe(first);
    expect(everything()).toEqual([first]);
  });

  describe('content that fails', () => {
    async function* breaking(error: unknown) {
      yield letter;
      throw error;
    }

    it('leaves nothing, is told in its place, and does not touch the others', async () => {
      const maildir = await openMaildir(directory);
      const lost = new Failure('temporary', 'the line went dead');
      const broken = new Error('cut');
      const results = await deliverAll(maildir, [
        message(1),
        message(2, { content: breaking(lost) }),
        message(3, { content: breaking(broken), flags: ['\\Seen'] }),
        message(4, { flags: ['\\Seen'] }),
      ]);
      expect(results.map((result) => ('path' in result ? result.sizeBytes : result))).toEqual([
        letter.length,
        { uid: 2, error: lost },
        { uid: 3, error: broken },
        letter.length,
      ]);
      expect(await maildir.storedUids()).toEqual([1, 4]);
      expect(files('tmp')).toEqual([]);
    });

    it('before its first byte leaves nothing either', async () => {
      const maildir = await openMaildir(directory);
      const failing: Iterable<Uint8Array> = {
        [Symbol.iterator]() {
          throw new Error('no beginning');
        },
      };
      const [result] = await deliverAll(maildir, [message(1, { content: failing })]);
      expect(result).toMatchObject({ uid: 1, error: { message: 'no beginning' } });
      expect(everything()).toEqual([]);
    });

    it('does not replace what is stored', async () => {
      const path = await deliver(message(1));
      const maildir = await openMaildir(directory);
      await deliverAll(maildir, [message(1, { content: breaking(new Error('cut')) })]);
      expect(readFileSync(join(directory, path))).toEqual(letter);
      expect(everything()).toEqual([path]);
    });
  });

  describe('a disk that refuses', () => {
    it('ends the delivery with what cannot be written', async () => {
      const maildir = await openMaildir(directory);
      rmSync(join(directory, 'tmp'), { recursive: true });
      await expect(deliverAll(maildir, [message(1), message(2)])).rejects.toMatchObject({
        name: 'Failure',
        kind: 'archive',
        message: expect.stringMatching(/^cannot write .*tmp.*ENOENT/),
      });
      expect(everything()).toEqual([]);
    });

    it('a file where a folder should be is told', async () => {
      mkdirSync(directory);
      writeFileSync(join(directory, 'new'), 'x');
      await expect(openMaildir(directory)).rejects.toMatchObject({
        kind: 'archive',
        message: expect.stringContaining(directory),
      });
    });

    it('a folder that cannot be written is told, and what is in it stays', async () => {
      const path = await deliver(message(1));
      const maildir = await openMaildir(directory);
      chmodSync(join(directory, 'tmp'), 0o500);
      const delivered = deliverAll(maildir, [message(2)]);
      // root may write everywhere
      if (process.getuid?.() === 0 || process.platform === 'win32') await delivered;
      else await expect(delivered).rejects.toMatchObject({ kind: 'archive' });
      chmodSync(join(directory, 'tmp'), 0o700);
      expect(readFileSync(join(directory, path))).toEqual(letter);
    });
  });

  it('two hundred messages at once are two hundred files', async () => {
    const maildir = await openMaildir(directory);
    const uids = Array.from({ length: 200 }, (_, index) => index + 1);
    const results = await deliverAll(
      maildir,
      uids.map((uid) => message(uid)),
    );
    expect(results.every((result) => 'path' in result && existsSync(result.path))).toBe(true);
    expect((await maildir.storedUids()).sort((a, b) => a - b)).toEqual(uids);
  });
});
