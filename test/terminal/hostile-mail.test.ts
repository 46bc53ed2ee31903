import { describe, expect, test } from 'vitest';
import { makeMailHome } from '../support/mail-home.ts';
import { runOnTerminal, show } from '../support/screen.ts';
import type { Script } from '../support/scripted-imap.ts';
import { inRange, opened } from '../support/usual-imap.ts';

const esc = '\u001b';

/** What whoever sends a mail may try, and what is to be seen of it. */
const attempts: readonly (readonly [name: string, sent: string, seen: string])[] = [
  ['the title', `${esc}]0;PWNED\u0007`, '�]0;PWNED�'],
  ['the title, in C1', '\u009d2;PWNED\u009c', '�2;PWNED�'],
  ['the clipboard', `${esc}]52;c;cm0gLXJmIH4=\u0007`, '�]52;c;cm0gLXJmIH4=�'],
  [
    'a link',
    `${esc}]8;;http://x.example${esc}\\y${esc}]8;;${esc}\\`,
    '�]8;;http://x.example�\\y�]8;;�\\',
  ],
  ['the cursor up', `${esc}[9A${esc}[99Devil`, '�[9A�[99Devil'],
  ['a clean screen', `${esc}[2J${esc}[3J${esc}[H`, '�[2J�[3J�[H'],
  ['a reset', `${esc}c`, '�c'],
  ['another screen', `${esc}[?1049h`, '�[?1049h'],
  ['the mouse', `${esc}[?1003h${esc}[?2004h`, '�[?1003h�[?2004h'],
  ['colours', `${esc}[31;42mred`, '�[31;42mred'],
  ['colours, in C1', '\u009b31mred', '�31mred'],
  ['a question about the terminal', `${esc}[c${esc}[>c${esc}[6n`, '�[c�[>c�[6n'],
  ['a question about settings', `${esc}P$qm${esc}\\`, '�P$qm�\\'],
  ['a question about a capability', `${esc}P+q544e${esc}\\`, '�P+q544e�\\'],
  ['a question about a colour', `${esc}]10;?\u0007`, '�]10;?�'],
  ['a question about the answerback', '\u0005', '�'],
  ['an application command', `${esc}_Ga=q;AAAA${esc}\\`, '�_Ga=q;AAAA�\\'],
  ['a private message', `${esc}^secret${esc}\\`, '�^secret�\\'],
  ['a string that never ends', `${esc}Xon and on`, '�Xon and on'],
  ['backspaces', 'good\b\b\b\bevil', 'good����evil'],
  ['a bell', '\u0007', '�'],
  ['DEL', 'a\u007fb', 'a�b'],
  ['other characters', '\u000eabc\u000f', '�abc�'],
  ['text turned round', 'invoice\u202efdp.exe', 'invoice�fdp.exe'],
  ['isolated text', '\u2066abc\u2069', '�abc�'],
  ['marks of direction', 'a\u200eb\u200fc', 'a�b�c'],
  ['what has no width', 'pay\u200bpal\u2060\ufeff.com', 'paypal.com'],
  ['tags that are not seen', 'a\u{e0041}\u{e0042}b', 'ab'],
  ['a soft hyphen', 'pass\u00adword', 'password'],
  ['a hundred marks on a letter', `z${'\u0335'.repeat(100)}y`, `z${'\u0335'.repeat(8)}y`],
];

const literal = (text: string) => {
  const bytes = Buffer.from(text).toString('latin1');
  return `{${bytes.length}}\r\n${bytes}`;
};
const marked = (index: number, text: string) => `S${index} ${text} E${index}`;
const letters = attempts.map((_, index) => ({ uid: index + 1, source: '' }));

/** A row with everything that is asked for, each text of it an attempt. */
function row(index: number, items: string): string {
  const [, sent] = attempts[index] ?? ['', ''];
  const from = `((${literal(`N${index} ${sent}`)} NIL "bob" "example.org"))`;
  const file = literal(`F${index} ${sent}.pdf`);
  const text = marked(index, sent);
  const values = [
    `UID ${index + 1} FLAGS (\\Seen) RFC822.SIZE ${Buffer.byteLength(text) + 13}`,
    'INTERNALDATE "17-Jul-2026 02:44:25 +0000"',
    `ENVELOPE ("Fri, 17 Jul 2026 02:44:25 +0000" ${literal(text)} ${from} ${from} ${from} NIL NIL NIL NIL "<1@x>")`,
    `BODYSTRUCTURE (("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "8BIT" ${Buffer.byteLength(text)} 1 NIL NIL NIL NIL)("APPLICATION" "PDF" NIL NIL NIL "BASE64" 100 NIL ("attachment" ("FILENAME" ${file})) NIL NIL) "MIXED" ("BOUNDARY" "b") NIL NIL NIL)`,
    ...['1', 'HEADER', ''].flatMap((section) =>
      items.includes(`BODY.PEEK[${section}]`)
        ? [`BODY[${section}]<0> ${literal(section === '1' ? text : `Subject: ${text}\r\n\r\n`)}`]
        : [],
    ),
  ];
  return `* ${index + 1} FETCH (${values.join(' ')})\r\n`;
}

const alert = attempts.map(([, sent]) => sent).join(' ');

const script: Script = {
  letters,
  on: [
    [
      /FETCH/,
      (talk) => {
        const [, range = '', items = ''] = /FETCH (\S+) (.*)$/s.exec(talk.command) ?? [];
        const rows = letters.flatMap(({ uid }, index) =>
          inRange(uid, range) ? row(index, items) : [],
        );
        return talk.send(`${rows.join('')}${talk.tag} OK done\r\n`);
      },
    ],
    [
      /^EXAMINE/,
      opened(letters, {
        exists: `* ${letters.length} EXISTS\r\n* OK [ALERT] ${Buffer.from(alert).toString('latin1')}`,
      }),
    ],
    [
      /^LIST "" "?\*/,
      [
        ...attempts.map(
          ([, sent], index) => `* LIST (\\HasNoChildren) "/" ${literal(marked(index, sent))}\r\n`,
        ),
        '<tag> OK done\r\n',
      ].join(''),
    ],
  ],
};

/** All of this happens to a terminal that is shown what was sent as it is. */
test('the terminal of this test does what it is told', async () => {
  const seen = await show(attempts.map(([, sent]) => `${sent}\r\n`).join(''));
  expect(seen.acts.join('\n')).toMatch(/title PWNED/);
  expect(seen.acts.join('\n')).toMatch(/OSC 52 c;cm0gLXJmIH4=/);
  expect(seen.acts.join('\n')).toMatch(/OSC 8 ;http:\/\/x\.example/);
  expect(seen.answers.length).toBeGreaterThan(2);
  expect(seen.unchanged).toBe(false);
});

describe.skipIf(process.platform !== 'linux')('hostile mail on a terminal', () => {
  const uids = letters.map(({ uid }) => String(uid));
  const texts = attempts.map(([, , seen], index) => marked(index, seen));
  const names = attempts.map(([, , seen], index) => `F${index} ${seen}.pdf`);

  test.each([
    ['list', ['list', '--limit', '100'], texts.toReversed()],
    ['search', ['search', 'from:bob'], texts.toReversed()],
    ['folders', ['folders'], texts],
    ['show', ['show', ...uids], texts],
    ['show --headers', ['show', '--headers', ...uids], texts],
    ['show --part', ['show', '--part', '1', ...uids], texts],
    ['show --raw', ['show', '--raw', ...uids], texts],
    ['attachments', ['attachments', '--list'], names.toReversed()],
  ])('%s', async (_, args, wanted) => {
    const { home, env } = await makeMailHome({ script });
    const seen = await runOnTerminal(args, { home, cols: 240, env: { ...env, PAGER: 'cat' } });
    expect(seen.code, seen.lines.join('\n')).toBe(0);
    expect(seen).toMatchObject({ acts: [], answers: [], unchanged: true, coloured: false });
    // Whatever moves the cursor would leave it elsewhere than below the last line.
    expect(seen.cursor.column).toBe(0);
    expect(seen.lines.length).toBeGreaterThanOrEqual(wanted.length);
    // Each whole, in a line of its own, in its order.
    const found = wanted.map((text) => seen.lines.findIndex((line) => line.includes(text)));
    expect(found, seen.lines.join('\n')).not.toContain(-1);
    // Folders have an order of their own.
    const order = args[0] === 'folders' ? found.toSorted((a, b) => a - b) : found;
    expect(order).toEqual([...new Set(found)].sort((a, b) => a - b));
  });
});
