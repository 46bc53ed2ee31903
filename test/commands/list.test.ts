import { describe, expect, test } from 'vitest';
import { makeMailHome } from '../support/mail-home.ts';
import { describeWith } from '../support/parts.ts';
import { ada, startProvider } from '../support/provider.ts';
import { newHome, run } from '../support/run.ts';
import { startInTerminal } from '../support/terminal.ts';

const raw = (text: string) => Buffer.from(text, 'latin1');

describeWith('dovecot', 'list and search', () => {
  test('show headers as well as they can be read', async () => {
    const provider = await startProvider();
    const letters: readonly (readonly [Buffer, string | null, string | null])[] = [
      [
        raw('From: J\xfcrgen <j@example.de>\r\nSubject: Gr\xf6\xdfen\r\n\r\nx\r\n'),
        'Jürgen',
        'Größen',
      ],
      [Buffer.from('From: 日本 <j@example.jp>\r\nSubject: 和紙\r\n\r\nx\r\n'), '日本', '和紙'],
      [raw('\r\nno header\r\n'), null, null],
      [raw('Subject: =?utf-8?Q?broken=C3?=\r\nFrom: a@example.net\r\n\r\nx\r\n'), null, 'broken�'],
      [
        raw('Subject: =?gb2312?B?1eK49tPKvP4=?=\r\nFrom: a@example.net\r\n\r\nx\r\n'),
        null,
        '这个邮件',
      ],
      [
        raw('Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\r\nFrom: a@b.jp\r\n\r\nx\r\n'),
        null,
        '日本',
      ],
      [raw('Date: nonsense\r\nFrom: A <a@example.net>\r\n\r\nx\r\n'), 'A', null],
    ];
    for (const [message] of letters) provider.imap.deliver(ada, 'INBOX', message);
    const home = await newHome();
    await provider.login(home);
    const { code, rows } = await run(['list', '--json', '--sort', 'arrival'], { home });
    expect(code).toBe(0);
    const seen = rows.map(({ from, subject }) => [
      Array.isArray(from) ? (from[0]?.name ?? null) : null,
      subject,
    ]);
    expect(seen).toEqual(letters.map(([, name, subject]) => [name, subject]));

    const format = ['--format', '{uid}:{from.address}\\t{{{subject}}}'];
    const lines = await run(['list', '-n', '1', ...format], { home });
    expect(lines.stdout).toBe('7:a@example.net\t{}\n');
    const fields = await run(['list', '-n', '1', '--fields', 'subject,uid,size'], { home });
    expect(fields.stdout).toMatch(/^\t7\t\d+\n$/);
    const picked = await run(['list', '-n', '1', '--fields', 'uid', '--json'], { home });
    expect(JSON.parse(picked.stdout)).toEqual({ type: 'message', uid: 7 });

    provider.imap.deliver(ada, 'Other', raw('From: z@example.net\r\nSubject: other\r\n\r\nx\r\n'));
    const both = await run(['search', 'from:example.net', '--all-folders', '--uids'], { home });
    expect(both.stdout.split('\n').sort()).toEqual(
      ['', 'INBOX/4', 'INBOX/5', 'INBOX/7', 'Other/1'].sort(),
    );
    const two = ['-f', 'INBOX', '-f', 'Other'];
    const counts = await run(['search', 'from:example.net', ...two, '--count'], { home });
    expect(counts.stdout).toBe('3\tINBOX\n1\tOther\n');
  });
});

describe('list', () => {
  test('asks for headers where the ENVELOPE is of no use, and only for those', async () => {
    const { home, env, imap } = await makeMailHome({
      script: {
        on: [
          [
            /^FETCH .*ENVELOPE/,
            '* 1 FETCH (UID 1 ENVELOPE NIL)\r\n* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3 ENVELOPE (NIL "fine" ((NIL NIL "a" "b")) NIL NIL NIL NIL NIL NIL NIL))\r\n<tag> OK done\r\n',
          ],
          [
            /^UID FETCH .*HEADER\.FIELDS/,
            '* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)] {14}\r\nSubject: one\r\n)\r\n<tag> OK done\r\n',
          ],
        ],
      },
    });
    const { code, rows } = await run(['list', '--json'], { home, env });
    expect(code).toBe(0);
    expect(rows.map(({ subject }) => subject)).toEqual(['fine', null, 'one']);
    const asked = imap.commands.filter((command) => command.includes('HEADER.FIELDS'));
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^UID FETCH 1:2 /);
  });

  test.each([
    [['--format', '{nosuch}'], /there is no \{nosuch\}\n {2}\{nosuch\}\n {2}\^/],
    [['--format', 'a {uid'], /a lone brace\n {2}a \{uid\n {4}\^/],
    [['--format', 'x', '--uids'], /--format and --uids exclude each other/],
    [['--fields', 'nosuch'], /There is no field nosuch/],
    [['--sort', 'subject'], /--sort/],
    [['-f', 'A', '--all-folders'], /exclude each other/],
  ])('refuses %j before it connects', async (args, sentence) => {
    const { home, env, imap } = await makeMailHome();
    const { code, stdout, stderr } = await run(['list', ...args], { home, env });
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(imap.connections()).toBe(0);
  });

  test.skipIf(process.platform !== 'linux')('has unread messages bold on a terminal', async () => {
    const letters = [
      { uid: 1, source: 'From: a@b\r\nSubject: read\r\n\r\nx\r\n', flags: '\\Seen' },
      { uid: 2, source: 'From: a@b\r\nSubject: new\r\n\r\nx\r\n' },
    ];
    const { home, env } = await makeMailHome({ script: { letters } });
    const { stdout } = await startInTerminal(['list'], { home, env }).result;
    expect(stdout).toMatch(/\u001b\[1m *2 .*new\u001b\[22m\r\n/);
    expect(stdout).toMatch(/^ *1 .*read\r$/m);
    const plain = await startInTerminal(['list'], { home, env: { ...env, NO_COLOR: '1' } }).result;
    expect(plain.stdout).not.toContain('\u001b[1m');
  });
});

describe('search', () => {
  test('--explain prints the command and connects to nothing', async () => {
    const { home, env, imap } = await makeMailHome();
    const explain = async (...args: string[]) =>
      (await run(['search', '--explain', ...args], { home, env })).stdout;
    expect(await explain('from:grace is:unread')).toBe('UID SEARCH FROM "grace" UNSEEN\n');
    expect(await explain('from:jürgen')).toBe('UID SEARCH CHARSET UTF-8 FROM "jürgen"\n');
    expect(await explain('--raw', 'OR SEEN DRAFT', 'is:flagged')).toBe(
      'UID SEARCH FLAGGED OR SEEN DRAFT\n',
    );
    expect(await explain('--gmail', 'has:drive')).toBe('UID SEARCH X-GM-RAW "has:drive"\n');
    const { rows, stderr } = await run(
      ['search', '--explain', '--json', 'has:attachment or from:a'],
      { home, env },
    );
    expect(stderr).toBe('');
    expect(rows).toEqual([
      { type: 'search', command: 'UID SEARCH ALL', narrowedTo: 'attached' },
      { type: 'search', command: 'UID SEARCH FROM "a"', narrowedTo: 'unattached' },
    ]);
    expect(imap.connections()).toBe(0);
  });

  test('gives Gmail its own words, and nobody else', async () => {
    const capabilities = 'IMAP4rev1 SASL-IR AUTH=XOAUTH2 X-GM-EXT-1';
    const gmail = await makeMailHome({ script: { capabilities } });
    const query = ['search', 'label:work category:promotions has:attachment', '--gmail', 'is:x'];
    const found = await run([...query, '--uids'], { home: gmail.home, env: gmail.env });
    expect(found).toMatchObject({ code: 0, stderr: '' });
    expect(gmail.imap.commands.filter((command) => /SEARCH/.test(command))).toEqual([
      'UID SEARCH X-GM-RAW "is:x" X-GM-LABELS "work" X-GM-RAW "category:promotions" X-GM-RAW "has:attachment"',
    ]);
    const other = await makeMailHome();
    const refused = await run(query, { home: other.home, env: other.env });
    expect(refused).toMatchObject({ code: 69, stdout: '' });
    expect(refused.stderr).toMatch(/is no Gmail/);
  });

  test('on Gmail looks for everything in All Mail', async () => {
    const { home, env, imap } = await makeMailHome({
      script: {
        capabilities: 'IMAP4rev1 SASL-IR AUTH=XOAUTH2 X-GM-EXT-1 SPECIAL-USE',
        on: [
          [
            /^LIST "" "\*"/,
            '* LIST () "/" INBOX\r\n* LIST (\\All) "/" "[Gmail]/All Mail"\r\n<tag> OK done\r\n',
          ],
        ],
      },
    });
    const { code } = await run(['search', 'x', '--all-folders'], { home, env });
    expect(code).toBe(0);
    expect(imap.commands.filter((command) => /^EXAMINE/.test(command))).toEqual([
      'EXAMINE "[Gmail]/All Mail"',
    ]);
  });

  test('--raw goes as it is; what the server cannot read is told', async () => {
    const { home, env } = await makeMailHome({
      script: { on: [[/^UID SEARCH NOSUCH/, '<tag> BAD no such key\r\n']] },
    });
    const wrong = await run(['search', '--raw', 'NOSUCH 1'], { home, env });
    expect(wrong).toMatchObject({ code: 64, stdout: '' });
    expect(wrong.stderr).toMatch(/cannot read the search.*no such key/);
    for (const keys of ['', 'SUBJECT {5}', 'SUBJECT {5+}', 'A\r\nB LOGOUT', 'FROM ü']) {
      const { code } = await run(['search', '--raw', keys], { home, env });
      expect([keys, code]).toEqual([keys, 64]);
    }
  });
});
