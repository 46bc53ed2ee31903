import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type Case, judge, type Played, playAll } from '../../support/play.ts';
import type { Script } from '../../support/scripted-imap.ts';
import { type Letter, opened, threeLetters } from '../../support/usual-imap.ts';

/** Not the `LIST "" ""` that asks for the delimiter. */
const allFolders = /^(LIST|LSUB) "" "?\*/;

const pwned = 'mailctl-pwned';

/** Names a server may give a mailbox, as the person would type them after --folder. */
const names: readonly string[] = [
  ...[
    `../../../../../../../../tmp/${pwned}`,
    'a/../../../x',
    'INBOX/../../x',
    '..',
    '.',
    '/',
    '//',
  ],
  ...['~/evil', '~', '.ssh/authorized_keys', '.forward', '-rf', '--help'],
  ...['cur', 'new', 'tmp', 'cur/x', 'INBOX/cur', 'dovecot-uidlist', 'x.lock', '.mailctl.json'],
  ...['.mailctl.lock', 'CON', 'aux.txt', 'a:b', 'a\\b', 'trailing.', 'trailing '],
  ...[`$(touch /tmp/${pwned})`, '`id`', 'a;b', 'a|b', 'a&&b', '"quoted"', "it's", '*', '%', '%2F'],
  ...['\u00fcber', 'u\u0308ber', '\u65e5\u672c', '\u202egnp.exe', 'zero\u200bwidth'],
  ...['x'.repeat(300), 'a/'.repeat(60), '__proto__', 'constructor'],
];

/** Bytes of mailbox names in an answer to LIST, for `mailctl folders`. */
const listed: readonly (readonly [string, string])[] = [
  ['C1 names that climb', '"../../../../tmp/mailctl-pwned"'],
  ['C3 a name of the home folder', '"~/evil"'],
  ['C7 a name for a shell', '"$(touch /tmp/mailctl-pwned)"'],
  ['C9 a literal with line ends', '{15}\r\n9}\r\nnew\r\nline\r\n'],
  ['C9 a literal with an answer in it', literal('x\r\n2 OK done\r\n* LIST () "/" injected')],
  ['C11 an escape sequence', literal('esc\x1b]0;PWNED\x07')],
  ['C11 a bell and a tab', literal('bell\x07\ttab')],
  ['C11 a bidirectional override in UTF-7', '"&IC4-gnp.exe"'],
  ['C13 broken UTF-7', '"&bad"'],
  ['C13 other broken UTF-7', '"&!!!-"'],
  ['C13 a lone surrogate in UTF-7', '"&2AA-"'],
  ['C13 raw bytes', '"\xff\xfe\x80"'],
  ['C13 a NUL', literal('a\0b')],
  ['C13 an empty name', '""'],
  ['C13 NIL for a name', 'NIL'],
];

const delimiters = ['NIL', '"\\\\"', '"."', '"\xe9"', '"ab"', '""', '"/"', '"\x07"'];

const namesInside: Case['check'] = ({ archived, archive }) => {
  expect(existsSync(join(tmpdir(), pwned))).toBe(false);
  // Each message lies in a Maildir of its own folder below the archive; nothing is hidden there.
  for (const path of archived.filter((one) => one !== '.mailctl.lock')) {
    const levels = path.split('/');
    const place = levels.slice(0, levels.at(-1) === '.mailctl.json' ? -1 : -2);
    expect(place.filter((level) => /^[.~-]|[\0-\x1f\x7f]|^$/.test(level))).toEqual([]);
    expect(place.every((level) => Buffer.byteLength(level) <= 255)).toBe(true);
  }
  const top = existsSync(archive) ? readdirSync(archive) : [];
  expect(top.filter((name) => ['cur', 'new', 'tmp'].includes(name))).toEqual([]);
};

const cases: readonly Case[] = [
  ...names.map(
    (name): Case => ({
      name: `C fetches a mailbox named ${JSON.stringify(name.slice(0, 40))} inside its archive, or not at all`,
      script: mailboxNamed(name, '"/"'),
      args: ['fetch', `--folder=${name}`],
      codes: [0, 64, 66, 74],
      check: async (played) => {
        await namesInside(played);
        expectAllOrNothing(played);
      },
      bodies: threeLetters.map(({ source }) => source),
      stored: null,
    }),
  ),
  ...delimiters.map(
    (delimiter): Case => ({
      name: `C15 separates levels by ${JSON.stringify(delimiter)}`,
      script: mailboxNamed('a.b/../../c', delimiter),
      args: ['fetch', '--folder', 'a.b/../../c'],
      codes: [0, 64, 66, 74, 76],
      check: async (played) => {
        await namesInside(played);
        expectAllOrNothing(played);
      },
      stored: null,
    }),
  ),
  ...listed.map(
    ([name, bytes]): Case => ({
      name: `${name} in a list of folders`,
      script: {
        on: [
          [
            allFolders,
            `* LIST () "/" INBOX\r\n* LIST () "/" ${bytes}\r\n* LIST () "/" Sent\r\n<tag> OK done\r\n`,
          ],
        ],
      },
      args: ['folders'],
      codes: [0],
      check: ({ result }) => {
        expect(existsSync(join(tmpdir(), pwned))).toBe(false);
        const lines = result.stdout.split('\n').slice(0, -1);
        expect(lines.every((line) => line.split('\t').length === 6)).toBe(true);
        expect(lines.map((line) => line.split('\t')[0])).toEqual(
          expect.arrayContaining(['INBOX', 'Sent']),
        );
        expect(result.stdout).not.toContain('\ninjected');
      },
    }),
  ),
  {
    name: 'C16 lists 100,000 folders',
    script: {
      on: [
        [
          allFolders,
          async (talk) => {
            for (let start = 0; start < 100_000 && !talk.gone.aborted; start += 1000) {
              const lines = Array.from(
                { length: 1000 },
                (_, index) => `* LIST () "/" "folder ${start + index}"\r\n`,
              );
              await talk.send(lines.join(''));
            }
            await talk.send('<tag> OK done\r\n');
          },
        ],
        [/^STATUS/, (talk) => talk.send('<tag> NO not now\r\n')],
      ],
    },
    args: ['folders'],
    codes: [0, 75, 76],
    withinMs: 15_000,
  },
  {
    name: 'C16 lists without an end',
    script: {
      on: [[allFolders, (talk) => talk.repeat('* LIST () "/" "folder"\r\n'.repeat(2000))]],
    },
    args: ['folders'],
    codes: [75, 76],
    withinMs: 15_000,
  },
  {
    name: 'D1 has renumbered the mailbox',
    before: {},
    script: {
      on: [
        [/^EXAMINE/, opened(threeLetters, { uidValidity: '* OK [UIDVALIDITY 42] new' })],
        [/^STATUS/, '* STATUS INBOX (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 42)\r\n<tag> OK done\r\n'],
      ],
    },
    codes: [0],
    says: /renumbered.*UIDVALIDITY 1700000001 → 42.*3 of its messages are recognised/,
    stored: 3,
  },
  ...(
    [
      ['D3 gives no UIDVALIDITY', ''],
      ['D4 gives UIDVALIDITY 0', '* OK [UIDVALIDITY 0] valid'],
      ['D5 gives a UIDVALIDITY of 20 digits', '* OK [UIDVALIDITY 99999999999999999999] valid'],
      ['D5 gives a UIDVALIDITY of 33 bits', '* OK [UIDVALIDITY 4294967296] valid'],
      ['D5 gives a UIDVALIDITY that is no number', '* OK [UIDVALIDITY abc] valid'],
      ['D5 gives a negative UIDVALIDITY', '* OK [UIDVALIDITY -1] valid'],
    ] as const
  ).map(
    ([name, line]): Case => ({
      name,
      script: { on: [[/^EXAMINE/, opened(threeLetters, { uidValidity: line })]] },
      codes: [75, 76],
      stored: 0,
    }),
  ),
  ...['4294967295', '4294967296', '0', '1', '99999999999999999999'].map(
    (uidNext): Case => ({
      name: `D7 gives UIDNEXT ${uidNext}, and later mail still arrives`,
      before: {
        letters: threeLetters.slice(0, 2),
        on: [
          [
            /^EXAMINE/,
            opened(threeLetters.slice(0, 2), { uidNext: `* OK [UIDNEXT ${uidNext}] next` }),
          ],
        ],
      },
      script: {},
      codes: [0],
      stored: 3,
    }),
  ),
  {
    name: 'D9 gives a lower HIGHESTMODSEQ than before, and new mail',
    before: {
      letters: threeLetters.slice(0, 2),
      on: [[/^EXAMINE/, withModSeq(threeLetters.slice(0, 2), '9000000')]],
    },
    script: { on: [[/^EXAMINE/, withModSeq(threeLetters, '5')]] },
    codes: [0],
    stored: 3,
  },
  {
    name: 'D11 is empty overnight',
    before: {},
    script: {
      letters: [],
      on: [[/^EXAMINE/, opened([], { uidNext: '* OK [UIDNEXT 4] next' })]],
    },
    bodies: threeLetters.map(({ source }) => source),
    codes: [0],
    stored: 3,
  },
  ...(['fetch', 'list'] as const).map(
    (verb): Case => ({
      name: `D13 says that 4294967295 messages exist (${verb})`,
      script: { on: [[/^EXAMINE/, opened(threeLetters, { exists: '* 4294967295 EXISTS' })]] },
      args: [verb],
      ...(verb === 'fetch'
        ? { codes: [1], stored: 3, says: /says it has 4294967292 more messages/ }
        : { codes: [0, 75, 76] }),
    }),
  ),
  {
    name: 'D13 says that messages without end exist',
    script: {
      on: [[/^EXAMINE/, opened(threeLetters, { exists: '* 99999999999999999999 EXISTS' })]],
    },
    args: ['list'],
    codes: [0, 75, 76],
  },
  {
    name: 'D17 cannot open INBOX',
    script: { on: [[/^EXAMINE/, '<tag> NO [SERVERBUG] Internal error\r\n']] },
    codes: [69, 75],
    says: /Internal error/,
  },
  {
    name: 'D18 knows no INBOX',
    script: { on: [[/^EXAMINE/, '<tag> NO [NONEXISTENT] No such mailbox\r\n']] },
    codes: [66, 69],
    says: /No such mailbox|no folder INBOX/,
  },
  {
    name: 'D18 answers EXAMINE with BAD',
    script: { on: [[/^EXAMINE/, '<tag> BAD what\r\n']] },
    codes: [66, 69, 75, 76],
  },
  {
    name: 'D18 never answers EXAMINE',
    script: { on: [[/^EXAMINE/, () => {}]] },
    codes: [75],
    says: /did not finish the command within 3 s/,
    withinMs: 6_000,
  },
  {
    name: 'D19 has folders that cannot be opened',
    script: {
      on: [
        [
          allFolders,
          '* LIST () "/" INBOX\r\n* LIST (\\Noselect) "/" container\r\n* LIST (\\NonExistent) "/" ghost\r\n<tag> OK done\r\n',
        ],
      ],
    },
    args: ['folders'],
    codes: [0],
    check: ({ result }) => {
      expect(result.stdout).toMatch(/^INBOX\t/);
      expect(result.stdout).not.toMatch(/container|ghost/);
    },
  },
];

function mailboxNamed(name: string, delimiter: string): Script {
  const bytes = utf7(name);
  const line = (verb: string) => `* ${verb} () ${delimiter} ${literal(bytes)}\r\n`;
  return {
    on: [
      [/^LIST "" ""/, `* LIST (\\Noselect) ${delimiter} ""\r\n<tag> OK done\r\n`],
      [/^LIST/, `${line('LIST')}<tag> OK done\r\n`],
      [/^LSUB/, `${line('LSUB')}<tag> OK done\r\n`],
    ],
  };
}

/** Modified UTF-7 (RFC 3501 §5.1.3). */
function utf7(name: string): string {
  return name.replaceAll('&', '&-').replaceAll(/[^\x20-\x7e]+/g, (text) => {
    const bytes = Buffer.from(text, 'utf16le').swap16();
    return `&${bytes.toString('base64').replaceAll('=', '').replaceAll('/', ',')}-`;
  });
}

function literal(bytes: string): string {
  return `{${bytes.length}}\r\n${bytes}`;
}

function withModSeq(letters: readonly Letter[], value: string): string {
  return opened(letters, {
    uidNext: `* OK [UIDNEXT 4] next\r\n* OK [HIGHESTMODSEQ ${value}] modseq`,
  });
}

/** A mailbox is fetched whole or refused; never in part. */
function expectAllOrNothing({ result, messages }: Played): void {
  expect(messages).toHaveLength(result.code === 0 ? 3 : 0);
  if (result.code === 0) {
    expect(result.stderr).toBe('');
  }
}

let played: Awaited<ReturnType<typeof playAll>>;
beforeAll(async () => {
  played = await playAll(cases);
}, 240_000);

test.each(cases)('$name', (one) => judge(one, played(one.name)));

test('C fetches no two of these mailboxes into one folder', () => {
  const places = cases
    .filter(({ args }) => args?.[1]?.startsWith('--folder=') === true)
    .flatMap(({ name }) => played(name).archived.filter((path) => path.endsWith('.mailctl.json')));
  expect(new Set(places).size).toBe(places.length);
});
