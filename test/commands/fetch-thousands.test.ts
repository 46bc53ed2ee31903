import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
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
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run, start } from '../support/run.ts';
import { seededRandom, variedMessage } from '../support/varied-messages.ts';

const sources = Array.from({ length: 2000 }, (_, index) => variedMessage(index));
const messages = sources.map(served);
const seed = Number(process.env.FETCH_SEED ?? 20261123);

describeWith('dovecot', 'fetch, of 2,000 messages', () => {
  let provider: Provider;
  let home: Home;

  beforeAll(async () => {
    provider = await startProvider();
    for (const source of sources) provider.imap.deliver(ada, 'INBOX', source);
  });
  beforeEach(async () => {
    home = await newHome();
    await provider.login(home, { name: 'club' });
  });

  const archiveOf = () => join(home.data, 'mailctl', 'club');
  const fetch = () => run(['fetch', '--json'], { home, timeoutMs: 60_000 });

  test('stores each with the bytes of the server, and nothing the second time', async () => {
    const before = filesBelow(home.directory);
    const first = await fetch();

    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.rows.at(-1)).toEqual({
      type: 'fetched',
      folder: 'INBOX',
      saved: messages.length,
      skipped: 0,
      failed: 0,
    });
    expect(first.rows).toHaveLength(messages.length + 1);
    expect(census(await archivedMessages(archiveOf()))).toEqual(census(messages));
    for (const row of first.rows.slice(0, -1)) {
      expect(sha256(served(readFileSync(String(row['path']))))).toBe(
        sha256(messages[Number(row['uid']) - 1] ?? Buffer.of()),
      );
    }
    expect(temporaryFiles(home.directory)).toEqual([]);
    const archive = relative(home.directory, archiveOf());
    const outside = filesBelow(home.directory).filter((path) => !path.startsWith(`${archive}/`));
    expect(outside).toEqual(before);

    const after = filesBelow(home.directory);
    const second = await fetch();
    expect(second.rows).toEqual([{ ...first.rows.at(-1), saved: 0, skipped: messages.length }]);
    expect(filesBelow(home.directory)).toEqual(after);
  });

  test(`killed ten times, it ends with each message once and whole (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const wanted = census(messages);
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
      for (const [key, count] of census(await archivedMessages(archiveOf()))) {
        expect(wanted.get(key), `after kill ${kill}`).toBeGreaterThanOrEqual(count);
      }
    }
    const last = await fetch();
    expect(last).toMatchObject({ code: 0, stderr: '' });
    expect(census(await archivedMessages(archiveOf()))).toEqual(wanted);
    expect(temporaryFiles(home.directory)).toEqual([]);
    expect((await fetch()).rows).toMatchObject([{ saved: 0, skipped: messages.length }]);
  });

  test('runs one at a time on an archive', async () => {
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
    expect(one.rows.at(-1)).toMatchObject({ saved: messages.length });
    expect(two.rows).toMatchObject([{ saved: 0, skipped: messages.length }]);
    expect(census(await archivedMessages(archiveOf()))).toEqual(census(messages));
  });
});
