import { beforeAll, expect, test } from 'vitest';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';

interface Letter {
  /** When it arrived, at noon UTC. */
  on: string;
  flags?: string[];
  headers: string[];
  body?: string;
}

const today = new Date().toISOString().slice(0, 10);
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** The first has UID 1. */
const letters: readonly Letter[] = [
  {
    on: '2025-03-10',
    flags: ['\\Seen'],
    headers: ['From: Grace Holloway <grace@example.com>', 'Subject: Lighthouse open day'],
    body: 'We need a guest book.',
  },
  {
    on: '2025-03-11',
    flags: ['\\Seen', '\\Answered'],
    headers: [
      'From: =?iso-8859-1?Q?J=FCrgen_K=F6hler?= <koehler@papier.example.com>',
      'Subject: =?utf-8?Q?Gr=C3=B6=C3=9Fen_und_St=C3=A4rken?=',
    ],
  },
  {
    on: '2025-04-01',
    flags: ['\\Flagged'],
    headers: [
      `From: =?utf-8?B?${base64('田中ゆき')}?= <yuki@washi.example.net>`,
      `Subject: =?utf-8?B?${base64('和紙の見本')}?=`,
      'Message-ID: <washi-2209@washi.example.net>',
    ],
  },
  {
    on: '2025-04-15',
    headers: [
      'From: The Harbour Post <post@lists.example.org>',
      'Subject: Ferry times',
      'List-Id: Harbour Club <club.example.org>',
    ],
    body: 'The lighthouse is open on Sunday.',
  },
  {
    on: '2025-05-01',
    headers: ['From: Tomas Rey <tomas@example.net>', 'Subject: The survey, with drawings'],
    body: 'drawing '.repeat(20_000),
  },
  {
    on: '2025-05-02',
    flags: ['\\Draft'],
    headers: [
      'From: ada@example.org',
      'To: Bea Lindqvist <bea@example.net>',
      'Cc: Grace Holloway <grace@example.com>',
      'Subject: Supper',
    ],
  },
  {
    on: '2025-05-03',
    flags: ['\\Deleted'],
    headers: [
      'From: grace@example.com',
      'Subject: he said "x\\y" twice',
      'X-Campaign: spring sale',
    ],
  },
  {
    on: '2025-05-31',
    headers: [
      'From: Oskar <oskar@example.net>',
      'Subject: x" OR ALL',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: base64',
    ],
    body: base64('Die Überholung dauert {99} Tage (ungefähr).\r\n'),
  },
  {
    on: today,
    headers: ['From: grace@example.com', 'Subject: not today, or tomorrow'],
  },
];

describeWith('dovecot', 'search', () => {
  let provider: Provider;
  let home: Home;
  let said: () => string;

  beforeAll(async () => {
    provider = await startProvider();
    for (const { on, flags = [], headers, body = '' } of letters) {
      const to = headers.some((line) => line.startsWith('To:')) ? [] : [`To: ${ada}`];
      const message = Buffer.from([...headers, ...to, '', body, ''].join('\r\n'));
      const internalDate = new Date(`${on}T12:00:00Z`);
      provider.imap.deliver(ada, 'INBOX', message, { flags, internalDate });
    }
    said = provider.imap.record(ada);
    home = await newHome();
    await provider.login(home);
  });

  const search = (...words: string[]) => run(['search', '--json', ...words], { home });

  /** What each of these finds: UIDs, the newest first. */
  async function expectFound(wanted: Readonly<Record<string, readonly number[]>>): Promise<void> {
    const found: Record<string, unknown> = {};
    const queries = Object.keys(wanted);
    const worker = async () => {
      for (let query = queries.shift(); query !== undefined; query = queries.shift()) {
        const { code, rows, stderr } = await search('--', query);
        found[query] = code === 0 ? rows.map(({ uid }) => uid) : stderr;
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    expect(found).toEqual(wanted);
  }

  test('finds people by name or address, in any script', () =>
    expectFound({
      'from:grace': [9, 7, 1],
      'from:GRACE@example.com': [9, 7, 1],
      'from:"grace holloway"': [1],
      'from:Jürgen': [2],
      'from:köhler': [2],
      'from:田中': [3],
      'to:bea': [6],
      'cc:grace': [6],
      'bcc:grace': [],
      'to:ada from:tomas': [5],
    }));

  test('finds words in the subject, the body, or anywhere', () =>
    expectFound({
      'subject:lighthouse': [1],
      'subject:Größen': [2],
      'subject:"größen und stärken"': [2],
      'subject:和紙': [3],
      'body:lighthouse': [4],
      lighthouse: [4, 1],
      'text:"guest book"': [1],
      Überholung: [8],
      'body:"Tage (ungefähr)"': [8],
      'subject:"he said \\"x\\\\y\\" twice"': [7],
    }));

  test('finds by the day of arrival', () =>
    expectFound({
      'since:2025-05-31': [9, 8],
      'before:2025-03-11': [1],
      'on:2025-04-01': [3],
      'since:2025-03-11 before:2025-04-15': [3, 2],
      'since:today': [9],
      'newer:2d': [9],
      'older:1y before:2025-03-12': new Date() > new Date('2026-03-13') ? [2, 1] : [],
    }));

  test('finds by state', () =>
    expectFound({
      'is:unread': [9, 8, 7, 6, 5, 4, 3],
      'is:read': [2, 1],
      'is:flagged': [3],
      'is:unflagged is:read': [2, 1],
      'is:answered': [2],
      'is:unanswered is:read': [1],
      'is:draft': [6],
      'is:deleted': [7],
    }));

  test('finds by size', () =>
    expectFound({
      'larger:100k': [5],
      'larger:100K smaller:1M': [5],
      'larger:1M': [],
      'smaller:100k is:flagged': [3],
    }));

  test('joins, excludes and groups', () =>
    expectFound({
      'from:tomas or from:oskar': [8, 5],
      'from:tomas OR from:oskar or is:flagged': [8, 5, 3],
      'from:grace -is:read': [9, 7],
      'from:grace not is:read': [9, 7],
      '-(from:grace or is:unread)': [2],
      '(from:grace or from:jürgen) is:read': [2, 1],
      'from:grace (subject:lighthouse or is:deleted)': [7, 1],
      'from:tomas or from:grace is:read': [5, 1],
      '--is:read': [2, 1],
      '"or"': [9, 8, 7, 6, 5, 4, 3, 2, 1],
      'subject:"not today, or"': [9],
    }));

  test('finds by header, list, Message-ID, UID and keyword', () =>
    expectFound({
      'header:X-Campaign=spring': [7],
      'header:X-Campaign="spring sale"': [7],
      'header:X-Campaign=': [7],
      'list:club': [4],
      'message-id:washi-2209@washi.example.net': [3],
      'message-id:<washi-2209@washi.example.net>': [3],
      'uid:1:3': [3, 2, 1],
      'uid:2,4:5': [5, 4, 2],
      'uid:8:*': [9, 8],
      'keyword:work': [],
    }));

  test('takes a query in one word or in many, and the newest first up to a limit', async () => {
    const { rows } = await search('from:grace', 'is:unread', '--limit', '1');
    expect(rows.map(({ uid }) => uid)).toEqual([9]);
    const { stdout } = await run(['search', 'from:grace', '-n', '2'], { home });
    expect(stdout.split('\n').map((line) => line.split('\t')[0])).toEqual(['9', '7', '']);
  });

  test('takes what looks like IMAP for the words they are', async () => {
    const before = said().length;
    await expectFound({
      'x" OR ALL': [8],
      'subject:"x\\" OR ALL"': [8],
      '{99}': [8],
      'body:{99+}': [],
      'from:"grace\\" DELETED TEXT \\"x"': [],
      'subject:"ü) ALL (TEXT "': [],
      'from:ALL': [],
      '"NIL"': [],
    });
    const commands = said()
      .slice(before)
      .split('\n')
      .flatMap((line) => /^[\d.]+ \w+ (?:UID )?([A-Z]+)\b/.exec(line)?.[1] ?? []);
    expect(new Set(commands)).toEqual(new Set(['ID', 'NAMESPACE', 'EXAMINE', 'SEARCH', 'FETCH']));
    expect(commands.filter((name) => name === 'SEARCH')).toHaveLength(8);
  });

  test('refuses what it cannot read before it connects to anything', async () => {
    const before = said();
    for (const query of [
      'x\r\nA9 LOGOUT',
      '\nA9 LOGOUT',
      'x\u0001y',
      'from:"\u001b[2J"',
      'uid:1 ALL:2',
      'uid:1\r2',
      'keyword:x)',
      'larger:1e9',
      'since:2026-02-30',
      'since:1-Jan-2026 OR ALL',
      'is:unread)',
      '(is:unread',
      'from:"open',
      'header:Bad Name=x',
      'or',
      'nosuch:thing',
      'from:',
    ]) {
      const result = await search('--', query);
      expect(result, query).toMatchObject({ code: 64, stdout: '' });
      const { message, kind } = JSON.parse(result.stderr);
      expect(kind).toBe('usage');
      expect(message).toMatch(/^the search /);
      expect(message).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    }
    // Nothing at all was said to the server.
    expect(said()).toBe(before);
  });
});
