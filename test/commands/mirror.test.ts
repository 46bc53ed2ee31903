import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';

const many = Number(process.env.MIRROR_MESSAGES ?? 600);
/** UIDs 1, 3, 5 …: every second message was deleted before anything was fetched. */
const folders = { Few: 20, Many: many, Three: 10, Two: 10, One: 10, Back: 6 };

describeWith('dovecot', 'fetch --mirror', () => {
  let provider: Provider;
  let home: Home;
  let usual: CountingProxy;

  beforeAll(async () => {
    provider = await startProvider();
    home = await newHome();
    await provider.login(home, { name: 'club' });
    usual = await proxyWithout();
    for (const [folder, messages] of Object.entries(folders)) {
      for (let index = 0; index < 2 * messages; index += 1) deliver(folder, `letter ${index}`);
    }
    await run(['fetch', '--all-folders', '--dry-run'], { home }); // Dovecot numbers them
    for (const folder of Object.keys(folders)) {
      for (const [index, name] of namesIn(folder).entries()) {
        if (index % 2 === 1) rmSync(join(onServer(folder), name));
      }
    }
    await mirror(usual, '--all-folders');
  });

  /** A proxy, and a config of its name that leads through it. */
  async function proxyWithout(...hide: string[]): Promise<CountingProxy> {
    const { imap, certificates } = provider;
    const proxy = await startCountingProxy(imap.port, certificates, { hide });
    const directory = join(home.config, 'mailctl');
    const text = readFileSync(join(directory, 'config.toml'), 'utf8');
    writeFileSync(
      join(directory, `${proxy.port}.toml`),
      text.replace(/^port = \d+/m, `port = ${proxy.port}`),
    );
    return proxy;
  }

  const onServer = (folder: string) => join(provider.imap.mailDirectory(ada, folder), 'cur');
  const namesIn = (folder: string) => readdirSync(onServer(folder)).sort();
  const deliver = (folder: string, subject: string) =>
    provider.imap.deliver(ada, folder, Buffer.from(`Subject: ${subject}\r\n\r\nHello\r\n`));
  const archived = (...path: string[]) =>
    readdirSync(join(home.data, 'mailctl', 'club', ...path)).sort();
  const mirror = (proxy: CountingProxy, ...args: string[]) => fetch(proxy, '--mirror', ...args);

  async function fetch(proxy: CountingProxy, ...args: string[]) {
    proxy.takeRoundTrips();
    proxy.takeCommands();
    proxy.takeBytes();
    const config = join(home.config, 'mailctl', `${proxy.port}.toml`);
    const { code, stderr, rows } = await run(['fetch', '--json', '--config', config, ...args], {
      home,
      timeoutMs: 60_000,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [roundTrips, bytes] = [proxy.takeRoundTrips(), proxy.takeBytes()];
    return { roundTrips, bytes, commands: proxy.takeCommands(), rows };
  }

  function flagFirst(folder: string, letters: string) {
    const [one = ''] = namesIn(folder);
    renameSync(join(onServer(folder), one), join(onServer(folder), `${one}${letters}`));
  }

  function removeSecond(folder: string) {
    rmSync(join(onServer(folder), namesIn(folder)[1] ?? ''));
  }

  test('costs the same whatever the size of the folder', async () => {
    const begin = ['AUTHENTICATE', 'LIST'];
    const costs = [];
    for (const folder of ['Few', 'Many']) {
      const nothing = await mirror(usual, '--folder', folder);
      expect(nothing.commands).toEqual(begin);
      flagFirst(folder, 'S');
      const flag = await mirror(usual, '--folder', folder);
      expect(flag.rows).toMatchObject([
        { type: 'flags', uid: 1 },
        { type: 'fetched', saved: 0 },
      ]);
      expect(flag.commands).toEqual([...begin, 'ENABLE', 'EXAMINE']);
      removeSecond(folder);
      deliver(folder, 'new');
      const changes = await mirror(usual, '--folder', folder);
      expect(changes.rows.map(({ type }) => type)).toEqual(['saved', 'gone', 'fetched']);
      expect(changes.commands).toEqual([...begin, 'ENABLE', 'EXAMINE', 'UID FETCH', 'UID SEARCH']);
      costs.push([nothing, flag, changes]);
    }
    const [few = [], large = []] = costs;
    expect(few.map(({ roundTrips }) => roundTrips)).toEqual([3, 5, 7]);
    expect(large.map(({ roundTrips }) => roundTrips)).toEqual([3, 5, 7]);
    // Longer numbers, and how many milliseconds the server has taken.
    for (const [index, { bytes }] of large.entries()) {
      expect(Math.abs(bytes - (few[index]?.bytes ?? 0))).toBeLessThan(100);
    }
  });

  test.each([
    { folder: 'Three', hide: [] },
    { folder: 'Two', hide: ['QRESYNC'] },
    { folder: 'One', hide: ['QRESYNC', 'CONDSTORE'] },
  ])('does the same without $hide', async ({ folder, hide }) => {
    const proxy = hide.length === 0 ? usual : await proxyWithout(...hide);
    flagFirst(folder, 'FS');
    removeSecond(folder);
    deliver(folder, 'new');
    const { rows, commands } = await mirror(proxy, '--folder', folder);
    expect(commands.includes('ENABLE')).toBe(hide.length === 0);
    expect(rows.filter(({ type }) => type !== 'fetched')).toMatchObject([
      { type: 'saved', uid: 21 },
      { type: 'flags', uid: 1, flags: expect.arrayContaining(['\\Seen', '\\Flagged']) },
      { type: 'gone', uid: 3, path: expect.stringContaining('/.gone/new/') },
    ]);
    expect(archived(folder, 'cur')).toEqual([expect.stringMatching(/U1\.mailctl:2,FS$/)]);
    expect(archived(folder, 'new')).toHaveLength(9);
    const again = await mirror(proxy, '--folder', folder);
    expect(again.rows).toMatchObject([{ type: 'fetched', saved: 0, skipped: 10 }]);
  });

  test('brings back what is there again', async () => {
    const mailbox = dirname(onServer('Back'));
    const backup = join(home.directory, 'backup');
    execFileSync('cp', ['-a', mailbox, backup]);
    for (const name of namesIn('Back')) rmSync(join(onServer('Back'), name));
    // An empty folder is a mishap: never the reason to remove anything.
    const { rows } = await mirror(usual, '--folder', 'Back', '--prune');
    expect(rows.filter(({ type }) => type === 'gone')).toHaveLength(6);
    expect(archived('Back', '.gone', 'new')).toHaveLength(6);
    expect(archived('Back', 'new')).toEqual([]);

    execFileSync('cp', ['-a', `${backup}/.`, mailbox]);
    const restored = await mirror(usual, '--folder', 'Back');
    expect(restored.rows.map(({ type }) => type)).toEqual([
      ...Array(6).fill('returned'),
      'fetched',
    ]);
    expect(archived('Back', '.gone', 'new')).toEqual([]);
    expect(archived('Back', 'new')).toHaveLength(6);
    const after = await mirror(usual, '--folder', 'Back');
    expect(after.rows).toMatchObject([{ type: 'fetched', saved: 0, skipped: 6 }]);
  });
});
