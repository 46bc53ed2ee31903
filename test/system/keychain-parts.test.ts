import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { inParts } from '../../src/system/keychain-parts.ts';
import { platformKeychain } from '../../src/system/platform-keychain.ts';
import type { Keychain } from '../../src/system/system.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { describeWith } from '../support/parts.ts';
import { newHome } from '../support/run.ts';
import { startSecretService } from '../support/secret-service.ts';

const directory = mkdtempSync(join(tmpdir(), 'mailctl-parts-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let stores = 0;

class Crash extends Error {}

/** A keychain of files that takes entries of so many bytes, and can die at a call. */
function shortKeychain(maxBytes: number) {
  stores += 1;
  const folder = join(directory, String(stores));
  mkdirSync(folder);
  const path = (key: string) => join(folder, createHash('sha256').update(key).digest('hex'));
  let callsLeft = Number.POSITIVE_INFINITY;
  const call = () => {
    if (callsLeft-- <= 0) throw new Crash('killed');
  };
  const keychain: Keychain = {
    async get(key) {
      call();
      return existsSync(path(key)) ? readFileSync(path(key), 'utf8') : null;
    },
    async set(key, secret) {
      call();
      if (Buffer.byteLength(secret) > maxBytes) throw new Error('the entry is too long');
      writeFileSync(path(key), secret);
    },
    async delete(key) {
      call();
      if (existsSync(path(key))) {
        rmSync(path(key));
        return true;
      }
      return false;
    },
  };
  return {
    keychain,
    entries: () => readdirSync(folder).length,
    dieAfter: (calls: number) => {
      callsLeft = calls;
    },
  };
}

const maxBytes = 64;
/** Of a few parts at most, all characters, among them those of a header. */
const secret = fc.oneof(
  { arbitrary: fc.string({ unit: 'grapheme', maxLength: 120 }), weight: 5 },
  { arbitrary: fc.string({ unit: 'grapheme-ascii', minLength: 60, maxLength: 400 }), weight: 5 },
  { arbitrary: fc.constantFrom('mailctl-parts 1 a 3', 'mailctl-parts 1 b 0', ''), weight: 1 },
);

const partsOf = (text: string) => {
  const bytes = Buffer.byteLength(text);
  return bytes <= maxBytes && !text.startsWith('mailctl-parts') ? 0 : Math.ceil(bytes / 48);
};

describe('a secret longer than an entry of the keychain', () => {
  it('is given back as it was, and no longer one leaves anything behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(secret), { minLength: 1, maxLength: 6 }),
        async (writes) => {
          const { keychain, entries } = shortKeychain(maxBytes);
          const parts = inParts(keychain, maxBytes);
          await keychain.set('other', 'untouched');
          for (const [index, text] of writes.entries()) {
            if (text === null) {
              const before = writes[index - 1] ?? null;
              expect(await parts.delete('club')).toBe(before !== null);
            } else {
              await parts.set('club', text);
            }
            expect(await parts.get('club')).toBe(text);
            expect(entries() - 1).toBe(text === null ? 0 : 1 + partsOf(text));
            expect(await keychain.get('other')).toBe('untouched');
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is the old or the new one wherever the writing of it dies, and is mended by the next', async () => {
    await fc.assert(
      fc.asyncProperty(secret, secret, secret, async (first, second, third) => {
        for (let calls = 0, died = true; died; calls++) {
          const { keychain, entries, dieAfter } = shortKeychain(maxBytes);
          const parts = inParts(keychain, maxBytes);
          await parts.set('club', first);
          dieAfter(calls);
          died = await parts.set('club', second).then(
            () => false,
            (error: unknown) => {
              if (!(error instanceof Crash)) throw error;
              return true;
            },
          );
          dieAfter(Number.POSITIVE_INFINITY);
          expect(died ? [first, second] : [second]).toContain(await parts.get('club'));
          await parts.set('club', third);
          expect(await parts.get('club')).toBe(third);
          expect(entries()).toBe(1 + partsOf(third));
          await parts.delete('club');
          expect(entries()).toBe(0);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is whole or gone wherever the deleting of it dies', async () => {
    await fc.assert(
      fc.asyncProperty(secret, async (text) => {
        for (let calls = 0, died = true; died; calls++) {
          const { keychain, entries, dieAfter } = shortKeychain(maxBytes);
          const parts = inParts(keychain, maxBytes);
          await parts.set('club', text);
          dieAfter(calls);
          died = await parts.delete('club').then(
            () => false,
            () => true,
          );
          dieAfter(Number.POSITIVE_INFINITY);
          expect([text, null]).toContain(await parts.get('club'));
          await parts.delete('club');
          expect(entries()).toBe(0);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describeWith('secretService', 'on a real Secret Service', () => {
  it('a secret longer than an entry is kept as on Windows, and shorter ones leave nothing', async () => {
    const home = await newHome();
    const service = await startSecretService({ directory: home.directory, state: 'unlocked' });
    cleanUpLater(service.close);
    // libsecret looks for it when it is first used, which is here.
    process.env.DBUS_SESSION_BUS_ADDRESS = service.env.DBUS_SESSION_BUS_ADDRESS;
    const keychain = platformKeychain('linux');
    const parts = platformKeychain('win32');
    const long = 'ä'.repeat(3000);
    await parts.set('club', long);
    expect(await parts.get('club')).toBe(long);
    expect(await keychain.get('club')).toMatch(/^mailctl-parts 1 a 4$/);
    await parts.set('club', 'short');
    expect(await parts.get('club')).toBe('short');
    expect(await keychain.get('club part a0')).toBe(null);
    expect(await keychain.get('club part a3')).toBe(null);
    expect(await parts.delete('club')).toBe(true);
    expect(await parts.get('club')).toBe(null);
  });
});
