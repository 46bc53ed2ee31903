import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { archivedFiles } from '../sandbox/archive-files.ts';
import {
  archivedMessages,
  census,
  filesBelow,
  messagesOfMbox,
  served,
} from '../support/archived.ts';
import { startCountingProxy } from '../support/counting-proxy.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';
import { variedMessage } from '../support/varied-messages.ts';

const sources = Array.from({ length: 24 }, (_, index) => variedMessage(index));
const messages = sources.map(served);

describeWith('dovecot', 'the archive', () => {
  let provider: Provider;
  let home: Home;
  let addresses = 0;

  beforeAll(async () => {
    provider = await startProvider();
  });
  beforeEach(async () => {
    home = await newHome();
  });

  const archiveOf = () => join(home.data, 'mailctl', 'club');
  const fetch = (...args: string[]) => run(['fetch', '--json', ...args], { home });

  /** A mailbox of its own for each test, logged in to. */
  const someone = async (folders: Readonly<Record<string, readonly Buffer[]>>) => {
    addresses += 1;
    const address = `someone${addresses}@example.org`;
    for (const [folder, all] of Object.entries(folders)) {
      for (const message of all) provider.imap.deliver(address, folder, message);
    }
    await provider.login(home, { address, name: 'club' });
    return address;
  };

  test('takes several folders, by name, glob and special use, without those excluded', async () => {
    await someone({
      INBOX: sources.slice(0, 1),
      Sent: sources.slice(1, 2),
      'Lists/a': sources.slice(2, 3),
      'Lists/b': sources.slice(3, 4),
      Junk: sources.slice(4, 5),
    });
    const folders = ({ rows }: Awaited<ReturnType<typeof fetch>>) =>
      rows
        .filter(({ type, saved }) => type === 'fetched' && saved === 1)
        .map(({ folder }) => folder)
        .sort();
    expect(
      folders(await fetch('--folder', '\\Sent', '--folder', 'Lists/*', '--exclude', 'Lists/b')),
    ).toEqual(['Lists/a', 'Sent']);
    expect(folders(await fetch('--all-folders', '--exclude', '\\Junk'))).toEqual([
      'INBOX',
      'Lists/b',
    ]);
    expect(folders(await fetch('--all-folders'))).toEqual(['Junk']);
    expect((await fetch('--folder', 'Nope*')).code).toBe(66);
  });

  test('asks once for what has no news, whatever its size', async () => {
    const address = await someone({ INBOX: sources, Sent: sources.slice(0, 3) });
    await fetch('--all-folders');
    const said = provider.imap.record(address);
    const { rows, code } = await fetch('--all-folders');
    expect(code).toBe(0);
    expect(rows.every(({ saved }) => saved === 0)).toBe(true);
    const commands = said()
      .split('\r\n')
      .filter((line) => line !== '');
    expect(commands).toEqual([expect.stringMatching(/^\S+ \S+ LIST "" "?\*"? RETURN \(STATUS /)]);
  });

  test('is an mbox that undoes to the bytes, and goes on after what others have added', async () => {
    const address = await someone({ INBOX: sources });
    expect((await fetch('--format', 'mbox')).rows.at(-1)).toMatchObject({ saved: 24, failed: 0 });
    const path = join(archiveOf(), 'INBOX', 'messages.mbox');
    // In an mbox each message ends its last line.
    const ended = messages.map((message) =>
      served(Buffer.from(message.toString('latin1').replace(/(?<!\n)$/, '\n'), 'latin1')),
    );
    expect(census(messagesOfMbox(readFileSync(path)).map(served))).toEqual(census(ended));
    await appendFile(
      path,
      'From other Thu Jan  1 00:00:00 1970\nSubject: other\n\nof another program\n\n',
    );
    provider.imap.deliver(address, 'INBOX', Buffer.from('Subject: late\r\n\r\nlate\r\n'));
    expect((await fetch('--format', 'mbox')).rows.at(-1)).toMatchObject({ saved: 1 });
    const all = messagesOfMbox(readFileSync(path));
    expect(all).toHaveLength(26);
    expect(all.at(-1)?.toString()).toBe('Subject: late\n\nlate\n');
    expect(filesBelow(dirname(path)).filter((name) => name.endsWith('.lock'))).toEqual([]);
    expect((await run(['verify', '--format', 'mbox', '--deep'], { home })).code).toBe(0);
  });

  test('takes away from an mbox what a crash has left half', async () => {
    const address = await someone({ INBOX: sources.slice(0, 3) });
    await fetch('--format', 'mbox');
    const path = join(archiveOf(), 'INBOX', 'messages.mbox');
    const whole = readFileSync(path);
    // As a crash leaves it: the note of where the group begins, half a message, the lock.
    writeFileSync(`${path}.unfinished`, `{"begins":${whole.length}}\n`);
    writeFileSync(`${path}.lock`, 'mailctl 1\n');
    await appendFile(path, 'From half Thu Jan  1 00:00:00 1970\nSubject: ha');
    provider.imap.deliver(address, 'INBOX', Buffer.from('Subject: next\r\n\r\nnext\r\n'));
    expect((await fetch('--format', 'mbox')).rows.at(-1)).toMatchObject({ saved: 1 });
    const after = readFileSync(path);
    expect(after.subarray(0, whole.length).equals(whole)).toBe(true);
    expect(messagesOfMbox(after)).toHaveLength(4);
  });

  test('goes on with an mbox that others have made shorter; without a memory it is looked into', async () => {
    const address = await someone({ INBOX: sources.slice(0, 3) });
    await fetch('--format', 'mbox');
    const box = join(archiveOf(), 'INBOX');
    const path = join(box, 'messages.mbox');
    const second = readFileSync(path).indexOf('From ', 1);
    truncateSync(path, second);
    provider.imap.deliver(address, 'INBOX', Buffer.from('Subject: next\r\n\r\nnext\r\n'));
    expect((await fetch('--format', 'mbox')).rows.at(-1)).toMatchObject({ saved: 1 });
    expect(messagesOfMbox(readFileSync(path))).toHaveLength(2);
    rmSync(join(box, '.mailctl-mbox.json'));
    expect((await fetch('--format', 'mbox')).rows.at(-1)).toMatchObject({ saved: 2 });
    expect(messagesOfMbox(readFileSync(path))).toHaveLength(4);
    expect(filesBelow(box)).toEqual(['.mailctl-mbox.index', '.mailctl-mbox.json', 'messages.mbox']);
  });

  test('is .eml files with the bytes of the server, named by a template', async () => {
    await someone({ INBOX: sources });
    const result = await fetch('--format', 'eml', '--name', '{subject}');
    expect(result.rows.at(-1)).toMatchObject({ saved: 24 });
    const files = filesBelow(join(archiveOf(), 'INBOX')).filter((name) => name.endsWith('.eml'));
    const bytes = files.map((name) => readFileSync(join(archiveOf(), 'INBOX', name)));
    expect(census(bytes)).toEqual(census(messages));
    expect(files.some((name) => /^letter 2\.V\d+U3\.eml$/.test(name))).toBe(true);
    expect((await fetch('--format', 'eml')).rows.at(-1)).toMatchObject({ saved: 0 });
  });

  test('takes stock of files that it has no memory of: they are verified, and known when renumbered', async () => {
    const address = await someone({ INBOX: sources });
    await fetch('--format', 'eml');
    const box = join(archiveOf(), 'INBOX');
    const index = readFileSync(join(box, '.mailctl-eml.index'), 'utf8').split('\n');
    for (const name of ['.mailctl-eml.json', '.mailctl-eml.index']) rmSync(join(box, name));
    expect((await fetch('--format', 'eml')).rows).toMatchObject([{ saved: 0 }]);
    const described = (line: string) => ({ ...JSON.parse(line || '{}'), serverBytes: null });
    const anew = readFileSync(join(box, '.mailctl-eml.index'), 'utf8').split('\n');
    expect(new Set(anew.map(described))).toEqual(new Set(index.map(described)));
    // UIDVALIDITY is the second in which it was made.
    await pause(1100);
    provider.imap.renumber(address, 'INBOX');
    expect((await fetch('--format', 'eml')).rows).toMatchObject([{ saved: 0 }]);
    expect((await run(['verify', '--format', 'eml', '--deep'], { home })).code).toBe(0);
  });

  test('is NDJSON on stdout, with the bytes if asked for', async () => {
    await someone({
      INBOX: [Buffer.from('Subject: =?utf-8?Q?K=C3=A4se?=\r\n\r\nGr\xfc\xdfe\r\n', 'latin1')],
    });
    const { rows } = await fetch('--format', 'ndjson', '--source');
    expect(rows[0]).toMatchObject({
      type: 'mail',
      uid: 1,
      headers: [{ name: 'Subject', value: 'Käse' }],
      source: Buffer.from(
        'Subject: =?utf-8?Q?K=C3=A4se?=\r\n\r\nGr\xfc\xdfe\r\n',
        'latin1',
      ).toString('base64'),
    });
    expect((await fetch('--format', 'ndjson')).rows).toMatchObject([{ type: 'fetched', saved: 0 }]);
  });

  test('gives messages to a command one by one; what it refuses is named and offered again', async () => {
    await someone({ INBOX: sources.slice(0, 4) });
    const into = join(home.directory, 'taken');
    mkdirSync(into);
    const command = `test "$MAILCTL_UID" != 2 || exit 9; cat > "${into}/$MAILCTL_UID"; test -z "$MAILCTL_KEY_FILE"`;
    const first = await fetch('--pipe', command);
    expect(first.code).toBe(1);
    expect(first.rows.find(({ type }) => type === 'failed')).toMatchObject({
      uid: 2,
      reason: 'the command ended with 9',
    });
    expect(readdirSync(into).sort()).toEqual(['1', '3', '4']);
    expect(served(readFileSync(join(into, '1'))).equals(messages[0] ?? Buffer.of())).toBe(true);
    const second = await fetch('--pipe', `cat > "${into}/$MAILCTL_UID"`);
    expect(second.rows.at(-1)).toMatchObject({ saved: 1, failed: 0 });
    expect(readdirSync(into).sort()).toEqual(['1', '2', '3', '4']);
  });

  test('takes what is asked for: a search, the newest, sizes, UIDs from stdin, headers', async () => {
    await someone({ INBOX: sources });
    const uids = ({ rows }: Awaited<ReturnType<typeof fetch>>) =>
      rows.filter(({ type }) => type === 'saved').map(({ uid }) => Number(uid));
    const planned = await fetch('--dry-run', '--limit', '3');
    expect(planned.rows).toMatchObject([{ type: 'planned', messages: 3 }]);
    expect(existsSync(archiveOf())).toBe(false);
    expect(uids(await fetch('--limit', '2'))).toEqual([23, 24]);
    expect(uids(await fetch('uid:1:5', '--max-size', '1k'))).toEqual([1, 2, 3, 5]);
    const given = await run(['fetch', '-', '--json'], {
      home,
      stdin: '4\n{"type":"uid","uid":7}\n9:10',
    });
    expect(uids(given)).toEqual([4, 7, 9, 10]);
    const headers = await fetch('--headers-only');
    expect(headers.rows.at(-1)).toMatchObject({ saved: 24 });
    expect(uids(await fetch('uid:1', '--refetch'))).toEqual([1]);
    expect(uids(await fetch())).toHaveLength(24 - 2 - 4 - 4);
    expect(
      (await archivedFiles(archiveOf())).filter((path) => !path.includes('.headers')),
    ).toHaveLength(24);
  });

  test('leaves alone what a person has moved or deleted, unless told to --refetch', async () => {
    const address = await someone({ INBOX: sources.slice(0, 6), Kept: sources.slice(6, 7) });
    await fetch('--all-folders');
    const box = join(archiveOf(), 'INBOX');
    const [read = '', deleted = '', refiled = '', elsewhere = ''] = readdirSync(
      join(box, 'new'),
    ).sort();
    renameSync(join(box, 'new', read), join(box, 'cur', `${read}:2,S`));
    rmSync(join(box, 'new', deleted));
    renameSync(join(box, 'new', refiled), join(archiveOf(), 'Kept', 'cur', `${refiled}:2,`));
    renameSync(join(box, 'new', elsewhere), join(home.directory, 'elsewhere'));
    provider.imap.deliver(address, 'INBOX', sources[9] ?? Buffer.of());
    const saved = ({ rows }: Awaited<ReturnType<typeof fetch>>) =>
      rows.filter(({ type }) => type === 'saved').length;
    expect(saved(await fetch('--all-folders'))).toBe(1);
    expect(saved(await fetch('--all-folders', '--mirror'))).toBe(0);
    expect(readdirSync(join(box, 'new'))).toHaveLength(3);
    // The server says that it is unread.
    expect(readdirSync(join(box, 'cur'))).toEqual([`${read}:2,`]);
    expect(readdirSync(join(archiveOf(), 'Kept', 'cur'))).toEqual([`${refiled}:2,`]);

    expect(saved(await fetch('--refetch'))).toBe(7);
    const there = ['new', 'cur'].flatMap((part) => readdirSync(join(box, part)));
    expect(there.map((name) => name.replace(/:2,.*/, ''))).toEqual(
      expect.arrayContaining([read, deleted, refiled, elsewhere]),
    );
    expect(there).toHaveLength(7);
  });

  test('follows the server with --mirror: flags, and what is gone', async () => {
    const address = await someone({ INBOX: sources.slice(0, 4) });
    await fetch('--mirror');
    const mail = provider.imap.mailDirectory(address);
    const onServer = readdirSync(join(mail, 'cur')).sort();
    const [one = '', two = '', three = ''] = onServer;
    renameSync(join(mail, 'cur', one), join(mail, 'cur', `${one}FS`));
    rmSync(join(mail, 'cur', two));
    const result = await fetch('--mirror');
    expect(result.rows.find(({ type }) => type === 'flags')).toMatchObject({ uid: 1 });
    expect(result.rows.filter(({ type }) => type === 'gone')).toMatchObject([{ uid: 2 }]);
    const box = join(archiveOf(), 'INBOX');
    expect(readdirSync(join(box, 'cur'))).toEqual([expect.stringMatching(/U1\.mailctl:2,FS$/)]);
    expect(readdirSync(join(box, '.gone', 'new'))).toEqual([expect.stringMatching(/U2\.mailctl$/)]);
    expect((await fetch('--mirror')).rows).toMatchObject([{ type: 'fetched', saved: 0 }]);
    rmSync(join(mail, 'cur', three));
    await fetch('--mirror', '--prune');
    expect(readdirSync(join(box, '.gone', 'new'))).toHaveLength(1);
    expect(readdirSync(join(box, 'new')).filter((name) => name.includes('U3.'))).toEqual([]);
  });

  test('changes the server only when asked, only what is stored, and never where it must not', async () => {
    const address = await someone({ INBOX: sources.slice(0, 4) });
    provider.imap.createMailbox(address, 'Done');
    const mail = provider.imap.mailDirectory(address);
    await fetch('uid:1', '--mark-seen');
    expect(readdirSync(join(mail, 'cur')).filter((name) => name.endsWith('S'))).toHaveLength(1);
    const moved = await fetch('uid:2', '--move-to', 'Done');
    expect(moved.rows).toContainEqual(expect.objectContaining({ action: 'move', messages: 1 }));
    expect(
      filesBelow(provider.imap.mailDirectory(address, 'Done')).filter((name) =>
        name.includes('/1'),
      ),
    ).toHaveLength(1);
    await fetch('uid:3', '--delete');
    expect(readdirSync(join(mail, 'cur'))).toHaveLength(2);

    const config = join(home.config, 'mailctl', 'config.toml');
    writeFileSync(
      config,
      readFileSync(config, 'utf8').replace('[accounts.club]', '$&\nread_only = true'),
    );
    expect(await run(['fetch', '--move-to', 'inbox'], { home })).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('inbox is fetched'),
    });
    for (const flag of ['--mark-seen', '--delete', '--move-to=Done']) {
      expect(await run(['fetch', flag], { home })).toMatchObject({
        code: 64,
        stderr: expect.stringContaining('read_only'),
      });
    }
    expect(readdirSync(join(mail, 'cur'))).toHaveLength(2);
    expect(census(await archivedMessages(archiveOf()))).toEqual(census(messages.slice(0, 3)));
  });

  test('takes with --since what arrived on that day or later, and the others when asked', async () => {
    const address = await someone({});
    for (const [index, day] of ['01', '03', '04', '05'].entries()) {
      const internalDate = new Date(`2026-03-${day}T12:00:00Z`);
      provider.imap.deliver(address, 'INBOX', sources[index] ?? Buffer.of(), { internalDate });
    }
    const uids = ({ rows }: Awaited<ReturnType<typeof fetch>>) =>
      rows.filter(({ type }) => type === 'saved').map(({ uid }) => Number(uid));
    const planned = await fetch('--since', '2026-03-04', '--dry-run');
    expect(planned.rows).toMatchObject([{ type: 'planned', messages: 2 }]);
    expect(uids(await fetch('--since', '2026-03-04'))).toEqual([3, 4]);
    expect(uids(await fetch('--since', '2026-03-03'))).toEqual([2]);
    expect(uids(await fetch())).toEqual([1]);
    expect(await run(['fetch', '--since', '2026-13-01'], { home })).toMatchObject({ code: 64 });
  });

  test('misses nothing that comes or goes while it is fetched', async () => {
    const address = await someone({ INBOX: sources });
    const mail = provider.imap.mailDirectory(address);
    const config = join(home.config, 'mailctl', 'config.toml');
    let midway = () => {};
    const proxy = await startCountingProxy(provider.imap.port, provider.certificates, {
      before: (sent) => {
        if (!/ UID FETCH /.test(sent)) return;
        midway();
        midway = () => {};
      },
    });
    writeFileSync(
      config,
      readFileSync(config, 'utf8').replace(/^port = \d+/m, `port = ${proxy.port}`),
    );
    const removeOne = (at: number) =>
      rmSync(join(mail, 'cur', readdirSync(join(mail, 'cur')).sort()[at] ?? ''));
    const late = Buffer.from('Subject: late\r\n\r\nlate\r\n');

    midway = () => {
      removeOne(3);
      provider.imap.deliver(address, 'INBOX', late);
    };
    expect((await fetch()).code).toBe(0);
    const later = Buffer.from('Subject: later\r\n\r\nlater\r\n');
    provider.imap.deliver(address, 'INBOX', later);
    midway = () => {
      removeOne(5);
      provider.imap.deliver(address, 'INBOX', served(sources[3] ?? late));
    };
    expect((await fetch()).code).toBe(0);
    expect((await fetch()).code).toBe(0);
    expect(census(await archivedMessages(archiveOf()))).toEqual(census([...messages, late, later]));
    proxy.takeCommands();
    expect((await fetch()).rows).toMatchObject([{ saved: 0 }]);
    expect(proxy.takeCommands()).not.toContain('EXAMINE');
  });

  describe('on a server without', () => {
    /** Messages 1 to 4, of which somebody else has marked the last one as deleted. */
    const onServerWithout = async (...hide: string[]) => {
      const address = await someone({ INBOX: sources.slice(0, 4) });
      provider.imap.createMailbox(address, 'Done & gone');
      const cur = (folder?: string) => join(provider.imap.mailDirectory(address, folder), 'cur');
      const last = readdirSync(cur()).sort().at(-1) ?? '';
      renameSync(join(cur(), last), join(cur(), `${last}T`));
      const { imap, certificates } = provider;
      const proxy = await startCountingProxy(imap.port, certificates, { hide });
      const config = join(home.config, 'mailctl', 'config.toml');
      const text = readFileSync(config, 'utf8');
      writeFileSync(config, text.replace(/^port = \d+/m, `port = ${proxy.port}`));
      const names = (folder?: string) =>
        [...readdirSync(cur(folder)), ...readdirSync(join(cur(folder), '..', 'new'))].sort();
      return { proxy, names };
    };
    const only = 'uid:1:3';

    test.each([
      { hide: ['UIDPLUS'], flags: ['--delete'] },
      { hide: ['UIDPLUS', 'MOVE'], flags: ['--move-to', 'Done & gone'] },
    ])('$hide, $flags is refused and changes nothing', async ({ hide, flags }) => {
      const { names } = await onServerWithout(...hide);
      const before = names();
      const { code, stderr } = await run(['fetch', only, ...flags], { home });
      expect(code).toBe(69);
      expect(stderr).toMatch(
        /cannot (delete|move) messages one by one: it has no (MOVE or )?UIDPLUS/,
      );
      expect(names()).toEqual(before);
      expect(names('Done & gone')).toEqual([]);
      expect(census(await archivedMessages(archiveOf()))).toEqual(census(messages.slice(0, 3)));
    });

    test.each([
      { hide: ['MOVE'], moves: ['UID COPY', 'UID STORE', 'UID EXPUNGE'] },
      { hide: ['NOTHING'], moves: ['UID MOVE'] },
    ])('$hide, --move-to takes its own messages and no other', async ({ hide, moves }) => {
      const { names, proxy } = await onServerWithout(...hide);
      const [one, two, three, four] = names();
      const { rows, code } = await fetch(only, '--move-to', 'Done & gone');
      expect(code).toBe(0);
      expect(rows).toContainEqual(expect.objectContaining({ action: 'move', messages: 3 }));
      expect(proxy.takeCommands().slice(-moves.length)).toEqual(moves);
      expect(names()).toEqual([four]);
      expect([one, two, three]).not.toContain(undefined);
      expect(names('Done & gone')).toHaveLength(3);
    });

    test('anything in the archive of a message, keeps the message', async () => {
      const { names } = await onServerWithout();
      await fetch();
      const files = await archivedFiles(archiveOf());
      rmSync(files.find((path) => path.includes('U1.')) ?? '');
      const { code, stderr, rows } = await fetch(only, '--delete');
      expect({ code, rows: rows.filter(({ type }) => type === 'changed') }).toMatchObject({
        code: 0,
        rows: [{ action: 'delete', messages: 2 }],
      });
      expect(stderr).toMatch(/INBOX: 1 messages are not in the archive any more; they stay/);
      expect(names()).toHaveLength(2);
    });

    test('the folder that messages are to be moved to, fetches and changes nothing', async () => {
      const { names, proxy } = await onServerWithout();
      const move = async (target: string, ...flags: string[]) => {
        proxy.takeCommands();
        const args = ['fetch', only, '--move-to', target, ...flags];
        const { code, stderr } = await run(args, { home });
        return { code, told: stderr.trimEnd().split('\n'), commands: proxy.takeCommands() };
      };
      for (const flags of [[], ['--all-folders'], ['--dry-run']]) {
        const { commands, ...told } = await move('Nowhere', ...flags);
        expect(told).toEqual({
          code: 66,
          told: ['mailctl: there is no folder Nowhere', '  → mailctl folders lists them'],
        });
        expect(commands.filter((one) => !['AUTHENTICATE', 'LIST'].includes(one))).toEqual([]);
      }
      expect((await move('Done & gon')).told[1]).toBe('  → did you mean Done & gone?');
      expect((await move('\\Trash')).told[1]).toBe('  → did you mean Trash?');
      expect((await move('done*')).told[1]).toBe('  → mailctl folders lists them');
      expect(names()).toHaveLength(4);
      expect(existsSync(archiveOf())).toBe(false);
      // One round trip more where the list is not asked for anyway.
      const lists = ({ commands }: Awaited<ReturnType<typeof move>>) =>
        commands.filter((one) => one === 'LIST').length;
      expect(lists(await move('Done & gone', '--dry-run'))).toBe(2);
      expect(lists(await move('Done & gone', '--all-folders', '--dry-run'))).toBe(1);
    });

    test('LIST-STATUS, the folder that messages are to be moved to takes one LIST', async () => {
      const { proxy } = await onServerWithout('LIST-STATUS');
      expect((await fetch(only, '--move-to', 'Done & gone')).code).toBe(0);
      const commands = proxy.takeCommands();
      expect(commands.slice(0, 5)).toEqual(['AUTHENTICATE', 'LIST', 'STATUS', 'LIST', 'SELECT']);
    });
  });

  test('is verified: what is missing, damaged, or extra, and repaired', async () => {
    const address = await someone({ INBOX: sources.slice(0, 6) });
    await fetch();
    expect(await run(['verify', '--deep'], { home })).toMatchObject({ code: 0, stderr: '' });
    const [cut = '', changed = '', lost = ''] = (await archivedFiles(archiveOf())).sort();
    truncateSync(cut, 3);
    const bytes = readFileSync(changed);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    writeFileSync(changed, bytes);
    rmSync(lost);
    const mail = provider.imap.mailDirectory(address);
    rmSync(join(mail, 'cur', readdirSync(join(mail, 'cur')).sort().at(-1) ?? ''));

    const shallow = await run(['verify', '--json'], { home });
    expect(shallow.code).toBe(1);
    expect(shallow.rows.at(-1)).toMatchObject({ messages: 6, missing: 1, damaged: 1, extra: 1 });
    const deep = await run(['verify', '--deep', '--json'], { home });
    expect(deep.rows.at(-1)).toMatchObject({ missing: 1, damaged: 2, extra: 1 });
    expect((await run(['verify', '--deep', '--repair'], { home })).code).toBe(0);
    expect(await run(['verify', '--deep'], { home })).toMatchObject({ code: 0 });
    expect(census(await archivedMessages(archiveOf()))).toEqual(census(messages.slice(0, 6)));

    const info = await run(['archive', 'info', '--json'], { home });
    expect(info.rows).toMatchObject([
      { type: 'archive', folder: 'INBOX', format: 'maildir', messages: 6 },
    ]);
  });

  test('is a Maildir++ if asked for', async () => {
    await someone({ INBOX: sources.slice(0, 1), 'Projects/Lighthouse': sources.slice(0, 5) });
    await fetch('--all-folders', '--layout', 'maildir++');
    expect(readdirSync(join(archiveOf(), '.Projects.Lighthouse')).sort()).toEqual(
      expect.arrayContaining(['cur', 'maildirfolder', 'new', 'tmp']),
    );
  });

  test.skipIf(inject('parts').python !== null)(
    'Python reads the mbox and the Maildir',
    async () => {
      await someone({ INBOX: sources });
      await fetch();
      await fetch('--format', 'mbox');
      const box = join(archiveOf(), 'INBOX');
      const script = `
import mailbox, sys
print(len(mailbox.Maildir(sys.argv[1], create=False)), len(mailbox.mbox(sys.argv[1] + '/messages.mbox', create=False)))`;
      expect(execFileSync('python3', ['-c', script, box], { encoding: 'utf8' })).toBe('24 24\n');
    },
  );
});
