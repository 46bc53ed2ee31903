import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts';
import { describeWith } from '../support/parts.ts';
import { ada, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';

/** How often a person waits for the server once TCP and TLS stand; the README has these numbers. */
describeWith('dovecot', 'the cost in round trips', () => {
  let home: Home;
  let usual: CountingProxy;
  let without: CountingProxy;
  let configFile: string;
  let deliver: (folder: string, index: number) => void;

  beforeAll(async () => {
    const provider = await startProvider();
    const message = (index: number) =>
      Buffer.from(`From: bea@example.net\r\nSubject: letter ${index}\r\n\r\nHello\r\n`);
    deliver = (folder, index) => provider.imap.deliver(ada, folder, message(index));
    for (let index = 0; index < 30; index += 1) deliver('INBOX', index);
    for (let index = 0; index < 195; index += 1) {
      provider.imap.createMailbox(ada, `Folder${index}`);
    }
    deliver('Folder7', 7);
    home = await newHome();
    await provider.login(home);
    usual = await startCountingProxy(provider.imap.port, provider.certificates);
    without = await startCountingProxy(provider.imap.port, provider.certificates, {
      hide: ['LIST-STATUS'],
    });
    configFile = join(home.config, 'mailctl', 'config.toml');
    const direct = readFileSync(configFile, 'utf8');
    for (const [name, { port }] of [
      ['config.toml', usual],
      ['without.toml', without],
    ] as const) {
      const text = direct.replace(/^port = \d+/m, `port = ${port}`);
      writeFileSync(join(home.config, 'mailctl', name), text);
    }
  });

  async function cost(proxy: CountingProxy, ...args: string[]) {
    proxy.takeRoundTrips();
    proxy.takeCommands();
    const config =
      proxy === usual ? [] : ['--config', join(home.config, 'mailctl', 'without.toml')];
    const { code, stdout, stderr, rows } = await run([...args, '--json', ...config], { home });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toBe('');
    return { roundTrips: proxy.takeRoundTrips(), commands: proxy.takeCommands(), rows };
  }

  const begin = ['AUTHENTICATE', 'ID', 'NAMESPACE'];

  test('list: greeting, login, ID, NAMESPACE, EXAMINE, FETCH', async () => {
    const { roundTrips, commands, rows } = await cost(usual, 'list');
    expect(rows).toHaveLength(20);
    expect(commands).toEqual([...begin, 'EXAMINE', 'FETCH']);
    expect(roundTrips).toBe(6);
  });

  test('search: one more, and one less for --uids or --count', async () => {
    const found = await cost(usual, 'search', 'subject:letter');
    expect(found.rows).toHaveLength(30);
    expect(found.commands).toEqual([...begin, 'EXAMINE', 'UID SEARCH', 'UID FETCH']);
    expect(found.roundTrips).toBe(7);
    expect((await cost(usual, 'search', 'subject:letter', '--uids')).roundTrips).toBe(6);
    const counted = await cost(usual, 'search', 'subject:letter', '--count');
    expect(counted.rows).toMatchObject([{ type: 'count', messages: 30 }]);
    expect(counted.roundTrips).toBe(6);
  });

  test('folders, 200 of them with their counts: one LIST', async () => {
    const { roundTrips, commands, rows } = await cost(usual, 'folders');
    expect(rows.length).toBeGreaterThanOrEqual(200);
    expect(rows.find(({ path }) => path === 'Folder7')).toMatchObject({ messages: 1, unseen: 1 });
    expect(commands).toEqual([...begin, 'LIST']);
    expect(roundTrips).toBe(5);
  });

  test('folders of a server without LIST-STATUS: counts only where they are asked for', async () => {
    const { roundTrips, commands, rows } = await cost(without, 'folders');
    expect(rows.length).toBeGreaterThanOrEqual(200);
    expect(rows.find(({ path }) => path === 'Folder7')).toMatchObject({
      messages: null,
      unseen: null,
      uidNext: null,
      uidValidity: null,
    });
    expect(commands).toEqual([...begin, 'LIST']);
    expect(roundTrips).toBe(5);

    const counted = await cost(without, 'folders', '--counts');
    expect(counted.rows.find(({ path }) => path === 'Folder7')).toMatchObject({ messages: 1 });
    expect(counted.roundTrips).toBe(5 + counted.rows.length);
  });

  test('fetch: as list, but messages come with EXAMINE; nothing new is one LIST', async () => {
    const fetch = () => cost(usual, 'fetch', '--folder', 'Folder7');
    const begin = ['AUTHENTICATE'];
    const first = await fetch();
    expect(first.commands).toEqual([...begin, 'LIST', 'EXAMINE', 'UID FETCH']);
    deliver('Folder7', 8);
    const next = await fetch();
    expect(next.commands).toEqual(first.commands);
    const nothing = await fetch();
    expect(nothing.commands).toEqual([...begin, 'LIST']);
    const trips = [first, next, nothing].map(({ roundTrips }) => roundTrips);
    expect(trips).toEqual([4, 4, 3]);
  });
});
