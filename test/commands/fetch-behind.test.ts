import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { foldersScript, type ScriptedFolder } from '../support/folders-imap.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { run } from '../support/run.ts';
import { fetchRow, type Letter } from '../support/usual-imap.ts';

/*
 * Few messages are asked for in the same round trip in which their mailbox is opened, by what
 * STATUS has said of it. What then turns out to be otherwise must neither be stored nor be missed.
 */

const letter = (uid: number): Letter => ({
  uid,
  source: `Message-ID: <${uid}@example.org>\r\nSubject: letter ${uid}\r\n\r\nThis is letter ${uid}.\r\n`,
});
const letters = (...uids: number[]) => uids.map(letter);

async function start(folder: ScriptedFolder, name = 'INBOX') {
  const served = new Map([[name, folder]]);
  const mail = await makeMailHome({
    script: foldersScript(served, { capabilities: 'IMAP4rev1 SASL-IR AUTH=XOAUTH2' }),
  });
  const all = () =>
    ['new', 'cur'].flatMap((part) => {
      const directory = join(mail.archive, name, part);
      return readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));
    });
  return {
    serve: (next: ScriptedFolder) => served.set(name, next),
    fetch: async () => {
      const before = mail.imap.commands.length;
      const result = await run(['fetch', '--json', '--folder', name], mail);
      const commands = mail.imap.commands.slice(before);
      const saved = result.rows.filter(({ type }) => type === 'saved').map(({ uid }) => uid);
      return {
        ...result,
        saved: saved.sort((a, b) => Number(a) - Number(b)),
        /** From where the mailbox was opened, each with its UIDs. */
        commands: commands
          .slice(commands.findIndex((one) => /^EXAMINE/.test(one)))
          .map((one) => /^(?:UID )?\w+(?: [\d:*,]+)?/.exec(one)?.[0]),
      };
    },
    stored: () =>
      all()
        .map((text) => Number(/^Subject: letter (\d+)$/m.exec(text)?.[1]))
        .sort((a, b) => a - b),
  };
}

const isBody = (command: string) => command.includes('BODY');

test('a new mailbox of few messages, and few that arrived, come with the answer to EXAMINE', async () => {
  const { fetch, serve, stored } = await start({ letters: letters(2, 3) });
  const first = await fetch();
  expect(first).toMatchObject({ code: 0, saved: [2, 3], commands: ['EXAMINE', 'UID FETCH 1:*'] });
  serve({ letters: letters(2, 3, 4, 5) });
  const next = await fetch();
  expect(next).toMatchObject({ code: 0, saved: [4, 5], commands: ['EXAMINE', 'UID FETCH 4:5'] });
  expect(stored()).toEqual([2, 3, 4, 5]);
});

interface Doubt {
  readonly name: string;
  readonly lie: NonNullable<ScriptedFolder['lie']>;
  /** What one run stores of 4 and 5, after 2 and 3. */
  readonly saved: readonly number[];
  readonly code?: number;
  readonly says?: RegExp;
  /** What the next run stores of an honest server. */
  readonly later?: readonly number[];
}

const doubts: readonly Doubt[] = [
  {
    name: 'refuses the second of two commands',
    lie: ({ command, times }) => (isBody(command) && times === 0 ? '<tag> BAD slowly\r\n' : null),
    saved: [4, 5],
  },
  {
    name: 'opens the mailbox and then says that none is open',
    lie: ({ command, times }) =>
      isBody(command) && times === 0 ? '<tag> NO [CLIENTBUG] no mailbox\r\n' : null,
    saved: [4, 5],
  },
  {
    name: 'does not open the mailbox, and sends messages nevertheless',
    lie: ({ command }) => (/^EXAMINE/.test(command) ? '<tag> NO not now\r\n' : null),
    saved: [],
    code: 69,
    later: [4, 5],
  },
  {
    name: 'has renumbered the mailbox since STATUS',
    lie: ({ command, honest }) =>
      /^EXAMINE/.test(command) ? honest.replace(/UIDVALIDITY \d+/, 'UIDVALIDITY 77') : null,
    saved: [4, 5],
    says: /renumbered/,
    later: [],
  },
  {
    name: 'sends one of the two',
    lie: ({ command, times, honest }) =>
      isBody(command) && times === 0 ? honest.replace('(UID 4 ', '(X 4 ') : null,
    saved: [4, 5],
  },
  {
    name: 'sends messages nobody has asked for',
    lie: ({ command, honest }) =>
      isBody(command)
        ? `${fetchRow(1, letter(2), 'BODY[]')}${fetchRow(9, letter(9), 'BODY[]')}${honest}`
        : null,
    saved: [4, 5],
  },
  {
    name: 'says that more are there than STATUS knew',
    lie: ({ command, honest, times }) =>
      /^STATUS/.test(command) && times === 0
        ? honest.replace(/MESSAGES \d+ UIDNEXT \d+/, 'MESSAGES 3 UIDNEXT 5')
        : null,
    saved: [4, 5],
  },
  {
    name: 'has removed a message since STATUS',
    lie: ({ command, honest }) =>
      /^EXAMINE/.test(command) ? honest.replace('* 4 EXISTS', '* 3 EXISTS') : null,
    saved: [4, 5],
  },
  {
    name: 'sends a row before it has opened the mailbox',
    lie: ({ command, honest }) =>
      /^EXAMINE/.test(command) ? `${fetchRow(3, letter(4), 'BODY[]')}${honest}` : null,
    saved: [4, 5],
  },
];

describe('a server that', () => {
  test.each(doubts)('$name', async ({ lie, saved, code = 0, says = /^/, later = [] }) => {
    const { fetch, serve, stored } = await start({ letters: letters(2, 3) });
    await fetch();
    // Counted from here on.
    let statuses = 0;
    let bodies = 0;
    serve({
      letters: letters(2, 3, 4, 5),
      lie: ({ command, honest }) => {
        const times = /^STATUS/.test(command) ? statuses++ : isBody(command) ? bodies++ : 0;
        return lie({ command, honest, times });
      },
    });
    const doubtful = await fetch();
    expect(doubtful).toMatchObject({ code, saved, stderr: expect.stringMatching(says) });
    serve({ letters: letters(2, 3, 4, 5) });
    expect(await fetch()).toMatchObject({ code: 0, saved: later });
    expect(stored()).toEqual([2, 3, 4, 5]);
  });

  test('has hundreds where STATUS knew of few: they come window by window, each once', async () => {
    const uids = Array.from({ length: 300 }, (_, index) => index + 1);
    const { fetch, stored } = await start({
      letters: letters(...uids),
      lie: ({ command, honest }) =>
        /^STATUS/.test(command)
          ? honest.replace(/MESSAGES \d+ UIDNEXT \d+/, 'MESSAGES 3 UIDNEXT 4')
          : null,
    });
    const { code, saved } = await fetch();
    expect({ code, saved }).toEqual({ code: 0, saved: uids });
    expect(stored()).toEqual(uids);
  });
});
