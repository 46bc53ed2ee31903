import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { foldersScript, type ScriptedFolder } from '../support/folders-imap.ts';
import { type MailHome, makeMailHome } from '../support/mail-home.ts';
import { run } from '../support/run.ts';
import type { Letter } from '../support/usual-imap.ts';

const base = 'IMAP4rev1 SASL-IR AUTH=XOAUTH2';
const gmail = `${base} X-GM-EXT-1 SPECIAL-USE`;

function letter(uid: number, name: string, emailId: string, header = ''): Letter {
  const source = `${header}Message-ID: <${name}@example.org>\r\nSubject: ${name}\r\n\r\nThis is ${name}.\r\n`;
  return { uid, emailId, source };
}

async function server(folders: Map<string, ScriptedFolder>, capabilities: string) {
  const mail = await makeMailHome({ script: foldersScript(folders, { capabilities }) });
  const fetch = async (...args: string[]) => {
    const before = mail.imap.commands.length;
    const result = await run(['fetch', '--json', ...args], mail);
    return { ...result, rows: result.rows, commands: mail.imap.commands.slice(before) };
  };
  return { mail, fetch };
}

function subjects({ archive }: MailHome, folder: string): string[] {
  return ['new', 'cur']
    .map((part) => join(archive, folder, part))
    .filter(existsSync)
    .flatMap((place) => readdirSync(place).map((name) => readFileSync(join(place, name), 'utf8')))
    .map((text) => /^Subject: (.*)$/m.exec(text)?.[1] ?? '')
    .sort();
}

const renumbered = (folder: ScriptedFolder): ScriptedFolder => ({
  ...folder,
  lie: ({ command, times, honest }) => {
    if (/^(EXAMINE|STATUS)/.test(command)) {
      return honest.replace(/UIDVALIDITY \d+/, 'UIDVALIDITY 42');
    }
    // One row gets lost.
    return /HEADER/.test(command) && times === 0 ? honest.replace(/^\* 2 FETCH/m, '* 2 X') : null;
  },
});

describe.each([
  { what: 'EMAILID (RFC 8474)', capabilities: `${base} OBJECTID` },
  { what: 'X-GM-MSGID', capabilities: gmail },
])('messages of a server with $what', ({ capabilities }) => {
  test('are recognised by it when the folder is renumbered', async () => {
    const folders = new Map<string, ScriptedFolder>();
    const { mail, fetch } = await server(folders, capabilities);
    folders.set('INBOX', {
      letters: [letter(1, 'ada', '101'), letter(2, 'bea', '102'), letter(3, 'cy', '103')],
    });
    await fetch();
    folders.set(
      'INBOX',
      renumbered({
        letters: [
          // The same message, though the server has put something before its header.
          letter(1, 'bea', '102', 'X-Filed: yes\r\n'),
          letter(2, 'ada', '101'),
          // Another message: this server has begun to count anew.
          letter(3, 'dora', '103'),
          letter(4, 'eve', '104'),
        ],
      }),
    );
    const { code, rows, stderr, commands } = await fetch();
    expect(code).toBe(0);
    expect(stderr).toMatch(/renumbered INBOX .* 2 of its messages are recognised/);
    expect(rows.at(-1)).toMatchObject({ saved: 2, failed: 0 });
    const bodies = commands.filter((command) => command.includes('BODY.PEEK[]'));
    expect(bodies).toEqual([expect.stringMatching(/^UID FETCH 3:4 /)]);
    expect(subjects(mail, 'INBOX')).toEqual(['ada', 'bea', 'cy', 'dora', 'eve']);

    expect((await fetch()).rows).toMatchObject([{ saved: 0, failed: 0 }]);
    const index = readFileSync(join(mail.archive, 'INBOX', '.mailctl.index'), 'utf8');
    const known = index
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(known.filter(({ uidValidity }) => uidValidity === 42)).toMatchObject([
      { uid: 1, emailId: '102', threadId: expect.stringMatching(/102$/) },
      { uid: 2, emailId: '101' },
      { uid: 3, emailId: '103' },
      { uid: 4, emailId: '104' },
    ]);
  });
});

describe('fetch --all-folders', () => {
  const labelled = (labels: string) => ({ ...letter(1, 'ada', '101'), labels });
  const all = [labelled('Work "\\\\Inbox" "Entw&APw-rfe &- mehr"'), letter(2, 'bea', '102')];
  const folders = (): Map<string, ScriptedFolder> =>
    new Map([
      ['INBOX', { letters: [letter(7, 'ada', '101')] }],
      ['Work', { letters: [letter(8, 'ada', '101')] }],
      ['[Gmail]', { letters: [], attributes: '\\Noselect' }],
      ['[Gmail]/Alle Nachrichten', { letters: all, attributes: '\\All' }],
      ['[Gmail]/Entw&APw-rfe', { letters: [letter(3, 'bea', '102')], attributes: '\\Drafts' }],
      ['[Gmail]/Markiert', { letters: [letter(5, 'ada', '101')], attributes: '\\Flagged' }],
      ['[Gmail]/Spam', { letters: [letter(4, 'spam', '103')], attributes: '\\Junk' }],
      ['[Gmail]/Papierkorb', { letters: [letter(6, 'trash', '104')], attributes: '\\Trash' }],
    ]);

  test('takes All Mail, Spam and Trash of Gmail, and no label again', async () => {
    const { mail, fetch } = await server(folders(), gmail);
    const { code, rows } = await fetch('--all-folders');
    expect(code).toBe(0);
    const fetched = rows.filter(({ type }) => type === 'fetched');
    expect(fetched.map(({ folder, saved }) => [folder, saved]).sort()).toEqual([
      ['[Gmail]/Alle Nachrichten', 2],
      ['[Gmail]/Papierkorb', 1],
      ['[Gmail]/Spam', 1],
    ]);
    const place = join(mail.archive, '[Gmail]', 'Alle Nachrichten');
    expect(readFileSync(join(place, '.mailctl.index'), 'utf8')).toContain(
      '"labels":["Work","\\\\Inbox","Entwürfe & mehr"]',
    );
    expect((await fetch('--all-folders', '--exclude', '\\Junk')).rows).toHaveLength(2);
    expect((await fetch('--folder', 'Work')).rows.at(-1)).toMatchObject({ saved: 1 });
  });

  test('keeps up the labels of Gmail with --mirror', async () => {
    const served = folders();
    const { mail, fetch } = await server(served, `${gmail} CONDSTORE`);
    const name = '[Gmail]/Alle Nachrichten';
    const index = join(mail.archive, '[Gmail]', 'Alle Nachrichten', '.mailctl.index');
    const lines = () => readFileSync(index, 'utf8').trim().split('\n');
    served.set(name, { letters: all, modseq: 5, attributes: '\\All' });
    await fetch('--all-folders', '--mirror');
    expect(lines()).toHaveLength(2);
    const letters = [labelled('Home'), letter(2, 'bea', '102')];
    served.set(name, { letters, modseq: 6, attributes: '\\All' });
    const { rows, commands } = await fetch('--all-folders', '--mirror');
    expect(commands).toContain('UID FETCH 1:* (UID FLAGS X-GM-LABELS) (CHANGEDSINCE 5)');
    expect(rows.filter(({ type }) => type === 'saved')).toEqual([]);
    expect(lines()).toHaveLength(3);
    expect(JSON.parse(lines()[2] ?? '')).toMatchObject({ uid: 1, labels: ['Home'] });
    await fetch('--all-folders', '--mirror');
    expect(lines()).toHaveLength(3);
  });

  test('takes every folder of any other server', async () => {
    const { fetch } = await server(folders(), `${base} SPECIAL-USE`);
    const { rows } = await fetch('--all-folders');
    expect(rows.filter(({ type }) => type === 'fetched')).toHaveLength(7);
  });
});
