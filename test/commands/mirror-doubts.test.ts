import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { foldersScript, type Said, type ScriptedFolder } from '../support/folders-imap.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { type Result, run } from '../support/run.ts';
import type { Letter } from '../support/usual-imap.ts';

/** What a server says the second time of a folder that had UIDs 1 to 3 the first time. */
interface Case {
  readonly name: string;
  readonly folder: ScriptedFolder;
  /** UIDs in the folder, those with a flag marked; and those in `.gone`, after that. */
  readonly here: readonly string[];
  readonly away?: readonly number[];
  /** After one more run, where that is not the same. */
  readonly later?: { readonly here: readonly string[]; readonly away?: readonly number[] };
  readonly says?: RegExp;
}

const letter = (uid: number, flags = ''): Letter => ({
  uid,
  flags,
  source: `From: Bob <bob@example.org>\r\nSubject: letter ${uid}\r\n\r\nThis is letter ${uid}.\r\n`,
});
const letters = (...uids: number[]) => uids.map((uid) => letter(uid));
const flagged = [letter(1, '\\Seen'), letter(2), letter(3)];
const row = (uid: number, flags: string) =>
  `* ${uid} FETCH (UID ${uid} FLAGS (${flags}) MODSEQ (20))\r\n`;
const vanished = (uids: string) => `* VANISHED (EARLIER) ${uids}\r\n`;
const isOpening = (command: string) => command.startsWith('EXAMINE');
/** Says it has so many of the three it had. */
const counting =
  (count: number) =>
  ({ command, honest }: Said) =>
    isOpening(command) || command.startsWith('STATUS')
      ? honest.replace('3 EXISTS', `${count} EXISTS`).replace('MESSAGES 3', `MESSAGES ${count}`)
      : null;
const resumes = ({ command }: Said) => isOpening(command) && command.includes('QRESYNC');

const all = ['1', '2', '3'];
const cases: readonly Case[] = [
  {
    name: 'a flag, and one that has vanished',
    folder: {
      letters: [letter(1, '\\Seen'), letter(3)],
      modseq: 20,
      changes: vanished('2') + row(1, '\\Seen'),
    },
    here: ['1S', '3'],
    away: [2],
  },
  {
    name: 'that all have vanished, while they are there',
    folder: { letters: letters(1, 2, 3), modseq: 20, changes: vanished('1:3') },
    here: all,
  },
  {
    name: 'that four thousand million have vanished',
    folder: { letters: letters(1, 2, 3), modseq: 20, changes: vanished('1:4294967295') },
    here: all,
  },
  {
    name: 'that all have vanished and none exists, and finds them',
    folder: {
      letters: letters(1, 2, 3),
      modseq: 20,
      changes: vanished('1:3'),
      lie: counting(0),
    },
    here: all,
    says: /says it has 0 messages and names 3; nothing is put away/,
  },
  {
    name: 'that all have vanished, none exists, and finds none: never removed',
    folder: { letters: [], modseq: 20, changes: vanished('1:3'), uidNext: 4 },
    here: [],
    away: [1, 2, 3],
  },
  {
    name: 'that all have vanished, none exists, and it will give their UIDs again',
    folder: { letters: [], modseq: 20, changes: vanished('1:3') },
    here: all,
    says: /has gone back to an earlier state: 3 stored messages are not there/,
  },
  {
    name: 'that one has vanished, and counts and finds it',
    folder: { letters: letters(1, 2, 3), modseq: 20, changes: vanished('2') },
    here: all,
  },
  {
    name: 'that one has vanished and does not count it, and finds it',
    folder: {
      letters: letters(1, 2, 3),
      modseq: 20,
      changes: vanished('2'),
      lie: counting(2),
    },
    here: all,
    says: /says it has 2 messages and names 3; nothing is put away/,
  },
  {
    name: 'that one has vanished, and nothing of a new one',
    folder: { letters: letters(1, 3, 4), modseq: 20, changes: vanished('2') },
    here: ['1', '3', '4'],
    away: [2],
  },
  {
    name: 'nothing of one that has vanished',
    folder: { letters: letters(1, 3), modseq: 20 },
    here: ['1', '3'],
    away: [2],
  },
  {
    name: 'garbage of changes',
    folder: {
      letters: flagged,
      modseq: 20,
      changes: '* VANISHED\r\n* VANISHED (EARLIER)\r\n* VANISHED (EARLIER) 0,abc\r\n* 1 FETCH\r\n',
    },
    here: all,
  },
  {
    name: 'no changes: it does not take QRESYNC after all',
    folder: {
      letters: flagged,
      modseq: 20,
      lie: (said) => (resumes(said) ? '<tag> BAD what\r\n' : null),
    },
    here: ['1S', '2', '3'],
  },
  {
    name: 'a lower mod-sequence, and leaves one out',
    folder: { letters: [letter(1, '\\Seen'), letter(3)], modseq: 5 },
    here: ['1S', '2', '3'],
    later: { here: ['1S', '3'], away: [2] },
    says: /has gone back to an earlier state; nothing is put away/,
  },
  {
    name: 'a lower mod-sequence only when it opens the folder',
    folder: {
      letters: flagged,
      modseq: 20,
      lie: ({ command, honest }) => (isOpening(command) ? honest.replace('SEQ 20', 'SEQ 4') : null),
    },
    here: ['1S', '2', '3'],
  },
  {
    name: 'that it has no mod-sequences any more',
    folder: {
      letters: [letter(1, '\\Seen'), letter(3)],
      modseq: 0,
      lie: ({ command, honest }) => {
        if (/CHANGEDSINCE/.test(command)) return '<tag> BAD no mod-sequences\r\n';
        return honest.replace('OK [HIGHESTMODSEQ 0]', 'OK [NOMODSEQ]');
      },
    },
    here: ['1S', '3'],
    away: [2],
  },
  {
    name: 'no mod-sequence',
    folder: { letters: [letter(1, '\\Seen'), letter(3)] },
    here: ['1S', '3'],
    away: [2],
  },
  {
    name: 'that it is renumbered',
    folder: {
      letters: flagged,
      modseq: 20,
      changes: vanished('1:3'),
      lie: ({ command, honest }) =>
        isOpening(command) || command.startsWith('STATUS')
          ? honest.replace(/UIDVALIDITY \d+/, 'UIDVALIDITY 42')
          : null,
    },
    here: ['1S', '2', '3'],
  },
];

describe.each(['--mirror', '--prune'])('%s, where the server tells', (flag) => {
  const folders = new Map<string, ScriptedFolder>();
  let archive: string;
  let first: Result;
  let second: Result;
  let third: Result;
  const seen = new Map<string, ReturnType<typeof look>>();

  const folderOf = ({ name }: Case) => `folder ${cases.findIndex((one) => one.name === name)}`;
  const names = (...path: string[]) => {
    const place = join(archive, ...path);
    return existsSync(place) ? readdirSync(place) : [];
  };
  const uidOf = (name: string) => Number(/U(\d+)\.mailctl/.exec(name)?.[1]);
  const look = (folder: string) => ({
    here: ['new', 'cur']
      .flatMap((part) => names(folder, part))
      .map((name) => `${uidOf(name)}${/:2,(.*)/.exec(name)?.[1] ?? ''}`)
      .sort(),
    away: ['new', 'cur'].flatMap((part) => names(folder, '.gone', part).map(uidOf)).sort(),
  });

  beforeAll(async () => {
    for (const one of cases) folders.set(folderOf(one), { letters: letters(1, 2, 3), modseq: 10 });
    const capabilities = 'IMAP4rev1 SASL-IR AUTH=XOAUTH2 ENABLE CONDSTORE QRESYNC';
    const mail = await makeMailHome({ script: foldersScript(folders, { capabilities }) });
    archive = mail.archive;
    const args = ['fetch', '--all-folders', '--mirror', ...(flag === '--prune' ? ['--prune'] : [])];
    const fetch = () => run([...args, '--json'], { ...mail, timeoutMs: 60_000 });
    first = await fetch();
    for (const one of cases) folders.set(folderOf(one), one.folder);
    second = await fetch();
    for (const one of cases) seen.set(one.name, look(folderOf(one)));
    third = await fetch();
  });

  test.each(cases)('$name', (one) => {
    const kept = (away: readonly number[], here: readonly string[]) =>
      flag === '--prune' && here.length > 0 ? [] : away;
    const { here, away = [], later = { here, away }, says } = one;
    expect(seen.get(one.name)).toEqual({ here, away: kept(away, here) });
    expect(look(folderOf(one))).toEqual({
      here: later.here,
      away: kept(later.away ?? [], later.here),
    });
    const told = second.stderr.split('\n').filter((line) => line.includes(`${folderOf(one)}:`));
    expect(told).toEqual(says === undefined ? [] : [expect.stringMatching(says)]);
  });

  test('whatever it tells, and ends with 0', () => {
    expect([first.code, second.code, third.code]).toEqual([0, 0, 0]);
  });
});
