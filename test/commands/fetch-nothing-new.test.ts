import { describe, expect, test } from 'vitest';
import { census, filesBelow } from '../support/archived.ts';
import { fileFormats, messagesIn } from '../support/fetch-sweep.ts';
import { foldersScript, type Said, type ScriptedFolder } from '../support/folders-imap.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { run } from '../support/run.ts';
import { fetchRow, inRange, threeLetters } from '../support/usual-imap.ts';

const last = threeLetters[2] ?? threeLetters[0];
const capabilities = 'IMAP4rev1 SASL-IR AUTH=XOAUTH2 CONDSTORE ENABLE QRESYNC';

/** Of a range that begins behind the last message, this has the last message (RFC 9051 §9, seq-range). */
function withLast({ command, honest }: Said): string | null {
  const [, range = ''] = /UID (\d[\d,:*]*)/.exec(command) ?? [];
  if (!range.endsWith('*') || inRange(3, range)) return null;
  return again(command, honest);
}

/** The last message in every answer, whatever was asked for. */
function again(command: string, honest: string): string | null {
  if (command.startsWith('UID SEARCH')) return '* SEARCH 1 2 3\r\n<tag> OK done\r\n';
  const [, items] = /^UID FETCH \S+ (.*)$/.exec(command) ?? [];
  if (items === undefined || last === undefined) return null;
  return honest.replace('<tag>', `${fetchRow(3, last, items)}<tag>`);
}

interface Case {
  readonly name: string;
  readonly later?: Partial<ScriptedFolder>;
  readonly args?: readonly string[];
  /** What shows that it was looked for something new; null: there was no need to. */
  readonly asks: RegExp | null;
}

const cases: readonly Case[] = [
  { name: 'says what it said before', asks: null },
  { name: 'has given a UID to what is gone again', later: { uidNext: 5 }, asks: /^UID SEARCH/m },
  {
    name: 'sends the last message again with each answer',
    later: { uidNext: 5, lie: ({ command, honest }) => again(command, honest) },
    asks: /^UID SEARCH/m,
  },
  {
    name: 'is asked for all from the next UID on, and has the last message there',
    later: { uidNext: 5, lie: withLast },
    args: ['uid:4:*'],
    asks: /^UID SEARCH \(?UID 4:\*/m,
  },
  {
    name: 'tells of changes by sending the last message again',
    later: {
      modseq: 8,
      changes: '* 3 FETCH (UID 3 FLAGS () MODSEQ (8))\r\n',
      lie: ({ command, honest }) => again(command, honest),
    },
    args: ['--mirror'],
    asks: /^EXAMINE INBOX \(QRESYNC/m,
  },
];

describe.each(cases)('nothing is fetched again from a server that $name', (one) => {
  test.each(fileFormats.filter((format) => format === 'maildir' || one.args?.[0] !== '--mirror'))(
    '%s',
    async (format) => {
      const honest = { letters: threeLetters, modseq: 7 };
      const folders = new Map<string, ScriptedFolder>([['INBOX', honest]]);
      const mail = await makeMailHome({ script: foldersScript(folders, { capabilities }) });
      const fetch = (...args: readonly string[]) =>
        run(['fetch', '--json', '--format', format, ...args], mail);
      const mirror = one.args?.filter((arg) => arg === '--mirror') ?? [];
      expect(await fetch(...mirror)).toMatchObject({ code: 0, stderr: '' });
      const files = filesBelow(mail.archive);
      const before = mail.imap.commands.length;

      folders.set('INBOX', { ...honest, ...one.later });
      const { code, stderr, rows } = await fetch(...(one.args ?? []));
      expect({ code, stderr, rows }).toMatchObject({
        ...{ code: 0, stderr: '' },
        rows: [{ type: 'fetched', saved: 0, failed: 0 }],
      });
      const said = mail.imap.commands.slice(before).join('\n');
      if (one.asks === null) expect(said).not.toContain('EXAMINE');
      else expect(said).toMatch(one.asks);
      expect(said).not.toContain('BODY');
      expect(filesBelow(mail.archive)).toEqual(files);
      expect(census(await messagesIn(mail.archive, format))).toEqual(
        census(threeLetters.map(({ source }) => Buffer.from(source))),
      );
    },
  );
});
