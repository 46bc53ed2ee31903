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
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encryptedFileStore } from '../../src/auth/stores/encrypted-file.ts';
import { keyRing } from '../../src/auth/stores/store-key.ts';
import type { Credential } from '../../src/auth/token-set.ts';
import { Failure } from '../../src/errors.ts';

const credential: Credential = {
  kind: 'grant',
  address: 'ada@example.org',
  issuer: 'https://login.example.org',
  clientId: 'mailctl',
  clientSecret: 'cs-canary-91',
  tokens: {
    accessToken: 'at-canary-92',
    expiresAt: new Date('2026-11-15T13:00:00.000Z'),
    refreshToken: 'rt-canary-93',
    obtainedAt: new Date('2026-11-15T12:00:00.000Z'),
    grantedAt: new Date('2026-11-01T12:00:00.000Z'),
    scopes: ['email'],
    subject: 'ada',
  },
  previousRefreshToken: 'prt-canary-94',
  rotatedAt: new Date('2026-11-14T12:00:00.000Z'),
};
const key = Buffer.from(Array.from({ length: 32 }, (_, index) => 200 + index));

describe('the encrypted file', () => {
  let directory: string;
  let keyFile: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mailctl-store-'));
    keyFile = join(directory, 'key');
    path = join(directory, 'tokens', 'club.json');
    writeFileSync(keyFile, key);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const store = (name = 'club', file: string | null = keyFile) =>
    encryptedFileStore(name, {
      directory,
      keys: keyRing({
        source: file === null ? null : { kind: 'file', path: file },
        env: {},
        askPassphrase: null,
        secret: null,
      }),
    });
  const failure = async (work: Promise<unknown>): Promise<Failure> => {
    const error: unknown = await work.catch((reason: unknown) => reason);
    if (error instanceof Failure) return error;
    throw new Error('it went well');
  };
  const expectUnreadable = async (content: Buffer) => {
    writeFileSync(path, content);
    const { kind, message, hint } = await failure(store().load());
    expect(kind).toBe('data');
    expect(message).toContain(path);
    expect(message).not.toMatch(/canary/);
    expect(hint).toContain('mailctl login -a club');
    expect(readFileSync(path).equals(content)).toBe(true);
  };
  const files = () => readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();

  it('gives back what was saved, to whoever opens it anew', async () => {
    expect(await store().load()).toBe(null);
    await store().save(credential);
    expect(await store().load()).toEqual(credential);
    const renewed = { ...credential, clientSecret: null };
    await store().save(renewed);
    expect(await store().load()).toEqual(renewed);
    expect(store().description).toContain(path);
  });

  it('is for its owner alone, holds nothing in plain text, and leaves no other file', async () => {
    await store().save(credential);
    expect(files()).toEqual(['key', 'tokens', join('tokens', 'club.json')]);
    const text = readFileSync(path, 'utf8');
    for (const secret of ['canary', 'mailctl"', 'example.org', 'refreshToken']) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString('base64').slice(0, -3));
    }
    if (process.platform === 'win32') return;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'tokens')).mode & 0o777).toBe(0o700);
    chmodSync(path, 0o644);
    await store().save(credential);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is another text each time, as a nonce is never used twice', async () => {
    const texts = new Set<string>();
    for (let time = 0; time < 20; time++) {
      await store().save(credential);
      texts.add(JSON.parse(readFileSync(path, 'utf8')).nonce);
    }
    expect(texts.size).toBe(20);
  });

  it('deletes, and says whether there was anything', async () => {
    expect(await store().delete()).toBe(false);
    await store().save(credential);
    expect(await store().delete()).toBe(true);
    expect(await store().load()).toBe(null);
    expect(await store().delete()).toBe(false);
  });

  it('of one account cannot stand in for another', async () => {
    await store().save(credential);
    writeFileSync(join(directory, 'tokens', 'other.json'), readFileSync(path));
    expect((await failure(store('other').load())).kind).toBe('data');
  });

  it('with another key is told, and stays as it is', async () => {
    await store().save(credential);
    const before = readFileSync(path);
    writeFileSync(keyFile, Buffer.alloc(32, 7));
    expect(await failure(store().load())).toMatchObject({ kind: 'data' });
    expect((await failure(store().load())).message).toContain(path);
    // A login finds it out before the browser opens, so that a good login is not overwritten.
    expect(await failure(store().probe())).toMatchObject({ kind: 'data' });
    expect(readFileSync(path)).toEqual(before);
    writeFileSync(keyFile, key);
    expect(await store().load()).toEqual(credential);
  });

  it('cut at any byte is told, and stays as it is', async () => {
    await store().save(credential);
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length - 1; length++) {
      await expectUnreadable(whole.subarray(0, length));
    }
  });

  it('with any one bit turned is told, and stays as it is', async () => {
    await store().save(credential);
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] = (whole[at] ?? 0) ^ (1 << (at % 8));
      await expectUnreadable(damaged);
    }
  });

  it('with any one byte of its values changed to another letter is told', async () => {
    await store().save(credential);
    const whole = readFileSync(path, 'latin1');
    // The last letters of a base64 text have bits that mean nothing.
    for (const [value] of whole.matchAll(/[A-Za-z0-9+/]{16,}={0,2}/g)) {
      const end = whole.indexOf(value) + value.length;
      for (let at = end - 4; at < end; at++) {
        for (const letter of 'ABCDEFGHQRSTgwxyz0189+/=-_ ') {
          if (letter === whole[at]) continue;
          await expectUnreadable(Buffer.from(whole.slice(0, at) + letter + whole.slice(at + 1)));
        }
      }
    }
  });

  it.each([
    ['empty', ''],
    ['plain text', JSON.stringify(credential)],
    ['null', 'null'],
    ['a list', '[]'],
    ['another format', '{"format":"other","version":1,"nonce":"","tag":"","data":""}'],
    [
      'a later version',
      '{"format":"mailctl-credential","version":2,"nonce":"","tag":"","data":""}',
    ],
    ['nothing in it', '{"format":"mailctl-credential","version":1,"nonce":"","tag":"","data":""}'],
    [
      'a short tag',
      '{"format":"mailctl-credential","version":1,"nonce":"AAAAAAAAAAAAAAAA","tag":"AAAA","data":"AA=="}',
    ],
  ])('that is %s is told, and stays as it is', async (_, text) => {
    mkdirSync(join(directory, 'tokens'));
    await expectUnreadable(Buffer.from(text));
  });

  it('that is a folder is told', async () => {
    mkdirSync(path, { recursive: true });
    const { kind, message } = await failure(store().load());
    expect([kind, message]).toEqual(['store', expect.stringContaining(path)]);
  });

  it('that cannot be written is told', async () => {
    writeFileSync(join(directory, 'tokens'), 'in the way');
    const { kind, message } = await failure(store().save(credential));
    expect([kind, message]).toEqual(['store', expect.stringContaining(path)]);
  });

  describe('is probed before a login', () => {
    it('and keeps no trace of it', async () => {
      await store().probe();
      expect(files()).toEqual(['key', 'tokens']);
      await store().save(credential);
      await store().probe();
      expect(await store().load()).toEqual(credential);
      expect(files()).toEqual(['key', 'tokens', join('tokens', 'club.json')]);
    });

    it('and its key is made where it is missing, for its owner alone', async () => {
      const made = join(directory, 'deep', 'er', 'key');
      await store('club', made).probe();
      const text = readFileSync(made, 'utf8');
      expect(text).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
      if (process.platform !== 'win32') expect(statSync(made).mode & 0o777).toBe(0o600);
      await store('club', made).save(credential);
      await store('club', made).probe();
      expect(readFileSync(made, 'utf8')).toBe(text);
      expect(await store('club', made).load()).toEqual(credential);
    });

    it('and told where it cannot be written', async () => {
      writeFileSync(join(directory, 'tokens'), 'in the way');
      expect(await failure(store().probe())).toMatchObject({ kind: 'store' });
    });
  });

  describe('its key', () => {
    it.each([
      ['32 raw bytes', key],
      ['base64 on a line', `${key.toString('base64')}\n`],
      ['base64 without a line', key.toString('base64')],
      ['base64 with CRLF', `${key.toString('base64')}\r\n`],
      ['base64 between blanks', `  ${key.toString('base64')}  \n\n`],
      ['hexadecimal on a line', `${key.toString('hex')}\n`],
      ['hexadecimal in capitals', key.toString('hex').toUpperCase()],
    ])('may be %s', async (_, content) => {
      await store().save(credential);
      writeFileSync(keyFile, content);
      expect(await store().load()).toEqual(credential);
    });

    it.each([
      ['empty', ''],
      ['31 bytes', Buffer.alloc(31, 1)],
      ['33 bytes', Buffer.alloc(33, 1)],
      ['base64 of 31 bytes', Buffer.alloc(31, 1).toString('base64')],
      ['base64 of 33 bytes', Buffer.alloc(33, 1).toString('base64')],
      ['base64 cut short', key.toString('base64').slice(0, -2)],
      ['hexadecimal cut short', key.toString('hex').slice(0, -1)],
      ['two lines', `${key.toString('base64')}\n${key.toString('base64')}\n`],
      ['a passphrase', 'correct horse battery staple'],
    ])('is not %s', async (_, content) => {
      writeFileSync(keyFile, content);
      for (const work of [() => store().save(credential), () => store().probe()]) {
        const { kind, message } = await failure(work());
        expect([kind, message]).toEqual(['data', expect.stringContaining(keyFile)]);
        expect(message).not.toContain(String(content) || 'nothing');
      }
      expect(existsSync(path)).toBe(false);
      expect(readFileSync(keyFile)).toEqual(Buffer.from(content));
    });

    it('that is gone is told, and none is made in its place', async () => {
      await store().save(credential);
      rmSync(keyFile);
      for (const work of [() => store().load(), () => store().save(credential)]) {
        const { kind, message } = await failure(work());
        expect([kind, message]).toEqual(['store', expect.stringContaining(keyFile)]);
      }
      expect(existsSync(keyFile)).toBe(false);
    });

    it('that is gone while a login is stored is not made anew by a probe', async () => {
      await store().save(credential);
      const before = readFileSync(path);
      rmSync(keyFile);
      expect((await failure(store().probe())).kind).toMatch(/^(data|store)$/);
      expect(readFileSync(path)).toEqual(before);
    });

    it('that nobody has named is asked for', async () => {
      const { kind, hint } = await failure(store('club', null).save(credential));
      expect([kind, hint]).toEqual(['config', expect.stringContaining('--key-file')]);
      expect(await store('club', null).load()).toBe(null);
    });

    it('that is a folder, or a large file, is told', async () => {
      const folder = join(directory, 'folder');
      mkdirSync(folder);
      expect(await failure(store('club', folder).save(credential))).toMatchObject({
        kind: 'store',
        message: expect.stringContaining(folder),
      });
      writeFileSync(keyFile, Buffer.alloc(5000));
      expect(await failure(store().save(credential))).toMatchObject({ kind: 'store' });
    });
  });
});
