import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { foldersScript, type Said, type ScriptedFolder } from '../support/folders-imap.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { type Result, run } from '../support/run.ts';
import type { Letter } from '../support/usual-imap.ts';

/** What a server does with a folder. */
interface Case {
  readonly name: string;
  readonly letters: readonly Letter[];
  /** How many of them are stored already. Default: none, and the folder is new. */
  readonly stored?: number;
  readonly lie: NonNullable<ScriptedFolder['lie']>;
  /** UIDs that the first run cannot have; it names them, or how many they are. */
  readonly named?: readonly number[];
  readonly unnamed?: number;
  /** UIDs the first run knows nothing of: only the next one can find them. */
  readonly unknown?: readonly number[];
}

const letter = (uid: number): Letter => ({
  uid,
  source: `From: Bob <bob@example.org>\r\nSubject: letter ${uid}\r\n\r\nThis is letter ${uid}.\r\n`,
});
const three = [1, 2, 3].map(letter);
/** More than come without asking for their sizes first. UID 50 is not there. */
const many = Array.from({ length: 301 }, (_, index) => index + 1)
  .filter((uid) => uid !== 50)
  .map(letter);

const isBody = (command: string) => /^UID FETCH .*BODY/.test(command);
const isSize = (command: string) => /^UID FETCH \S+ \(UID RFC822\.SIZE\)/.test(command);
const isSearch = (command: string) => command.startsWith('UID SEARCH');
const isOpening = (command: string) => command.startsWith('EXAMINE');

/** The answer without the rows of these UIDs. */
function without(uids: readonly number[], answer: string): string {
  const rows = answer.split(/^(?=\* \d+ FETCH|\S+ OK)/m);
  return rows.filter((row) => !uids.some((uid) => row.includes(`(UID ${uid} `))).join('');
}

const swapped = (from: number, to: number, answer: string) =>
  answer.replace(`(UID ${from} `, `(UID ${to} `);

/** Leaves out UID 2 of an answer to UID SEARCH. */
const searchWithout2 = (honest: string) => honest.replace(/^(\* SEARCH.*?) 2\b/m, '$1');

const newFolder: readonly Case[] = [
  {
    name: 'leaves a row out once',
    letters: three,
    lie: ({ command, times, honest }) =>
      isBody(command) && times === 0 ? without([2], honest) : null,
  },
  {
    name: 'leaves a row out always',
    letters: three,
    lie: ({ command, honest }) => (isBody(command) ? without([2], honest) : null),
    named: [2],
  },
  {
    name: 'leaves the sizes of some out once',
    letters: many,
    lie: ({ command, times, honest }) =>
      isSize(command) && times === 0 ? without([3, 4, 5, 299], honest) : null,
  },
  {
    name: 'leaves the sizes of nearly all out once',
    letters: many,
    lie: ({ command, times, honest }) =>
      isSize(command) && times === 0
        ? without(
            many.slice(3).map(({ uid }) => uid),
            honest,
          )
        : null,
  },
  {
    name: 'leaves the size of one out always',
    letters: many,
    lie: ({ command, honest }) => (isSize(command) ? without([7], honest) : null),
    named: [7],
  },
  {
    name: 'leaves the bodies of some out once',
    letters: many,
    lie: ({ command, times, honest }) =>
      isBody(command) && times === 1 ? without([20, 21], honest) : null,
  },
  {
    name: 'leaves the body of one out always',
    letters: many,
    lie: ({ command, honest }) => (isBody(command) ? without([20], honest) : null),
    named: [20],
  },
  {
    name: 'says too few EXISTS, and leaves a row out',
    letters: three,
    lie: ({ command, honest }) => {
      if (isOpening(command)) return honest.replace('3 EXISTS', '2 EXISTS');
      return isBody(command) ? without([3], honest) : null;
    },
    named: [3],
  },
  {
    name: 'says that one more EXISTS',
    letters: three,
    lie: ({ command, honest }) =>
      isOpening(command) ? honest.replace('3 EXISTS', '4 EXISTS') : null,
    unnamed: 1,
  },
  {
    name: 'says that none EXISTS where STATUS has some',
    letters: three,
    lie: ({ command, honest }) =>
      isOpening(command) ? honest.replace('3 EXISTS', '0 EXISTS') : null,
  },
  {
    name: 'says that none EXISTS, and finds none',
    letters: three,
    lie: ({ command, honest }) => {
      if (isSearch(command)) return '* SEARCH\r\n<tag> OK done\r\n';
      return isOpening(command) ? honest.replace('3 EXISTS', '0 EXISTS') : null;
    },
    unknown: [1, 2, 3],
  },
  ...['UIDNEXT 1', 'UIDNEXT 40', 'UIDNEXT 301', 'UIDNEXT 4294967295', 'X'].map(
    (next): Case => ({
      name: `says ${next} of messages up to UID 301`,
      letters: many,
      lie: ({ command, honest }) =>
        isOpening(command) ? honest.replace('UIDNEXT 302', next) : null,
    }),
  ),
  {
    name: 'sends a row with a UID that is not there, below a UIDNEXT that is too high',
    letters: three,
    lie: ({ command, times, honest }) => {
      if (isOpening(command)) return honest.replace('UIDNEXT 4', 'UIDNEXT 4000000000');
      return isBody(command) && times === 0 ? swapped(2, 92, honest) : null;
    },
  },
  {
    name: 'sends a size with a UID that is not there',
    letters: many,
    lie: ({ command, times, honest }) =>
      isSize(command) && times === 0 ? swapped(49, 50, honest) : null,
  },
  {
    name: 'sends the size of the last message with a UID that is not there',
    letters: many,
    lie: ({ command, times, honest }) => {
      if (isOpening(command)) return honest.replace('UIDNEXT 302', 'UIDNEXT 900');
      return isSize(command) && times === 0 ? swapped(301, 800, honest) : null;
    },
  },
  {
    name: 'sends rows in another order',
    letters: three,
    lie: ({ command, honest }) =>
      isBody(command)
        ? `${honest
            .split(/^(?=\* \d+ FETCH)/m)
            .map((row) => row.replace(/<tag>.*\r\n/, ''))
            .reverse()
            .join('')}<tag> OK done\r\n`
        : null,
  },
  {
    name: 'finds one less than it says it has, and leaves the row of it out',
    letters: three,
    lie: ({ command, honest }) => {
      if (isSearch(command)) return searchWithout2(honest);
      return isBody(command) ? without([2], honest) : null;
    },
    unnamed: 1,
    unknown: [2],
  },
  {
    name: 'finds two million messages it does not have',
    letters: three,
    lie: ({ command, honest }) => {
      if (isSearch(command))
        return '* ESEARCH (TAG "<tag>") UID ALL 1:2000000\r\n<tag> OK done\r\n';
      return isBody(command) || isSize(command) ? without([2], honest) : null;
    },
    unnamed: 2_000_000 - 2,
    unknown: [2],
  },
  {
    name: 'has deleted one between EXAMINE and FETCH, and says so with the answer',
    letters: three,
    lie: deletedMeanwhile('UID FETCH'),
    unknown: [2],
  },
  {
    name: 'has deleted one between EXAMINE and FETCH, and says so only when asked',
    letters: three,
    lie: deletedMeanwhile('NOOP'),
    unknown: [2],
  },
  {
    name: 'has got one more between EXAMINE and FETCH',
    letters: three,
    lie: ({ command, honest }) => {
      if (isOpening(command) || command.startsWith('STATUS')) {
        return honest
          .replace('3 EXISTS', '2 EXISTS')
          .replace('MESSAGES 3', 'MESSAGES 2')
          .replace('UIDNEXT 4', 'UIDNEXT 3');
      }
      return isBody(command) ? `* 3 EXISTS\r\n${honest}` : null;
    },
    unknown: [3],
  },
];

const five = [1, 2, 3, 4, 5].map(letter);

const withNews: readonly Case[] = [
  {
    name: 'leaves the row of a new one out once',
    lie: ({ command, times, honest }: Said) =>
      isBody(command) && times === 0 ? without([5], honest) : null,
  },
  {
    name: 'leaves the row of a new one out always',
    lie: ({ command, honest }: Said) => (isBody(command) ? without([5], honest) : null),
    named: [5],
  },
  {
    name: 'leaves a new one out when it is searched the first time, and has given one UID more',
    lie: ({ command, times, honest }: Said) => {
      if (isOpening(command)) return honest.replace('UIDNEXT 6', 'UIDNEXT 7');
      return isSearch(command) && times === 0 ? honest.replace(' 4 5', ' 4') : null;
    },
  },
  {
    name: 'leaves a new one out whenever it is searched, and has given one UID more',
    lie: ({ command, honest }: Said) => {
      if (isOpening(command)) return honest.replace('UIDNEXT 6', 'UIDNEXT 7');
      return isSearch(command) ? honest.replace(' 4 5', ' 4') : null;
    },
    unnamed: 1,
    unknown: [5],
  },
  {
    name: 'leaves a new one out whenever it is searched, and says too few EXISTS',
    lie: ({ command, honest }: Said) => {
      if (isOpening(command)) return honest.replace('5 EXISTS', '4 EXISTS');
      return isSearch(command) ? honest.replace(' 4 5', ' 4') : null;
    },
    unknown: [5],
  },
  {
    name: 'says a lower UIDNEXT than before',
    lie: ({ command, honest }: Said) =>
      isOpening(command) || command.startsWith('STATUS')
        ? honest.replace('NEXT 6', 'NEXT 2')
        : null,
  },
  {
    name: 'has deleted the others',
    lie: ({ command, honest }: Said) => {
      if (isSearch(command)) return '* SEARCH 4 5\r\n<tag> OK done\r\n';
      return isOpening(command) || command.startsWith('STATUS')
        ? honest.replace('5 EXISTS', '2 EXISTS').replace('MESSAGES 5', 'MESSAGES 2')
        : null;
    },
  },
].map((one) => ({ ...one, name: `of news: ${one.name}`, letters: five, stored: 3 }));

const cases = [...newFolder, ...withNews];

/** UID 2 is there again afterwards: so that the next run has something to find. */
function deletedMeanwhile(toldWith: 'UID FETCH' | 'NOOP'): Case['lie'] {
  return ({ command, times, honest }: Said) => {
    const told = command.startsWith(toldWith) && times === 0 ? '* 2 EXPUNGE\r\n' : '';
    if (isSearch(command)) return searchWithout2(honest);
    return isBody(command) || told !== '' ? told + without([2], honest) : null;
  };
}

describe('a folder on a server that', () => {
  const folders = new Map<string, ScriptedFolder>();
  let archive: string;
  let first: Result;
  let second: Result;
  let third: readonly string[];

  const folderOf = ({ name }: Case) => `folder ${cases.findIndex((one) => one.name === name)}`;
  const rowsOf = ({ rows }: Result, one: Case) =>
    rows.filter(({ folder }) => folder === folderOf(one));
  const savedIn = (result: Result, one: Case) =>
    rowsOf(result, one)
      .filter(({ type }) => type === 'saved')
      .map(({ uid }) => Number(uid))
      .sort((a, b) => a - b);

  beforeAll(async () => {
    for (const one of withNews) {
      folders.set(folderOf(one), { letters: one.letters.slice(0, one.stored) });
    }
    const capabilities = 'IMAP4rev1 SASL-IR AUTH=XOAUTH2 ESEARCH';
    const mail = await makeMailHome({ script: foldersScript(folders, { capabilities }) });
    archive = mail.archive;
    const fetch = () => run(['fetch', '--all-folders', '--json'], { ...mail, timeoutMs: 60_000 });
    await fetch();
    for (const one of cases) folders.set(folderOf(one), one);
    first = await fetch();
    for (const one of cases) folders.set(folderOf(one), { letters: one.letters });
    second = await fetch();
    const before = mail.imap.commands.length;
    await fetch();
    third = mail.imap.commands.slice(before);
  });

  test.each(cases)('$name', (one) => {
    const { letters, stored = 0, named = [], unnamed = 0, unknown = [] } = one;
    const missing = [...named, ...unknown];
    const wanted = letters.slice(stored).map(({ uid }) => uid);

    expect(savedIn(first, one)).toEqual(wanted.filter((uid) => !missing.includes(uid)));
    const failed = rowsOf(first, one).filter(({ type }) => type === 'failed');
    expect(failed.map(({ uid }) => uid)).toEqual(named);
    expect(rowsOf(first, one).at(-1)).toMatchObject({
      type: 'fetched',
      failed: named.length + unnamed,
    });
    const told = `${folderOf(one)}: the server says it has ${unnamed} more messages`;
    expect(first.stderr.includes(told)).toBe(unnamed > 0);

    expect(savedIn(second, one)).toEqual(missing);
    expect(rowsOf(second, one).at(-1)).toMatchObject({ type: 'fetched', failed: 0 });
    const place = join(archive, folderOf(one), 'new');
    const files = readdirSync(place).map((name) => readFileSync(join(place, name), 'latin1'));
    expect(files.map((text) => text.replaceAll('\n', '\r\n')).sort()).toEqual(
      letters.map(({ source }) => source).sort(),
    );
  });

  test('does any of this: what is missing is told by the exit code', () => {
    expect([first.code, second.code]).toEqual([1, 0]);
  });

  test('has become honest: the folders are complete, and are not opened any more', () => {
    expect(third.filter((command) => command.startsWith('EXAMINE'))).toEqual([]);
  });
});

test('what has only grown is asked for without a search, and not opened after that', async () => {
  const folders = new Map<string, ScriptedFolder>([['INBOX', { letters: three }]]);
  const mail = await makeMailHome({ script: foldersScript(folders) });
  const asked = async () => {
    const before = mail.imap.commands.length;
    expect(await run(['fetch', '--all-folders'], mail)).toMatchObject({ code: 0, stderr: '' });
    return mail.imap.commands
      .slice(before)
      .filter((command) => /^(EXAMINE|UID)/.test(command))
      .map((command) => command.replace(/ \(.*/, ''));
  };
  await asked();
  folders.set('INBOX', { letters: five });
  expect(await asked()).toEqual(['EXAMINE INBOX', 'UID FETCH 4:5']);
  expect(await asked()).toEqual([]);
  folders.set('INBOX', { letters: [...five.slice(1), letter(6)] });
  expect(await asked()).toEqual(['EXAMINE INBOX', expect.stringMatching(/SEARCH/), 'UID FETCH 6']);
  expect(await asked()).toEqual([]);
});
