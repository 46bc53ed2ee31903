import { ImapFlow } from 'imapflow';
import { beforeAll, describe, expect, test } from 'vitest';
import { newestFirst } from '../../src/mail/message-order.ts';
import { planSearch } from '../../src/mail/search-expression.ts';
import { formatSearchCommand } from '../../src/mail/search-key.ts';
import { parseQuery } from '../../src/mail/search-query.ts';
import type { MailSession } from '../../src/mail/session.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { newHome, run } from '../support/run.ts';
import { openTestSession } from '../support/session.ts';

/** A Sunday noon, where the person is. */
const noon = new Date(2026, 10, 15, 12, 0);
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Arrival at noon UTC, flags, headers, body. The first has UID 1. */
const letters: readonly (readonly [string, string, readonly string[], string?])[] = [
  [
    '2024-02-29',
    'S',
    ['From: Grace Holloway <grace@example.com>', 'To: ada@example.org', 'Subject: Lighthouse keys'],
    'We need a guest book.',
  ],
  [
    '2025-03-11',
    'RS',
    [
      'From: =?iso-8859-1?Q?J=FCrgen_K=F6hler?= <koehler@papier.example.com>',
      'To: Bea Lindqvist <bea@example.net>',
      'Subject: =?utf-8?Q?Gr=C3=B6=C3=9Fen_und_St=C3=A4rken?=',
    ],
  ],
  [
    '2025-11-15',
    'F',
    [
      `From: =?utf-8?B?${base64('田中ゆき')}?= <yuki@washi.example.net>`,
      'To: ada@example.org',
      `Subject: =?utf-8?B?${base64('和紙の見本')}?=`,
      'Message-ID: <washi-2209@washi.example.net>',
    ],
    'Two sheets (of the heavy kind).',
  ],
  [
    '2025-12-31',
    '',
    [
      'From: The Harbour Post <post@lists.example.org>',
      'To: club@lists.example.org',
      'Subject: Ferry times or "winter timetable"',
      'List-Id: Harbour Club <club.example.org>',
      'X-Campaign: spring sale',
    ],
    'The lighthouse is open on Sunday.',
  ],
  [
    '2026-01-01',
    '',
    ['From: Tomas Rey <tomas@example.net>', 'To: ada@example.org', 'Subject: Drawings'],
    'drawing '.repeat(20_000),
  ],
  [
    '2026-02-28',
    'D',
    [
      'From: ada@example.org',
      'To: Bea Lindqvist <bea@example.net>, undisclosed:;',
      'Cc: Grace Holloway <grace@example.com>',
      'Bcc: secret@example.com',
      'Subject: Supper',
    ],
  ],
  [
    '2026-10-15',
    'T',
    ['From: grace@example.com', 'To: ada@example.org', 'Subject: he said "x\\y" twice'],
    '100% of *everything*',
  ],
  [
    '2026-10-31',
    '',
    [
      'From: Oskar <oskar@example.net>',
      'To: ada@example.org',
      'Subject: x" OR ALL',
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: base64',
    ],
    base64('Die Überholung dauert {99} Tage (ungefähr). Привет, мир. שלום\r\n'),
  ],
  [
    '2026-11-01',
    'S',
    [
      'From: Bank <bank@example.com>',
      'To: ada@example.org',
      'Subject: Statement',
      'Content-Type: multipart/mixed; boundary=b',
    ],
    [
      ...['--b', 'Content-Type: text/plain', '', 'The statement is attached.'],
      ...['--b', 'Content-Type: application/pdf; name=statement.pdf'],
      ...['Content-Disposition: attachment; filename=statement.pdf', '', 'JVBERi0=', '--b--'],
    ].join('\r\n'),
  ],
  [
    '2026-11-14',
    'FS',
    [
      'From: =?utf-8?Q?Am=C3=A9lie?= <amelie@example.fr>',
      'To: ada@example.org',
      'Subject: =?utf-8?Q?Carnets_=F0=9F=8E=89?=',
      'Content-Type: multipart/alternative; boundary=c',
    ],
    [
      ...['--c', 'Content-Type: text/plain', '', 'Voici le carnet.'],
      ...['--c', 'Content-Type: text/html', '', '<p>Voici le <b>carnet</b>.</p>', '--c--'],
    ].join('\r\n'),
  ],
  [
    '2026-11-15',
    '',
    [
      'From: grace@example.com',
      'To: ada@example.org, team@example.org',
      'Subject: not today, or tomorrow',
      'Content-Type: application/zip; name="photos.zip"',
    ],
    'UEsDBA==',
  ],
];
const every = letters.map((_, index) => index + 1).reverse();
const without = (...uids: number[]) => every.filter((uid) => !uids.includes(uid));

/** What is typed, what goes to the server, and what is found, the newest first. */
const searches: readonly (readonly [string, string, readonly number[]])[] = [
  // people
  ['from:grace', 'FROM "grace"', [11, 7, 1]],
  ['From:GRACE', 'FROM "GRACE"', [11, 7, 1]],
  ['from:grace@example.com', 'FROM "grace@example.com"', [11, 7, 1]],
  ['from:"grace holloway"', 'FROM "grace holloway"', [1]],
  ['from:jürgen', 'FROM "jürgen"', [2]],
  ['from:Köhler', 'FROM "Köhler"', [2]],
  ['from:KÖHLER', 'FROM "KÖHLER"', [2]],
  ['from:田中', 'FROM "田中"', [3]],
  ['from:amélie', 'FROM "amélie"', [10]],
  ['from:lists.example.org', 'FROM "lists.example.org"', [4]],
  ['from:nobody', 'FROM "nobody"', []],
  ['to:bea', 'TO "bea"', [6, 2]],
  ['to:"Bea Lindqvist"', 'TO "Bea Lindqvist"', [6, 2]],
  ['to:team@example.org', 'TO "team@example.org"', [11]],
  ['to:club', 'TO "club"', [4]],
  ['cc:grace', 'CC "grace"', [6]],
  ['cc:bea', 'CC "bea"', []],
  ['bcc:secret', 'BCC "secret"', [6]],
  ['from:tomas to:ada', 'FROM "tomas" TO "ada"', [5]],
  ['from:ada', 'FROM "ada"', [6]],
  // words
  ['subject:lighthouse', 'SUBJECT "lighthouse"', [1]],
  ['subject:LightHouse', 'SUBJECT "LightHouse"', [1]],
  ['subject:Größen', 'SUBJECT "Größen"', [2]],
  ['subject:größen', 'SUBJECT "größen"', [2]],
  ['subject:"und stärken"', 'SUBJECT "und stärken"', [2]],
  ['subject:和紙', 'SUBJECT "和紙"', [3]],
  ['subject:見本', 'SUBJECT "見本"', [3]],
  ['subject:🎉', 'SUBJECT "🎉"', [10]],
  ['subject:supper', 'SUBJECT "supper"', [6]],
  ['subject:upp', 'SUBJECT "upp"', [6]],
  ['subject:"not today, or"', 'SUBJECT "not today, or"', [11]],
  ['subject:"winter timetable"', 'SUBJECT "winter timetable"', [4]],
  ['body:lighthouse', 'BODY "lighthouse"', [4]],
  ['body:"guest book"', 'BODY "guest book"', [1]],
  ['body:Überholung', 'BODY "Überholung"', [8]],
  ['body:"Tage (ungefähr)"', 'BODY "Tage (ungefähr)"', [8]],
  ['body:Привет', 'BODY "Привет"', [8]],
  ['body:שלום', 'BODY "שלום"', [8]],
  ['body:carnet', 'BODY "carnet"', [10]],
  ['body:"(of the heavy"', 'BODY "(of the heavy"', [3]],
  ['body:statement', 'BODY "statement"', [9]],
  ['text:holloway', 'TEXT "holloway"', [6, 1]],
  ['lighthouse', 'TEXT "lighthouse"', [4, 1]],
  ['"guest book"', 'TEXT "guest book"', [1]],
  ['guest book', 'TEXT "guest" TEXT "book"', [1]],
  ['book guest', 'TEXT "book" TEXT "guest"', [1]],
  ['Überholung', 'TEXT "Überholung"', [8]],
  ['100%', 'TEXT "100%"', [7]],
  ['*everything*', 'TEXT "*everything*"', [7]],
  ['*', 'TEXT "*"', [7]],
  // what looks like protocol
  ['{99}', 'TEXT "{99}"', [8]],
  ['{99+}', 'TEXT "{99+}"', []],
  ['"NIL"', 'TEXT "NIL"', []],
  ['x" OR ALL', 'OR (TEXT "x\\"") (TEXT "ALL")', [8]],
  ['subject:"x\\" OR ALL"', 'SUBJECT "x\\" OR ALL"', [8]],
  ['subject:"he said \\"x\\\\y\\" twice"', 'SUBJECT "he said \\"x\\\\y\\" twice"', [7]],
  ['from:"grace\\" DELETED TEXT \\"x"', 'FROM "grace\\" DELETED TEXT \\"x"', []],
  ['subject:"ü) ALL (TEXT "', 'SUBJECT "ü) ALL (TEXT "', []],
  ['from:ALL', 'FROM "ALL"', []],
  // state
  ['is:unread', 'UNSEEN', [11, 8, 7, 6, 5, 4, 3]],
  ['is:read', 'SEEN', [10, 9, 2, 1]],
  ['is:flagged', 'FLAGGED', [10, 3]],
  ['is:unflagged', 'UNFLAGGED', without(10, 3)],
  ['is:answered', 'ANSWERED', [2]],
  ['is:unanswered', 'UNANSWERED', without(2)],
  ['is:draft', 'DRAFT', [6]],
  ['is:deleted', 'DELETED', [7]],
  ['IS:READ', 'SEEN', [10, 9, 2, 1]],
  ['is:read is:flagged', 'SEEN FLAGGED', [10]],
  ['is:unread is:read', 'UNSEEN SEEN', []],
  ['keyword:work', 'KEYWORD work', [5, 1]],
  ['keyword:$Forwarded', 'KEYWORD $Forwarded', [2]],
  ['keyword:none', 'KEYWORD none', []],
  ['-keyword:work', 'NOT (KEYWORD work)', without(5, 1)],
  // days
  ['since:2026-11-15', 'SINCE 15-Nov-2026', [11]],
  ['since:2026-11-14', 'SINCE 14-Nov-2026', [11, 10]],
  ['since:2026-11-01', 'SINCE 1-Nov-2026', [11, 10, 9]],
  ['since:2026-11', 'SINCE 1-Nov-2026', [11, 10, 9]],
  ['since:2026', 'SINCE 1-Jan-2026', [11, 10, 9, 8, 7, 6, 5]],
  ['since:2027', 'SINCE 1-Jan-2027', []],
  ['before:2024-02-29', 'BEFORE 29-Feb-2024', []],
  ['before:2024-03-01', 'BEFORE 1-Mar-2024', [1]],
  ['before:2024-3-1', 'BEFORE 1-Mar-2024', [1]],
  ['before:2026', 'BEFORE 1-Jan-2026', [4, 3, 2, 1]],
  ['before:2025-12', 'BEFORE 1-Dec-2025', [3, 2, 1]],
  ['on:2025-12-31', 'ON 31-Dec-2025', [4]],
  ['on:2026-01-01', 'ON 1-Jan-2026', [5]],
  ['on:2026-02', '(SINCE 1-Feb-2026 BEFORE 1-Mar-2026)', [6]],
  ['on:2025', '(SINCE 1-Jan-2025 BEFORE 1-Jan-2026)', [4, 3, 2]],
  ['-on:2025', 'NOT ((SINCE 1-Jan-2025 BEFORE 1-Jan-2026))', without(4, 3, 2)],
  ['on:2026-12', '(SINCE 1-Dec-2026 BEFORE 1-Jan-2027)', []],
  ['on:today', 'ON 15-Nov-2026', [11]],
  ['on:yesterday', 'ON 14-Nov-2026', [10]],
  ['on:sunday', 'ON 15-Nov-2026', [11]],
  ['on:saturday', 'ON 14-Nov-2026', [10]],
  ['since:monday', 'SINCE 9-Nov-2026', [11, 10]],
  ['before:today is:flagged', 'BEFORE 15-Nov-2026 FLAGGED', [10, 3]],
  ['newer:0d', 'SINCE 15-Nov-2026', [11]],
  ['newer:1d', 'SINCE 14-Nov-2026', [11, 10]],
  ['newer:2w', 'SINCE 1-Nov-2026', [11, 10, 9]],
  ['newer:1m', 'SINCE 15-Oct-2026', [11, 10, 9, 8, 7]],
  ['newer:1y', 'SINCE 15-Nov-2025', [11, 10, 9, 8, 7, 6, 5, 4, 3]],
  ['older:1y', 'BEFORE 15-Nov-2025', [2, 1]],
  ['older:2y', 'BEFORE 15-Nov-2024', [1]],
  ['older:31d newer:1y', 'BEFORE 15-Oct-2026 SINCE 15-Nov-2025', [6, 5, 4, 3]],
  ['since:2025-03-11 before:2025-12-31', 'SINCE 11-Mar-2025 BEFORE 31-Dec-2025', [3, 2]],
  // size
  ['larger:100k', 'LARGER 102400', [5]],
  ['larger:100K smaller:1M', 'LARGER 102400 SMALLER 1048576', [5]],
  ['larger:1M', 'LARGER 1048576', []],
  ['smaller:100k', 'SMALLER 102400', without(5)],
  ['smaller:1', 'SMALLER 1', []],
  ['larger:0', 'LARGER 0', every],
  ['larger:1G', 'LARGER 1073741824', []],
  ['larger:100kb', 'LARGER 102400', [5]],
  // UIDs
  ['uid:1', 'UID 1', [1]],
  ['uid:1:3', 'UID 1:3', [3, 2, 1]],
  ['uid:3:1', 'UID 3:1', [3, 2, 1]],
  ['uid:2,4:5', 'UID 2,4:5', [5, 4, 2]],
  ['uid:10:*', 'UID 10:*', [11, 10]],
  ['uid:*', 'UID *', [11]],
  ['uid:900:*', 'UID 900:*', [11]],
  ['uid:900', 'UID 900', []],
  ['uid:4294967295', 'UID 4294967295', []],
  ['-uid:2:11', 'NOT (UID 2:11)', [1]],
  // headers
  ['header:X-Campaign=spring', 'HEADER "X-Campaign" "spring"', [4]],
  ['header:x-campaign=SPRING', 'HEADER "x-campaign" "SPRING"', [4]],
  ['header:X-Campaign="spring sale"', 'HEADER "X-Campaign" "spring sale"', [4]],
  ['header:X-Campaign=', 'HEADER "X-Campaign" ""', [4]],
  ['-header:X-Campaign=', 'NOT (HEADER "X-Campaign" "")', without(4)],
  ['header:Subject=lighthouse', 'HEADER "Subject" "lighthouse"', [1]],
  ['list:club', 'HEADER "List-Id" "club"', [4]],
  ['list:"harbour club"', 'HEADER "List-Id" "harbour club"', [4]],
  ['list:club.example.org', 'HEADER "List-Id" "club.example.org"', [4]],
  ['message-id:washi-2209', 'HEADER "Message-ID" "washi-2209"', [3]],
  [
    'message-id:<washi-2209@washi.example.net>',
    'HEADER "Message-ID" "<washi-2209@washi.example.net>"',
    [3],
  ],
  ['message-id:none', 'HEADER "Message-ID" "none"', []],
  // both, either, without, grouped
  ['from:tomas or from:oskar', 'OR (FROM "tomas") (FROM "oskar")', [8, 5]],
  ['from:tomas OR from:oskar', 'OR (FROM "tomas") (FROM "oskar")', [8, 5]],
  [
    'from:tomas or from:oskar or is:draft',
    'OR (FROM "tomas") (OR (FROM "oskar") (DRAFT))',
    [8, 6, 5],
  ],
  ['from:grace is:read', 'FROM "grace" SEEN', [1]],
  ['from:grace -is:read', 'FROM "grace" NOT (SEEN)', [11, 7]],
  ['from:grace not is:read', 'FROM "grace" NOT (SEEN)', [11, 7]],
  ['from:grace NOT is:read', 'FROM "grace" NOT (SEEN)', [11, 7]],
  ['--is:read', 'NOT (NOT (SEEN))', [10, 9, 2, 1]],
  ['-(from:grace or is:unread)', 'NOT ((OR (FROM "grace") (UNSEEN)))', [10, 9, 2]],
  ['(from:grace or from:jürgen) is:read', '(OR (FROM "grace") (FROM "jürgen")) SEEN', [2, 1]],
  ['from:tomas or from:grace is:read', 'OR (FROM "tomas") (FROM "grace" SEEN)', [5, 1]],
  ['from:grace (is:deleted or is:read)', 'FROM "grace" (OR (DELETED) (SEEN))', [7, 1]],
  ['((is:draft))', '((DRAFT))', [6]],
  ['(is:draft)(from:ada)', '(DRAFT) (FROM "ada")', [6]],
  ['"or"', 'TEXT "or"', without(2)],
  ['lighthouse -subject:lighthouse', 'TEXT "lighthouse" NOT (SUBJECT "lighthouse")', [4]],
  ['-lighthouse is:read', 'NOT (TEXT "lighthouse") SEEN', [10, 9, 2]],
  ['', 'ALL', every],
  ['   ', 'ALL', every],
  ['-uid:1:*', 'NOT (UID 1:*)', []],
  ['is:read or is:unread', 'OR (SEEN) (UNSEEN)', every],
  // attachments: what is left for the server, and what is left after a look at the structure
  ['has:attachment', 'ALL', [11, 9]],
  ['-has:attachment', 'ALL', without(11, 9)],
  ['has:attachment is:read', 'SEEN', [9]],
  ['has:attachment from:grace', 'FROM "grace"', [11]],
  ['has:attachment from:oskar', 'FROM "oskar"', []],
  ['from:grace -has:attachment', 'FROM "grace"', [7, 1]],
  ['has:attachment or from:tomas', 'ALL / FROM "tomas"', [11, 9, 5]],
  ['-(has:attachment or is:unread)', 'NOT ((UNSEEN))', [10, 2, 1]],
  ['has:attachment newer:7d', 'SINCE 8-Nov-2026', [11]],
  ['has:attachment is:draft', 'DRAFT', []],
  ['(has:attachment from:bank) or is:draft', 'OR ((FROM "bank")) (DRAFT) / DRAFT', [9, 6]],
];

/** As --explain prints it, without what is the same everywhere. */
function commandsOf(query: string): string {
  const plan = planSearch(parseQuery(query, noon), { gmail: false });
  const keys = plan.kind === 'server' ? [plan.keys] : [plan.attached, plan.unattached];
  return keys
    .flatMap((some) => (some === null ? [] : formatSearchCommand(some)))
    .map((command) => command.replace(/^UID SEARCH (CHARSET UTF-8 )?/, ''))
    .join(' / ');
}

describe('the table', () => {
  test('has enough of everything, each once', () => {
    expect(searches.length).toBeGreaterThanOrEqual(150);
    expect(new Set(searches.map(([query]) => query)).size).toBe(searches.length);
  });

  test.each(searches)('%s is %s', (query, command) => {
    expect(commandsOf(query)).toBe(command);
  });
});

describeWith('dovecot', 'on Dovecot', () => {
  let provider: Provider;
  let session: MailSession;

  beforeAll(async () => {
    provider = await startProvider();
    const names = { S: '\\Seen', R: '\\Answered', F: '\\Flagged', D: '\\Draft', T: '\\Deleted' };
    for (const [day, letterFlags, headers, body = ''] of letters) {
      const flags = Object.entries(names).flatMap(([letter, flag]) =>
        letterFlags.includes(letter) ? flag : [],
      );
      const message = Buffer.from([...headers, '', body, ''].join('\r\n'));
      const internalDate = new Date(`${day}T12:00:00Z`);
      provider.imap.deliver(ada, 'INBOX', message, { flags, internalDate });
    }
    const home = await newHome();
    await provider.login(home);
    const { stdout } = await run(['token'], { home });
    await addKeywords(provider, stdout.trim());
    session = await openTestSession(provider, stdout.trim());
    await session.examine('INBOX');
  });

  test('each finds what it should, in one session', async () => {
    const found: Record<string, readonly number[]> = {};
    for (const [query] of searches) {
      found[query] = await session.find(parseQuery(query, noon), { order: newestFirst });
    }
    expect(found).toEqual(Object.fromEntries(searches.map(([query, , uids]) => [query, uids])));
  }, 60_000);

  test('each is counted as it is found', async () => {
    for (const [query, , uids] of searches) {
      const count = await session.count(parseQuery(query, noon), () => {});
      expect([query, count]).toEqual([query, uids.length]);
    }
  }, 60_000);

  test('in any order, with a limit', async () => {
    const find = (by: 'date' | 'size' | 'from', descending: boolean, limit?: number) =>
      session.find(parseQuery('uid:1:5', noon), { order: { by, descending }, limit });
    expect(await find('size', true)).toEqual([5, 4, 3, 2, 1]);
    expect(await find('size', false, 2)).toEqual([1, 2]);
    expect(await find('from', false)).toEqual([1, 2, 4, 5, 3]);
    expect(await find('date', true, 3)).toEqual([5, 4, 3]);
    expect(await find('date', false)).toEqual([1, 2, 3, 4, 5]);
    const attached = parseQuery('has:attachment', noon);
    expect(await session.find(attached, { order: newestFirst, limit: 1 })).toEqual([11]);
  });
});

/** Maildir keeps keywords in a file of Dovecot's own, so they are set as a client sets them. */
async function addKeywords(provider: Provider, accessToken: string): Promise<void> {
  const client = new ImapFlow({
    host: provider.imap.host,
    port: provider.imap.port,
    secure: true,
    auth: { user: ada, accessToken },
    tls: { ca: provider.certificates.ca },
    logger: false,
  });
  await client.connect();
  await client.mailboxOpen('INBOX');
  await client.messageFlagsAdd('1,5', ['work'], { uid: true });
  await client.messageFlagsAdd('2', ['$Forwarded'], { uid: true });
  await client.logout();
}
