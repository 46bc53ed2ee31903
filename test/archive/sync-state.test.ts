import {
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
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  emptyState,
  loadSyncState as load,
  type SyncState,
  savingState,
  stateFile,
} from '../../src/archive/sync-state.ts';
import { WritingThread } from '../../src/archive/writing-thread.ts';
import { Failure } from '../../src/errors.ts';
import { UidSet } from '../../src/uid-set.ts';

const fileName = '.mailctl.json';
const loadSyncState = (directory: string) => load(stateFile(directory, 'maildir'));
const writing = new WritingThread(new URL('../../dist/writing-thread-program.js', import.meta.url));
const saveSyncState = (directory: string, state: SyncState) =>
  writing.durably(
    [{ kind: 'folder', path: directory }],
    [savingState(stateFile(directory, 'maildir'), state)],
  );

const state: SyncState = {
  address: 'ada@example.org',
  mailbox: 'Projects/Lighthouse',
  uidValidity: 4_294_967_295,
  server: 'imap.example.org',
  stored: UidSet.of([1, 2, 3, 7, 4_294_967_295]),
  gone: UidSet.of([2]),
  unsure: UidSet.of([8]),
  complete: { messages: 4, uidNext: 4_294_967_295, highestModseq: '9223372036854775807' },
  modseq: '9223372036854775807',
  position: null,
  failures: [{ uid: 5, reason: 'the server did not send it', attempts: 2 }],
};

describe('what an archive remembers of a mailbox', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mailctl-state-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const path = () => join(directory, fileName);
  const failure = async (): Promise<Failure> => {
    const error: unknown = await loadSyncState(directory).catch((reason: unknown) => reason);
    if (error instanceof Failure) return error;
    throw new Error('it was read');
  };

  it('is nothing where nothing was fetched, also where the folder is not there', async () => {
    expect(await loadSyncState(directory)).toBe(null);
    expect(await loadSyncState(join(directory, 'not', 'there'))).toBe(null);
  });

  it('is read as it was written', async () => {
    await saveSyncState(directory, state);
    expect(await loadSyncState(directory)).toMatchObject({
      ...state,
      stored: expect.anything(),
      gone: expect.anything(),
    });
    expect((await loadSyncState(directory))?.stored.toString()).toBe('1:3,7,4294967295');
    expect(readFileSync(path(), 'utf8')).toMatch(/^\{"version":2,.*\}\n$/);
  });

  it('is read as it was written, whatever the mailbox and its UIDs', async () => {
    const anyState = fc.record({
      address: fc.string({ unit: 'grapheme' }),
      mailbox: fc.string({ unit: 'binary' }),
      uidValidity: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      uids: fc.array(fc.integer({ min: 1, max: 2 ** 32 - 1 })),
    });
    await fc.assert(
      fc.asyncProperty(anyState, async ({ uids, ...rest }) => {
        await saveSyncState(directory, { ...emptyState(rest), stored: UidSet.of(uids) });
        const { stored, ...loaded } = (await loadSyncState(directory)) ?? {};
        expect(loaded).toMatchObject(rest);
        expect(stored?.toString()).toBe(UidSet.of(uids).toString());
      }),
      { numRuns: 40 },
    );
  });

  it('is for its owner alone, and leaves no other file behind', async () => {
    await saveSyncState(join(directory, 'new', 'folder'), state);
    await saveSyncState(directory, state);
    await saveSyncState(directory, { ...state, stored: UidSet.empty });
    expect(readdirSync(directory).sort()).toEqual([fileName, 'new']);
    if (process.platform === 'win32') return;
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'new')).mode & 0o777).toBe(0o700);
  });

  const good = { version: 1, address: 'a', mailbox: 'INBOX', uidValidity: 1, stored: '1:5' };
  it.each([
    ['empty', ''],
    ['a blank', ' '],
    ['NUL bytes, as after a power cut', '\0'.repeat(60)],
    ['no JSON', 'version = 1'],
    ['half of it', JSON.stringify(good).slice(0, 30)],
    ['twice', JSON.stringify(good).repeat(2)],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"1"'],
    ['an empty object', '{}'],
    ['a newer version', JSON.stringify({ ...good, version: 3 })],
    ['version 2 without what it has', JSON.stringify({ ...good, version: 2 })],
    ['a version in quotes', JSON.stringify({ ...good, version: '1' })],
    ['no address', JSON.stringify({ ...good, address: undefined })],
    ['a number for the mailbox', JSON.stringify({ ...good, mailbox: 1 })],
    ['UIDVALIDITY 0', JSON.stringify({ ...good, uidValidity: 0 })],
    ['UIDVALIDITY below 0', JSON.stringify({ ...good, uidValidity: -1 })],
    ['half a UIDVALIDITY', JSON.stringify({ ...good, uidValidity: 1.5 })],
    ['a UIDVALIDITY of 33 bits', JSON.stringify({ ...good, uidValidity: 2 ** 32 })],
    ['UIDVALIDITY in quotes', JSON.stringify({ ...good, uidValidity: '1' })],
    ['no UIDs', JSON.stringify({ ...good, stored: null })],
    ['UIDs reversed', JSON.stringify({ ...good, stored: '5:1' })],
    ['UIDs overlapping', JSON.stringify({ ...good, stored: '1:5,3' })],
    ['UID 0', JSON.stringify({ ...good, stored: '0:5' })],
    ['a UID of 33 bits', JSON.stringify({ ...good, stored: '1:4294967296' })],
    ['a star', JSON.stringify({ ...good, stored: '1:*' })],
    ['UIDs as a list', JSON.stringify({ ...good, stored: [1, 2] })],
    ['JSON with a __proto__', '{"__proto__":{"version":1}}'],
  ])('%s is told with its path and left as it is', async (_, text) => {
    writeFileSync(path(), text);
    const { kind, message, hint } = await failure();
    expect(kind).toBe('data');
    expect(message).toContain(path());
    expect(message).not.toMatch(/\n/);
    expect(hint).toMatch(/remove it/);
    expect(readFileSync(path(), 'utf8')).toBe(text);
  });

  it('cut at any byte is told, never half believed', async () => {
    await saveSyncState(directory, state);
    const whole = readFileSync(path());
    for (let length = 0; length < whole.length - 1; length++) {
      writeFileSync(path(), whole.subarray(0, length));
      expect(await failure()).toMatchObject({ kind: 'data' });
    }
  });

  it('a folder, or a huge file, in its place is told', async () => {
    mkdirSync(path());
    expect(await failure()).toMatchObject({ kind: 'data' });
    rmSync(path(), { recursive: true });
    writeFileSync(path(), `{"a":"${'x'.repeat(65 << 20)}"}`);
    expect(await failure()).toMatchObject({ kind: 'data' });
  });

  it('of the first version is still read', async () => {
    writeFileSync(path(), JSON.stringify(good));
    const loaded = await loadSyncState(directory);
    expect(loaded).toMatchObject({ uidValidity: 1, complete: null, failures: [] });
    expect(loaded?.stored.toString()).toBe('1:5');
  });

  it('what cannot be written is told, and the old memory stays', async () => {
    await saveSyncState(directory, state);
    const inTheWay = join(directory, fileName);
    await expect(saveSyncState(inTheWay, state)).rejects.toMatchObject({
      kind: 'archive',
      message: expect.stringContaining(inTheWay),
    });
    expect((await loadSyncState(directory))?.uidValidity).toBe(state.uidValidity);
  });

  it('a field of a later version is no reason to refuse', async () => {
    writeFileSync(path(), JSON.stringify({ ...good, modseq: 7 }));
    expect(await loadSyncState(directory)).toMatchObject({ mailbox: 'INBOX' });
  });
});
