import { readFileSync, rmSync } from 'node:fs';
import { appendFile, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { archivedFiles } from '../sandbox/archive-files.ts';
import {
  archivedMessages,
  census,
  filesBelow,
  served,
  sha256,
  temporaryFiles,
} from '../support/archived.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run, startProgram } from '../support/run.ts';
import { variedMessage } from '../support/varied-messages.ts';

const few = 'few@example.org';
const sources = Array.from({ length: 30 }, (_, index) => variedMessage(index));
const messages = sources.map(served);

describeWith('dovecot', 'fetch', () => {
  let provider: Provider;
  let home: Home;

  beforeAll(async () => {
    provider = await startProvider();
    for (const source of sources) provider.imap.deliver(few, 'INBOX', source);
  });
  beforeEach(async () => {
    home = await newHome();
  });

  const archiveOf = () => join(home.data, 'mailctl', 'club');
  const fetch = () => run(['fetch', '--json'], { home, timeoutMs: 60_000 });
  const loginAs = (address: string) => provider.login(home, { address, name: 'club' });

  test.each([
    { kind: 'keep', stored: (bytes: Buffer) => bytes },
    { kind: 'lf', stored: served },
  ])(
    'keeps the bytes: those of `show --raw`, with line endings $kind',
    async ({ kind, stored }) => {
      await loginAs(few);
      const { rows } = await run(['fetch', '--json', '--line-endings', kind], { home });
      for (const row of rows.slice(0, -1).slice(0, 8)) {
        const raw = await run(['show', String(row['uid']), '--raw'], { home });
        expect(raw.stdoutBytes.equals(stored(readFileSync(String(row['path']))))).toBe(true);
        expect(raw.stdoutBytes.length).toBe(row['sizeBytes']);
      }
    },
  );

  test('brings a message of 12 MB whole, asked for in pieces', async () => {
    const address = 'big@example.org';
    const line = `${'0123456789abcdef'.repeat(4)}\r\n`;
    const big = Buffer.from(`Subject: big\r\n\r\n${line.repeat(12_000_000 / line.length)}`);
    provider.imap.deliver(address, 'INBOX', Buffer.from('Subject: small\r\n\r\nsmall\r\n'));
    provider.imap.deliver(address, 'INBOX', big);
    const said = provider.imap.record(address);
    await loginAs(address);

    const { code, rows } = await fetch();
    expect(code).toBe(0);
    expect(rows.find(({ uid }) => uid === 2)).toMatchObject({ sizeBytes: big.length });
    expect(sha256(served(readFileSync(String(rows.find(({ uid }) => uid === 2)?.['path']))))).toBe(
      sha256(big),
    );
    expect(said().match(/BODY\.PEEK\[\]<\d+\.\d+>/g)?.length).toBeGreaterThan(10);
    expect(said()).not.toMatch(/ BODY\[|\bRFC822 |\bSTORE\b|\bSELECT\b/);
  });

  test('does nothing over a damaged memory of what is stored, and says where it is', async () => {
    await loginAs(few);
    await fetch();
    const memory = join(archiveOf(), 'INBOX', '.mailctl.json');
    const good = await readFile(memory, 'utf8');
    for (const damaged of ['', '{', '[]', good.slice(0, -20), good.replace(/"1:\d+"/, '"5:1"')]) {
      await writeFile(memory, damaged);
      const before = filesBelow(home.directory);
      const result = await run(['fetch'], { home });
      expect(result, damaged).toMatchObject({ code: 65, stdout: '' });
      expect(result.stderr).toMatch(/^mailctl: .+\n {2}→ .+\n$/);
      expect(result.stderr).toContain(memory);
      expect(filesBelow(home.directory)).toEqual(before);
      expect(await readFile(memory, 'utf8')).toBe(damaged);
    }
    // The way out that the hint names: what is stored is recognised.
    rmSync(memory);
    expect((await fetch()).rows).toMatchObject([{ saved: 0 }]);
    expect(census(await archivedMessages(archiveOf()))).toEqual(census(messages));
  });

  test('an archive that cannot be written ends it with 74, wherever it cannot', async () => {
    await loginAs(few);
    const config = join(home.config, 'mailctl', 'config.toml');
    const text = await readFile(config, 'utf8');
    await writeFile(join(home.directory, 'file'), '');
    await symlink('/proc/no-such', join(home.directory, 'nowhere'));
    for (const archive of ['file', 'file/archive', 'nowhere', 'nowhere/archive']) {
      const path = join(home.directory, archive);
      await writeFile(config, text.replace('[accounts.club]', `$&\narchive = "${path}"`));
      const result = await run(['fetch'], { home });
      expect(result, archive).toMatchObject({ code: 74, stdout: '' });
      expect(result.stderr).toMatch(/^mailctl: cannot write .+\n(?: {2}→ .+\n)?$/);
    }
  });

  test('a disk that takes no more ends it with 74; with room again, it goes on', async () => {
    const address = 'full@example.org';
    for (const length of [100, 200, 90_000, 300]) {
      provider.imap.deliver(address, 'INBOX', Buffer.from(`\r\n${'x'.repeat(length)}\r\n`));
    }
    await loginAs(address);
    // No file may grow beyond 32 KiB.
    const limited = ['-c', 'ulimit -f 64 && exec "$@"', 'sh', process.execPath];
    const binary = new URL('../../bin/mailctl.js', import.meta.url).pathname;
    const result = await startProgram('sh', [...limited, binary, 'fetch'], { home }).result;
    expect(result).toMatchObject({ code: 74, stdout: '' });
    expect(result.stderr).toMatch(/^mailctl: cannot write .+\n/);
    expect(temporaryFiles(home.directory)).toEqual([]);

    expect((await fetch()).rows.at(-1)).toMatchObject({ failed: 0 });
    expect(
      (await archivedMessages(archiveOf())).map((message) => message.length).sort((a, b) => a - b),
    ).toEqual([104, 204, 304, 90_004]);
  });

  test('tells in one line that the server has renumbered a folder, and fetches only what it does not know', async () => {
    const address = 'moved@example.org';
    for (const source of sources) provider.imap.deliver(address, 'INBOX', source);
    await loginAs(address);
    const first = await fetch();
    const files = await archivedFiles(archiveOf());
    // UIDVALIDITY is the second in which it was made.
    await pause(1100);
    provider.imap.renumber(address, 'INBOX');
    const further = Buffer.from('Subject: further\r\n\r\nonly this one\r\n');
    provider.imap.deliver(address, 'INBOX', further);
    const said = provider.imap.record(address);

    const second = await run(['fetch'], { home });
    expect(second).toMatchObject({ code: 0, stdout: '' });
    expect(second.stderr).toMatch(/^mailctl: .*renumbered INBOX .*\n$/);
    expect(second.stderr).toContain(String(first.rows[0]?.['uidValidity']));
    const all = await archivedFiles(archiveOf());
    expect(all).toHaveLength(messages.length + 1);
    expect(all).toEqual(expect.arrayContaining(files));
    expect(census(await archivedMessages(archiveOf()))).toEqual(census([...messages, further]));
    expect(said().match(/BODY\.PEEK\[\]/g)).toHaveLength(1);
    expect(await run(['fetch'], { home })).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('keeps flags and the time of arrival, and leaves alone what is not its own', async () => {
    const address = 'flags@example.org';
    const internalDate = new Date('2026-03-04T05:06:07Z');
    const message = Buffer.from('Subject: flagged\r\n\r\n.\r\n');
    provider.imap.deliver(address, 'INBOX', message, {
      flags: ['\\Seen', '\\Flagged'],
      internalDate,
    });
    provider.imap.deliver(address, 'INBOX', message);
    await loginAs(address);
    await fetch();
    const [read, unread] = (await archivedFiles(archiveOf())).sort();
    expect(read).toMatch(/\/cur\/1772600767\..*:2,FS$/);
    expect(unread).toMatch(/\/new\/[^:]*$/);

    await appendFile(join(archiveOf(), 'INBOX', 'tmp', 'of-another-program'), 'x');
    await appendFile(join(archiveOf(), 'INBOX', 'new', '123.of-another-program'), 'x');
    expect((await fetch()).code).toBe(0);
    expect(temporaryFiles(home.directory)).toHaveLength(1);
    expect(await archivedFiles(archiveOf())).toHaveLength(3);
  });
});
