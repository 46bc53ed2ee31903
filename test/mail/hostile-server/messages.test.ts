import { beforeAll, expect, test } from 'vitest';
import { type Case, judge, playAll } from '../../support/play.ts';
import type { Reply, Talk } from '../../support/scripted-imap.ts';
import {
  fetchRow,
  fetchRows,
  type Letter,
  opened,
  threeLetters,
} from '../../support/usual-imap.ts';

const bodies = /^UID FETCH .*BODY\.PEEK\[\]/;
const facts = /^UID FETCH .*RFC822\.SIZE/;
const [first, second, third] = threeLetters.map(({ source }) => source);
const source = second ?? '';

/** Large enough to be fetched in pieces. */
const large: Letter = {
  uid: 1,
  source: `Subject: large\r\n\r\n${'0123456789abcdef'.repeat(5 << 16)}`,
};
const piece = /^UID FETCH 1 .*BODY\.PEEK\[\]<(\d+)\.(\d+)>/;

const sparse = Array.from({ length: 20_000 }, (_, index) => index * 1000 + 999);

/** The row of the second letter is `row`, those of the others are as they should be. */
function secondRow(row: string): Reply {
  return rowsWith((rows) => rows.map((good) => (/\(UID 2 /.test(good) ? row : good)));
}

function rowsWith(change: (rows: string[]) => string[], end = '<tag> OK done\r\n'): Reply {
  return (talk) => talk.send(change(fetchRows(talk.command, threeLetters)).join('') + end);
}

/** The second letter with this in place of the size of its literal. */
const sized = (size: string) => `* 2 FETCH (UID 2 BODY[] {${size}}\r\n${source})\r\n`;

/** What one case says in its own words; the others are stored, and the exit code says so. */
const oneMissing = { codes: [1], stored: 2 } as const;

const cases: readonly Case[] = [
  {
    name: 'E0 sends everything as it should',
    script: {},
    codes: [0],
    stored: 3,
  },
  {
    name: 'E1 announces 4 GiB and sends nothing',
    script: { on: [[bodies, '* 2 FETCH (UID 2 BODY[] {4294967295}\r\n']] },
    codes: [1, 75, 76],
  },
  {
    name: 'E1 announces 31 MiB and sends nothing',
    script: { on: [[bodies, '* 2 FETCH (UID 2 BODY[] {32500000}\r\n']] },
    codes: [1, 75, 76],
    withinMs: 12_000,
  },
  {
    name: 'E3 announces 1 TiB and sends data without an end',
    script: {
      on: [
        [
          bodies,
          async (talk) => {
            await talk.send('* 2 FETCH (UID 2 BODY[] {1099511627776}\r\n');
            await talk.repeat(Buffer.alloc(1 << 16, 'x'));
          },
        ],
      ],
    },
    codes: [1, 75, 76],
  },
  {
    name: 'E4 sends rows without an end',
    script: {
      on: [[bodies, (talk) => talk.repeat(fetchRow(2, two(), 'BODY.PEEK[]').repeat(200))]],
    },
    codes: [1, 75, 76],
    stored: 1,
    withinMs: 12_000,
  },
  {
    name: 'E4 sends a row without an end',
    script: {
      on: [
        [
          bodies,
          async (talk) => {
            await talk.send('* 2 FETCH (UID 2 FLAGS (');
            await talk.repeat('\\Seen '.repeat(10_000));
          },
        ],
      ],
    },
    codes: [1, 75, 76],
    withinMs: 12_000,
  },
  {
    name: 'E5 announces 500 bytes more than it sends',
    script: {
      on: [
        [
          bodies,
          `* 2 FETCH (UID 2 BODY[] {${source.length + 500}}\r\n${source})\r\n<tag> OK done\r\n`,
        ],
      ],
    },
    codes: [1, 75, 76],
    withinMs: 12_000,
  },
  {
    name: 'E7 announces 40 bytes less than it sends',
    script: { on: [[bodies, secondRow(sized(String(source.length - 40)))]] },
    codes: [1, 75, 76],
    stored: null,
    withinMs: 12_000,
  },
  ...['-1', '1e9', ' 10 ', '0x10', '', '+', '4294967296', '99999999999999999999'].map(
    (size): Case => ({
      name: `E8 sizes a literal {${size}}`,
      script: { on: [[bodies, secondRow(sized(size))]] },
      codes: [1, 75, 76],
      stored: null,
      withinMs: 12_000,
    }),
  ),
  {
    name: 'E13 sizes a literal with zeros in front',
    script: { on: [[bodies, secondRow(sized(String(source.length).padStart(22, '0')))]] },
    codes: [0, 1],
    stored: null,
  },
  {
    name: 'E15 says that a message has a size, and sends an empty one',
    script: { on: [[bodies, secondRow('* 2 FETCH (UID 2 RFC822.SIZE 436 BODY[] {0}\r\n)\r\n')]] },
    ...oneMissing,
    says: /INBOX UID 2/,
  },
  {
    name: 'E16 sends NIL for a message',
    script: { on: [[bodies, secondRow('* 2 FETCH (UID 2 BODY[] NIL)\r\n')]] },
    ...oneMissing,
  },
  {
    name: 'E17 sends a message as a quoted string',
    script: { on: [[bodies, secondRow('* 2 FETCH (UID 2 BODY[] "Subject: x")\r\n')]] },
    bodies: ['Subject: x'],
    codes: [0],
    stored: 3,
  },
  ...['18446744073709551615', '4294967296', '-5', 'abc', '0', '900000000'].map(
    (size): Case => ({
      name: `E19 says RFC822.SIZE ${size}`,
      script: {
        on: [
          [facts, rowsWith((rows) => rows.map((row) => row.replace(/SIZE \d+/, `SIZE ${size}`)))],
        ],
      },
      codes: [0, 1, 75, 76],
      stored: null,
      withinMs: 12_000,
      check: ({ result, messages }) => {
        if (result.code === 0) expect(messages).toHaveLength(3);
      },
    }),
  ),
  {
    name: 'E21 answers with a row of another UID',
    script: {
      on: [[bodies, secondRow(fetchRow(2, { uid: 4_000_000_000, source }, 'BODY.PEEK[]'))]],
    },
    ...oneMissing,
  },
  {
    name: 'E21 answers with rows nobody asked for beside those',
    script: {
      on: [
        [
          bodies,
          rowsWith((rows) => [
            fetchRow(9, { uid: 9, source: 'Subject: nine\r\n\r\n' }, 'BODY.PEEK[]'),
            ...rows,
          ]),
        ],
      ],
    },
    codes: [0],
    stored: 3,
  },
  ...['0', '-1', '4294967296', 'abc', 'NIL', '99999999999999999999'].map(
    (uid): Case => ({
      name: `E22 says UID ${uid}`,
      script: {
        on: [
          [bodies, rowsWith((rows) => rows.map((row) => row.replace('(UID 2 ', `(UID ${uid} `)))],
        ],
      },
      codes: [1, 75, 76],
      stored: null,
    }),
  ),
  {
    name: 'E23 leaves the UID out',
    script: {
      on: [[bodies, rowsWith((rows) => rows.map((row) => row.replace(/UID 2 /, '')))]],
    },
    ...oneMissing,
  },
  {
    name: 'E25 sends one UID twice, with different bodies',
    script: {
      on: [
        [
          bodies,
          rowsWith((rows) => [
            ...rows,
            fetchRow(2, { uid: 2, source: 'Subject: another\r\n\r\nAnother.\r\n' }, 'BODY.PEEK[]'),
          ]),
        ],
      ],
    },
    bodies: ['Subject: another\r\n\r\nAnother.\r\n'],
    codes: [0],
    stored: 3,
  },
  {
    name: 'E27 sends the content of another message',
    script: {
      on: [[bodies, secondRow(fetchRow(2, { uid: 2, source: first ?? '' }, 'BODY.PEEK[]'))]],
    },
    codes: [0, 1],
    stored: null,
  },
  ...['NO [SERVERBUG] Internal error', 'BAD what', 'NO [LIMIT] later'].map(
    (end): Case => ({
      name: `E29 ends after two rows with ${end}`,
      script: {
        on: [
          [
            bodies,
            rowsWith((rows) => rows.filter((row) => !row.includes('(UID 3 ')), `<tag> ${end}\r\n`),
          ],
        ],
      },
      codes: end.startsWith('BAD') ? [1] : [75],
      says: new RegExp(end.replace(/^\S+ (\[.*\] )?/, '')),
      stored: 2,
      // What was refused is asked for once more, and then it is left.
      check: ({ commands }) => {
        expect(commands.filter((command) => bodies.test(command))).toHaveLength(2);
      },
    }),
  ),
  {
    name: 'E31 says BYE between rows',
    script: {
      on: [
        [
          bodies,
          async (talk) => {
            const rows = fetchRows(talk.command, threeLetters);
            await talk.send(`${rows[0]}* BYE Quota exceeded, come back tomorrow\r\n`);
            talk.cut();
          },
        ],
      ],
    },
    codes: [75],
    says: /Quota exceeded/,
    stored: 1,
  },
  ...(['cut', 'reset'] as const).flatMap((how) =>
    [0.1, 0.5, 0.9].map(
      (share): Case => ({
        name: `E33 ${how}s the connection inside a literal, after ${share * 100} %`,
        script: {
          on: [
            [
              bodies,
              async (talk) => {
                const rows = fetchRows(talk.command, threeLetters).join('');
                await talk.send(rows.slice(0, rows.length * share));
                talk[how]();
              },
            ],
          ],
        },
        codes: [75],
        stored: null,
      }),
    ),
  ),
  {
    name: 'E35 drips a literal a byte a second',
    script: {
      on: [[bodies, (talk) => talk.drip(fetchRows(talk.command, threeLetters).join(''), 1000)]],
    },
    codes: [1, 75],
    withinMs: 12_000,
  },
  {
    name: 'E35 says each second that it is still here',
    script: { on: [[bodies, (talk) => talk.repeat('* OK Still here\r\n', 1000)]] },
    codes: [1, 75],
    withinMs: 12_000,
  },
  {
    name: 'E36 says nothing at all',
    script: { on: [[bodies, () => {}]] },
    codes: [1, 75],
    says: /did not finish|said nothing/,
    withinMs: 12_000,
  },
  {
    name: 'E37 says OK before the rows',
    script: {
      on: [
        [
          bodies,
          (talk) => talk.send(`<tag> OK done\r\n${fetchRows(talk.command, threeLetters).join('')}`),
        ],
      ],
    },
    codes: [1, 75, 76],
    stored: null,
  },
  {
    name: 'E38 says OK to two commands at once',
    script: {
      on: [
        [
          bodies,
          (talk) =>
            talk.send(
              `<tag> OK done\r\n${(Number.parseInt(talk.tag, 16) + 1).toString(16)} OK done\r\n`,
            ),
        ],
      ],
    },
    codes: [1, 75, 76],
  },
  ...[
    '\xff\xfe\0garbage (((\r\n',
    '* \r\n',
    '*\r\n',
    '* 99999999999999999999999 FETCH (UID 2 BODY[] "x")\r\n',
    '* FETCH ()\r\n',
    '* 2 FETCH (\r\n',
    '* 2 FETCH )))\r\n',
    `* 2 FETCH ${'('.repeat(5000)}\r\n`,
    '\r\n\r\n\r\n',
    '* 2 FETCH (UID 2 BODY[ {3}\r\nabc)\r\n',
    '+ go on\r\n',
  ].map(
    (garbage): Case => ({
      name: `E39 sends ${JSON.stringify(garbage.slice(0, 40))} between rows`,
      bodies: ['x'], // the one that is a row after all
      script: { on: [[bodies, rowsWith(([one = '', ...rest]) => [one, garbage, ...rest])]] },
      codes: [0, 1, 75, 76],
      stored: null,
      withinMs: 12_000,
      check: ({ result, messages }) => {
        if (result.code === 0) expect(messages).toHaveLength(3);
      },
    }),
  ),
  {
    name: 'E41 gives flags that are no flags',
    script: {
      on: [
        [
          facts,
          rowsWith((rows) =>
            rows.map((row) =>
              row.replace('FLAGS ()', `FLAGS (../../../pwned :2,FRS /etc/passwd __proto__ \\Seen)`),
            ),
          ),
        ],
      ],
    },
    codes: [0],
    stored: 3,
    check: ({ archived }) => expectMaildirNames(archived),
  },
  {
    name: 'E41 gives ten thousand flags',
    script: {
      on: [
        [
          facts,
          rowsWith((rows) =>
            rows.map((row) =>
              row.replace(
                'FLAGS ()',
                `FLAGS (${Array.from({ length: 10_000 }, (_, index) => `$k${index}`).join(' ')})`,
              ),
            ),
          ),
        ],
      ],
    },
    codes: [0],
    stored: 3,
    check: ({ archived }) => expectMaildirNames(archived),
  },
  {
    name: 'E42 gives a date that is none, and one of another age',
    script: {
      on: [
        [
          facts,
          rowsWith((rows) =>
            rows.map((row, index) =>
              row.replace(
                /INTERNALDATE "[^"]*"/,
                index === 0
                  ? 'INTERNALDATE "99-Foo-0000"'
                  : 'INTERNALDATE "01-Jan-0001 00:00:00 +0000"',
              ),
            ),
          ),
        ],
      ],
    },
    codes: [0],
    stored: 3,
    check: ({ archived }) => expectMaildirNames(archived),
  },
  {
    name: 'E50 sends a large message in pieces',
    script: { letters: [large] },
    codes: [0],
    stored: 1,
    withinMs: 8_000,
    check: ({ commands }) => {
      expect(commands.filter((command) => piece.test(command)).length).toBeGreaterThan(1);
    },
  },
  ...(['cut', 'reset'] as const).map(
    (how): Case => ({
      name: `E51 ${how}s the connection inside a piece`,
      script: secondPiece(async (talk, row) => {
        await talk.send(row.slice(0, row.length / 2));
        talk[how]();
      }),
      codes: [1, 75],
    }),
  ),
  {
    name: 'E52 sends a piece that is shorter than it could be',
    script: secondPiece((talk) =>
      talk.send(`${fetchRow(1, large, 'BODY.PEEK[]<1048576.3>')}<tag> OK done\r\n`),
    ),
    codes: [0, 1, 75, 76],
    stored: null,
  },
  {
    name: 'E53 sends an empty piece',
    script: secondPiece((talk) =>
      talk.send('* 1 FETCH (UID 1 BODY[]<1048576> {0}\r\n)\r\n<tag> OK done\r\n'),
    ),
    codes: [0, 1, 75, 76],
    stored: null,
  },
  {
    name: 'E54 has no answer for a piece',
    script: secondPiece((talk) => talk.send('<tag> OK done\r\n')),
    codes: [0, 1, 75, 76],
    stored: null,
  },
  {
    name: 'E55 refuses a piece',
    script: secondPiece((talk) => talk.send('<tag> NO [THROTTLED] slowly\r\n')),
    codes: [0, 1, 75, 76],
    stored: null,
    withinMs: 8_000,
  },
  {
    name: 'E56 sends the first piece again and again',
    script: {
      letters: [large],
      on: [
        [
          piece,
          (talk) =>
            talk.send(
              `${fetchRow(1, large, 'BODY.PEEK[]<0.1048576>').replace('BODY[]<0>', `BODY[]<${/<(\d+)/.exec(talk.command)?.[1]}>`)}<tag> OK done\r\n`,
            ),
        ],
      ],
    },
    codes: [0, 1, 75, 76],
    stored: 0,
    withinMs: 12_000,
  },
  {
    name: 'E57 drips a piece',
    script: secondPiece((talk, row) => talk.drip(row, 1000)),
    codes: [1, 75],
    stored: 0,
    withinMs: 8_000,
  },
  {
    name: 'D15 expunges messages between rows',
    script: {
      on: [[bodies, rowsWith(([one = '', ...rest]) => [one, '* 2 EXPUNGE\r\n', ...rest])]],
    },
    codes: [0],
    stored: 3,
  },
  {
    name: 'F1 finds messages that cannot be',
    script: {
      on: [[/^UID SEARCH/, '* SEARCH 999999 0 2 2 4294967296 abc -5\r\n<tag> OK done\r\n']],
    },
    args: ['search', 'subject:two', '--json'],
    codes: [0],
    check: ({ result }) => expect(result.rows.map(({ uid }) => uid)).toEqual([2]),
  },
  {
    name: 'F1 finds messages that cannot be, while they are fetched',
    script: {
      on: [[/^UID SEARCH/, '* SEARCH 999999 0 2 2 4294967296 abc -5\r\n<tag> OK done\r\n']],
    },
    codes: [0, 1],
    // Nothing was stored yet, so all there is was asked for.
    stored: 3,
  },
  {
    name: 'F2 finds messages without an end',
    script: {
      on: [
        [
          /^UID SEARCH/,
          async (talk) => {
            await talk.send('* SEARCH');
            await talk.repeat(' 123456'.repeat(10_000));
          },
        ],
      ],
    },
    args: ['search', 'subject:two'],
    codes: [75, 76],
    withinMs: 8_000,
  },
  {
    name: 'F18 finds 20,000 messages, none beside another',
    script: {
      on: [
        [/^UID SEARCH/, `* SEARCH ${sparse.join(' ')}\r\n<tag> OK done\r\n`],
        [/^UID FETCH/, '<tag> OK done\r\n'],
      ],
    },
    args: ['search', 'subject:two'],
    codes: [0],
    // A longer line is more than a server must take (RFC 7162 §4).
    check: ({ commands }) => {
      const lengths = commands.map((command) => command.length);
      expect(Math.max(...lengths)).toBeLessThan(8192);
      expect(commands.join().match(/19999999/g)).toHaveLength(1);
    },
  },
  {
    name: 'F3 knows no UTF-8',
    script: { on: [[/^UID SEARCH CHARSET/, '<tag> NO [BADCHARSET (US-ASCII)] unknown\r\n']] },
    args: ['search', 'subject:\u00fcber'],
    codes: [0, 69],
  },
  {
    name: 'F9 never answers LOGOUT',
    script: { on: [[/^LOGOUT/, () => {}]] },
    codes: [0],
    stored: 3,
  },
  ...(['list', 'search'] as const).map(
    (verb): Case => ({
      name: `F13 gives an envelope that acts on a terminal (${verb})`,
      script: { on: [[/^(UID )?FETCH .*ENVELOPE/, hostileEnvelope]] },
      args: verb === 'list' ? ['list'] : ['search', 'from:bob'],
      codes: [0],
      check: ({ result }) => {
        const lines = result.stdout.split('\n').slice(0, -1);
        expect(lines).toHaveLength(1);
        expect(lines[0]?.split('\t')).toHaveLength(5);
      },
    }),
  ),
  {
    name: 'F13 gives such an envelope to a program',
    script: { on: [[/^(UID )?FETCH .*ENVELOPE/, hostileEnvelope]] },
    args: ['list', '--json'],
    codes: [0],
    check: ({ result }) => {
      expect(result.rows).toHaveLength(1);
      expect(result.rows[0]).toMatchObject({ uid: 1, subject: expect.stringContaining('\x1b[2J') });
    },
  },
  {
    name: 'F14 gives an envelope of NIL',
    script: {
      on: [
        [
          /^FETCH .*ENVELOPE/,
          '* 1 FETCH (UID 1 ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL))\r\n* 2 FETCH (UID 2 ENVELOPE NIL)\r\n* 3 FETCH (UID 3)\r\n<tag> OK done\r\n',
        ],
      ],
    },
    args: ['list', '--json'],
    codes: [0],
    check: ({ result }) => {
      expect(result.rows.map(({ uid, subject, from }) => [uid, subject, from])).toEqual([
        [3, null, []],
        [2, null, []],
        [1, null, []],
      ]);
    },
  },
  {
    name: 'F15 alerts with an escape sequence and a line end of its own',
    script: {
      greeting: '* OK [ALERT] \x1b]0;PWNED\x07 look\r\n',
      on: [[/^EXAMINE/, `* OK [ALERT] Mailbox \x1b[31malmost full\r\n${opened(threeLetters)}`]],
    },
    codes: [0],
    stored: 3,
    says: /the server says: .*almost full/,
  },
  {
    name: 'F16 describes a message of 300 nested parts',
    script: {
      on: [
        [
          /^UID FETCH .*BODYSTRUCTURE/,
          `* 1 FETCH (UID 1 BODYSTRUCTURE ${'('.repeat(300)}"TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1${' "MIXED")'.repeat(299)})\r\n<tag> OK done\r\n`,
        ],
      ],
    },
    args: ['show', '1'],
    codes: [0, 66, 75, 76],
  },
  {
    name: 'F18 says when it opens the folder that messages vanish, thirty thousand million times',
    script: {
      on: [
        [
          /^EXAMINE/,
          async (talk) => {
            await talk.send('* VANISHED (EARLIER) 1:16777216\r\n'.repeat(2000));
            await talk.send(opened(threeLetters));
          },
        ],
      ],
    },
    codes: [0],
    stored: 3,
  },
  {
    name: 'F19 says that there are messages without end, and then each second that it is still here',
    script: {
      on: [
        [/^EXAMINE/, withoutEnd('4294967295')],
        [facts, (talk) => talk.repeat('* OK Still here\r\n', 1000)],
      ],
    },
    codes: [75],
    says: /said nothing to the point for 3 s/,
  },
  {
    name: 'F20 describes messages without end where it has said that there are 300',
    script: {
      on: [
        [/^EXAMINE/, withoutEnd('300')],
        [facts, rowsWithoutEnd],
      ],
    },
    codes: [76],
    says: /much that it was not asked for/,
  },
  {
    name: 'F21 tells flags without end, no two alike',
    before: {},
    args: ['fetch', '--mirror'],
    script: {
      on: [
        [/^EXAMINE/, withoutEnd('500000')],
        [/^UID FETCH .*FLAGS/, rowsWithoutEnd],
      ],
    },
    codes: [1, 75, 76],
    stored: 3,
    withinMs: 12_000,
  },
  {
    name: 'F22 finds four million messages',
    script: {
      on: [
        [/^EXAMINE/, opened(threeLetters, { exists: '* 4 EXISTS' })],
        [
          /^UID SEARCH/,
          async (talk) => {
            await talk.send('* SEARCH');
            for (let uid = 2; uid < 8_000_000 && !talk.gone.aborted; uid += 20_000) {
              const some = Array.from({ length: 10_000 }, (_, index) => uid + 2 * index);
              await talk.send(` ${some.join(' ')}`);
            }
            await talk.send('\r\n<tag> OK done\r\n');
          },
        ],
      ],
    },
    codes: [76],
    stored: 3,
  },
  {
    name: 'F17 says a tagged OK for what was asked and closes at once',
    script: {
      on: [
        [
          bodies,
          async (talk) => {
            await talk.send(`${fetchRows(talk.command, threeLetters).join('')}<tag> OK done\r\n`);
            talk.cut();
          },
        ],
      ],
    },
    codes: [0, 75],
    stored: 3,
    bodies: [first ?? '', third ?? ''],
  },
];

/** Answers for the second piece of a large message; all others are as they should be. */
function secondPiece(reply: (talk: Talk, row: string) => void | Promise<void>): Case['script'] {
  return {
    letters: [large],
    on: [
      [
        /^UID FETCH 1 .*BODY\.PEEK\[\]<[1-9]/,
        async (talk) => {
          const row = fetchRows(talk.command, [large]).join('');
          if (talk.times === 0) await reply(talk, row);
          else await talk.send(`${row}<tag> OK done\r\n`);
        },
      ],
    ],
  };
}

function withoutEnd(exists: string): string {
  const uidNext = '* OK [UIDNEXT 4294967295] next';
  return opened(threeLetters, { exists: `* ${exists} EXISTS`, uidNext });
}

/** Each of another message, with a flag of its own. */
async function rowsWithoutEnd(talk: Talk): Promise<void> {
  for (let uid = 1; !talk.gone.aborted; uid += 2000) {
    const rows = Array.from({ length: 1000 }, (_, index) => uid + 2 * index).map(
      (one) => `* ${one} FETCH (UID ${one} RFC822.SIZE 100 FLAGS (\\Seen $x${one}))\r\n`,
    );
    await talk.send(rows.join(''));
  }
}

function two(): Letter {
  return { uid: 2, source };
}

async function hostileEnvelope(talk: Talk): Promise<void> {
  const subject = '\x1b[2J\x1b]0;PWNED\x07\r\nX-Injected: 1\x00\x08\r\nmore\x9b1m';
  const literal = `{${subject.length}}\r\n${subject}`;
  const person = `((${literal} NIL ${literal} ${literal}))`;
  await talk.send(
    `* 1 FETCH (UID 1 FLAGS (\\Seen) RFC822.SIZE 10 INTERNALDATE "17-Jul-2026 02:44:25 +0000" ` +
      `ENVELOPE (NIL ${literal} ${person} NIL NIL ${person} NIL NIL NIL ${literal}))\r\n<tag> OK done\r\n`,
  );
}

/** Names of ours, and no letter after `:2,` that Maildir does not know. */
function expectMaildirNames(archived: readonly string[]): void {
  const names = archived
    .filter((path) => /\/(cur|new)\//.test(path))
    .map((path) => path.slice(path.lastIndexOf('/') + 1));
  expect(names.filter((name) => !/^-?\d+\.V\d+U\d+\.mailctl(:2,[DFPRST]*)?$/.test(name))).toEqual(
    [],
  );
}

let played: Awaited<ReturnType<typeof playAll>>;
beforeAll(async () => {
  played = await playAll(cases);
}, 240_000);

test.each(cases)('$name', (one) => judge(one, played(one.name)));
