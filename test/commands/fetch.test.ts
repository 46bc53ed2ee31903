import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { appendFile, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { archivedFiles } from '../sandbox/archive-files.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run, start, startProgram } from '../support/run.ts';
import { seededRandom, variedMessage } from '../support/varied-messages.ts';

const many = 'many@example.org';
const few = 'few@example.org';
const manyMessages = Array.from({ length: 2000 }, (_, index) => served(variedMessage(index)));
const fewMessages = manyMessages.slice(0, 30);
const seed = Number(process.env.FETCH_SEED ?? 20261123);

/** As Dovecot serves a file: each line end is that of the network. */
function served(message: Buffer): Buffer {
  return Buffer.from(message.toString('latin1').replace(/(?<!\r)\n/g, '\r\n'), 'latin1');
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describeWith('dovecot', 'fetch', () => {
  let provider: Provider;
  let home: Home;

  beforeAll(async () => {
    provider = await startProvider();
    for (let index = 0; index < manyMessages.length; index += 1) {
      provider.imap.deliver(many, 'INBOX', variedMessage(index));
      if (index < fewMessages.length) provider.imap.deliver(few, 'INBOX', variedMessage(index));
    }
  });
  beforeEach(async () => {
    home = await newHome();
  });

  const archiveOf = (name = 'club') => join(home.data, 'mailctl', name);
  const fetch = (...args: string[]) =>
    run(['fetch', '--json', ...args], { home, timeoutMs: 60_000 });
  const loginAs = (address: string) => provider.login(home, { address, name: 'club' });
  /** How often each message is there, by the digest of its bytes. */
  const census = (messages: readonly Buffer[]) => {
    const counts = new Map<string, number>();
    for (const message of messages) {
      const key = sha256(message);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  };
  const stored = async () => {
    const files = existsSync(archiveOf()) ? await archivedFiles(archiveOf()) : [];
    return Promise.all(files.map((path) => readFile(path)));
  };
  const tree = (directory: string): string[] =>
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
      .sort();
  const temporaryFiles = () =>
    tree(home.directory).filter((path) => /(^|\/)tmp\/|\.tmp$/.test(path));

  test('stores 2,000 messages with the bytes of the server, and nothing the second time', async () => {
    await loginAs(many);
    const before = tree(home.directory);
    const first = await fetch();

    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.rows.at(-1)).toEqual({
      type: 'fetched',
      folder: 'INBOX',
      saved: manyMessages.length,
      skipped: 0,
      failed: 0,
    });
    expect(first.rows).toHaveLength(manyMessages.length + 1);
    expect(census(await stored())).toEqual(census(manyMessages));
    for (const row of first.rows.slice(0, -1)) {
      expect(sha256(readFileSync(String(row['path'])))).toBe(
        sha256(manyMessages[Number(row['uid']) - 1] ?? Buffer.of()),
      );
    }
    expect(temporaryFiles()).toEqual([]);
    const archive = relative(home.directory, archiveOf());
    const outside = tree(home.directory).filter((path) => !path.startsWith(`${archive}/`));
    expect(outside).toEqual(before);

    const after = tree(home.directory);
    const second = await fetch();
    expect(second.rows).toEqual([{ ...first.rows.at(-1), saved: 0, skipped: manyMessages.length }]);
    expect(tree(home.directory)).toEqual(after);
  });

  test('keeps the bytes exactly: those of `show --raw`', async () => {
    await loginAs(few);
    const { rows } = await fetch();
    for (const row of rows.slice(0, -1).slice(0, 8)) {
      const raw = await run(['show', String(row['uid']), '--raw'], { home });
      expect(raw.stdoutBytes.equals(readFileSync(String(row['path'])))).toBe(true);
      expect(raw.stdoutBytes.length).toBe(row['sizeBytes']);
    }
  });

  test(`killed ten times, it ends with each message once and whole (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    await loginAs(many);
    const wanted = census(manyMessages);
    const begun = () =>
      ['tmp', 'new', 'cur']
        .map((part) => join(archiveOf(), 'INBOX', part))
        .reduce((sum, path) => sum + (existsSync(path) ? readdirSync(path).length : 0), 0);

    for (let kill = 0; kill < 10; kill += 1) {
      // Some moments before anything is written, most when so many files are there.
      const atCount = kill === 0 ? 0 : Math.floor((kill - 1 + random()) * 200);
      const running = start(['fetch'], { home });
      while (running.child.exitCode === null && begun() < atCount) await pause(1);
      await pause(random() * (kill === 0 ? 300 : 60));
      running.kill('SIGKILL');
      expect(await running.result, `kill ${kill}`).toMatchObject({ signal: 'SIGKILL' });
      // What has its final name is whole, at any moment.
      for (const [key, count] of census(await stored())) {
        expect(wanted.get(key), `after kill ${kill}`).toBeGreaterThanOrEqual(count);
      }
    }
    const last = await fetch();
    expect(last).toMatchObject({ code: 0, stderr: '' });
    expect(census(await stored())).toEqual(wanted);
    expect(temporaryFiles()).toEqual([]);
    expect((await fetch()).rows).toMatchObject([{ saved: 0, skipped: manyMessages.length }]);
  });

  test('runs one at a time on an archive', async () => {
    await loginAs(many);
    const first = start(['fetch', '--json'], { home, timeoutMs: 60_000 });
    await first.waitForStdout(/"saved"/);
    first.kill('SIGSTOP');
    const second = start(['fetch', '--json'], { home, timeoutMs: 60_000 });
    const files = (await archivedFiles(archiveOf())).length;
    await pause(1500);
    expect(second.child.exitCode).toBe(null);
    expect(await archivedFiles(archiveOf())).toHaveLength(files);
    first.kill('SIGCONT');

    const [one, two] = await Promise.all([first.result, second.result]);
    expect([one.code, two.code]).toEqual([0, 0]);
    expect(one.rows.at(-1)).toMatchObject({ saved: manyMessages.length });
    expect(two.rows).toMatchObject([{ saved: 0, skipped: manyMessages.length }]);
    expect(census(await stored())).toEqual(census(manyMessages));
  });

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
    expect(sha256(readFileSync(String(rows.find(({ uid }) => uid === 2)?.['path'])))).toBe(
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
      const before = tree(home.directory);
      const result = await run(['fetch'], { home });
      expect(result, damaged).toMatchObject({ code: 65, stdout: '' });
      expect(result.stderr).toMatch(/^mailctl: .+\n {2}→ .+\n$/);
      expect(result.stderr).toContain(memory);
      expect(tree(home.directory)).toEqual(before);
      expect(await readFile(memory, 'utf8')).toBe(damaged);
    }
    // The way out that the hint names: what is stored is recognised.
    rmSync(memory);
    expect((await fetch()).rows).toMatchObject([{ saved: 0 }]);
    expect(census(await stored())).toEqual(census(fewMessages));
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
    expect(temporaryFiles()).toEqual([]);

    expect((await fetch()).rows.at(-1)).toMatchObject({ failed: 0 });
    expect((await stored()).map((message) => message.length).sort((a, b) => a - b)).toEqual([
      104, 204, 304, 90_004,
    ]);
  });

  test('tells in one line that the server has renumbered a folder, and fetches it anew', async () => {
    const address = 'moved@example.org';
    for (const message of fewMessages) provider.imap.deliver(address, 'INBOX', message);
    await loginAs(address);
    const first = await fetch();
    const files = await archivedFiles(archiveOf());
    // UIDVALIDITY is the second in which it was made.
    await pause(1100);
    provider.imap.renumber(address, 'INBOX');

    const second = await run(['fetch'], { home });
    expect(second).toMatchObject({ code: 0, stdout: '' });
    expect(second.stderr).toMatch(/^mailctl: .*renumbered INBOX .*\n$/);
    expect(second.stderr).toContain(String(first.rows[0]?.['uidValidity']));
    const all = await archivedFiles(archiveOf());
    expect(all).toHaveLength(2 * fewMessages.length);
    expect(all).toEqual(expect.arrayContaining(files));
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
    expect(temporaryFiles()).toHaveLength(1);
    expect(await archivedFiles(archiveOf())).toHaveLength(3);
  });
});
