import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { archivedFiles } from '../sandbox/archive-files.ts';
import { sha256, temporaryFiles } from '../support/archived.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run, start } from '../support/run.ts';
import { seededRandom } from '../support/varied-messages.ts';

const seed = Number(process.env.FETCH_SEED ?? 20261124);
/** Which of the kills, as on a machine that is needed for other things: `21-40`. */
const [first = 1, last = 200] = (process.env.FETCH_KILLS ?? '1-200').split('-').map(Number);

const count = 10_000;
const sources = Array.from({ length: count }, (_, index) => {
  const line = `${index} ${'0123456789abcdef'.repeat(4)}\r\n`;
  return Buffer.from(`Subject: ${index}\r\n\r\n${line.repeat(Math.ceil(4000 / line.length))}`);
});

/** All an archive knows and has: names, bytes, the memory, and a row of the index for each. */
interface Whole {
  readonly files: ReadonlyMap<string, string>;
  readonly memory: unknown;
  readonly rows: ReadonlyMap<number, string>;
}

describeWith('dovecot', `fetch of ${count} messages with 4 connections, killed`, () => {
  let provider: Provider;
  let home: Home;
  beforeAll(async () => {
    provider = await startProvider();
    for (const [index, source] of sources.entries()) {
      provider.imap.deliver(ada, 'INBOX', source, { flags: index % 3 === 0 ? ['\\Seen'] : [] });
    }
    home = await newHome();
    await provider.login(home, { name: 'club' });
  });

  /**
   * Each time in a place of its own, far from the one before: near files that were removed a moment
   * ago, ext4 makes new ones up to 35 times as slowly.
   */
  let archive: string;
  let archives = 0;
  function moveOn(): void {
    if (archives > 0) rmSync(archive, { recursive: true });
    archives += 1;
    const places = join(home.directory, 'archives');
    mkdirSync(places, { recursive: true });
    spawnSync('chattr', ['+T', places]); // other file systems need it not
    archive = join(places, String(archives), 'club');
    const path = join(home.config, 'mailctl', 'config.toml');
    const config = readFileSync(path, 'utf8').replace(/^archive = .*\n/m, '');
    writeFileSync(
      path,
      config.replace('[accounts.club]\n', () => `[accounts.club]\narchive = "${archive}"\n`),
    );
  }
  const fetch = ['fetch', '--connections', '4', '--json'];

  async function whole(): Promise<Whole> {
    const box = join(archive, 'INBOX');
    const index = readFileSync(join(box, '.mailctl.index'), 'utf8').split('\n');
    const rows = index.flatMap((line) => {
      // A row that a kill has cut stays; it is followed by a whole one.
      if (!line.endsWith('}')) return [];
      // What only the server says of a message is not asked again for one that is there.
      const row = { ...JSON.parse(line), serverBytes: null };
      return [[Number(row.uid), JSON.stringify(Object.entries(row).sort())] as const];
    });
    const paths = await archivedFiles(box);
    return {
      files: new Map(paths.map((path) => [relative(box, path), sha256(readFileSync(path))])),
      memory: JSON.parse(readFileSync(join(box, '.mailctl.json'), 'utf8')),
      rows: new Map(rows.sort(([a], [b]) => a - b)),
    };
  }

  test(`at 200 moments, it ends each time with the same archive (seed ${seed}, ${first} to ${last})`, async () => {
    moveOn();
    const began = performance.now();
    expect(await run(fetch, { home, timeoutMs: 120_000 })).toMatchObject({ code: 0, stderr: '' });
    let runMs = performance.now() - began;
    const wanted = await whole();
    expect(wanted.files.size).toBe(count);
    const sizes = new Map(
      [...wanted.files.keys()].map((name) => [name, statSync(join(archive, 'INBOX', name)).size]),
    );

    const visible: number[] = [];
    for (let kill = first; kill <= last; kill += 1) {
      const about = `kill ${kill}`;
      moveOn();
      const moment = seededRandom(seed + kill)();
      const startedAt = performance.now();
      const running = start(fetch, { home, timeoutMs: 120_000 });
      await pause(moment * runMs);
      running.kill('SIGKILL');
      const { signal } = await running.result;
      if (signal !== 'SIGKILL') {
        // It was faster than the one before: again, sooner.
        runMs = performance.now() - startedAt;
        kill -= 1;
        continue;
      }
      const box = join(archive, 'INBOX');
      const there = existsSync(box) ? await archivedFiles(box) : [];
      for (const path of there) {
        expect(statSync(path).size, about).toBe(sizes.get(relative(box, path)));
      }
      visible.push(there.length);

      const againAt = performance.now();
      const again = await run(fetch, { home, timeoutMs: 120_000 });
      expect(again, about).toMatchObject({ code: 0, stderr: '' });
      if (there.length === 0) runMs = performance.now() - againAt;
      const found = await whole();
      expect(difference(found, wanted), about).toEqual([]);
      expect(temporaryFiles(home.directory), about).toEqual([]);
      const { rows } = await run(fetch, { home });
      expect(rows, about).toMatchObject([{ saved: 0, skipped: count, failed: 0 }]);
    }
    const some = visible.filter((number) => number > 0 && number < count).length;
    process.stderr.write(
      `${visible.length} kills, ${some} of them with some messages stored: ${visible.join(' ')}\n`,
    );
  });
});

/** Not by toEqual, which would take minutes to say where ten thousand files differ. */
function difference(found: Whole, wanted: Whole): string[] {
  const differing = <K>(one: ReadonlyMap<K, string>, other: ReadonlyMap<K, string>) =>
    [...new Set([...one.keys(), ...other.keys()])].filter((key) => one.get(key) !== other.get(key));
  return [
    ...differing(found.files, wanted.files).map((name) => `file ${name}`),
    ...differing(found.rows, wanted.rows).map((uid) => `row ${uid}`),
    ...(isDeepStrictEqual(found.memory, wanted.memory)
      ? []
      : [`the memory: ${JSON.stringify([found.memory, wanted.memory])}`]),
  ];
}
