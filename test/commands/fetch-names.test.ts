import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { foldersScript, type ScriptedFolder } from '../support/folders-imap.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { run } from '../support/run.ts';
import { uidValidity } from '../support/usual-imap.ts';

/** Called like what an archive has for itself. */
const names = [
  ...['INBOX', 'Work//gone', 'Lists/'],
  ...['gone', 'Headers', 'gone/new', 'Work', 'Work/gone', 'maildirfolder', 'maildirfolder/x'],
  ...['mailctl/json', 'mailctl/Lock', 'mailctl/index', 'mailctl-eml/json', 'mailctl-mbox/index'],
  ...['.gone', '.headers', '.mailctl.json', '.mailctl.lock', '.mailctl-mbox.index'],
  ...['INBOX/.gone', 'INBOX/.mailctl.json', 'INBOX/.mailctl.index', 'INBOX/.mailctl-eml.json'],
  ...['INBOX/cur', 'INBOX/tmp', 'INBOX/new/1.V1U1.mailctl', 'INBOX/maildirfolder'],
  ...['messages.mbox', 'INBOX/messages.mbox', 'Work/Messages.mbox', 'INBOX/messages.mbox.lock'],
  ...['INBOX/messages.mbox.lock.mailctl', 'INBOX/messages.mbox.unfinished'],
  ...[`INBOX/2026-07-17.V${uidValidity}U1.eml`, `INBOX/.V${uidValidity}U2.part`],
  ...[`INBOX/x.V${uidValidity}U7.kept-1.eml`, 'INBOX/AAAAAAAAAAAA.tmp', 'AAAAAAAAAAAA/tmp'],
];

const letter = (folder: string, uid: number) => ({
  uid,
  source: `From: Bob <bob@example.org>\r\nSubject: ${folder} ${uid}\r\n\r\nThis is ${uid}.\r\n`,
});

describe('a folder of the server that is called like something of an archive is a folder', () => {
  test.each([
    { args: ['--format', 'maildir'], more: ['--headers-only', '--mirror'] },
    { args: ['--layout', 'maildir++'], more: ['--headers-only', '--mirror'] },
    { args: ['--format', 'mbox'], more: [] },
    { args: ['--format', 'eml'], more: [] },
  ])('of its own with $args', async ({ args, more }) => {
    const folders = new Map<string, ScriptedFolder>(
      names.map((name) => [name, { letters: [letter(name, 1), letter(name, 2)] }]),
    );
    const mail = await makeMailHome({ script: foldersScript(folders) });
    const mailctl = (...words: string[]) => run([...words, '--json'], mail);
    const fetch = (...flags: string[]) => mailctl('fetch', '--all-folders', ...args, ...flags);
    const saved = ({ rows }: Awaited<ReturnType<typeof fetch>>) =>
      rows.filter(({ type }) => type === 'saved').length;

    const first = await fetch();
    expect([first.code, saved(first), first.stderr]).toEqual([0, 2 * names.length, '']);
    for (const flag of more) expect((await fetch(flag)).code).toBe(0);
    folders.set('INBOX', { letters: [letter('INBOX', 2), letter('INBOX', 3)] });
    folders.set('gone', { letters: [letter('gone', 1), letter('gone', 2), letter('gone', 3)] });
    const later = await fetch(...more.slice(1));
    expect([later.code, saved(later)]).toEqual([0, 2]);
    const verified = await mailctl('verify', '--all-folders', '--deep', ...args);
    expect([verified.code, verified.stderr]).toEqual([0, '']);

    const { rows } = await mailctl('archive', 'info');
    const held = rows.filter(({ path }) => !String(path).endsWith('.headers'));
    expect(held.map(({ folder }) => folder).sort()).toEqual([...names].sort());
    const inbox = held.find(({ folder }) => folder === 'INBOX');
    if (more.length === 0) return;
    expect(readdirSync(join(String(inbox?.path), '.gone', 'new'))).toEqual([
      expect.stringMatching(/U1\.mailctl$/),
    ]);
  });
});

test('a folder whose name nobody can ask for does not take the others with it', async () => {
  const folders = ['INBOX', 'a\u001b[31mred', 'Work'].map((name): [string, ScriptedFolder] => [
    name,
    { letters: [letter('any', 1)] },
  ]);
  const mail = await makeMailHome({ script: foldersScript(new Map(folders)) });
  const told = {
    code: 66,
    stderr: expect.stringMatching(/"no server can be asked for the folder .*control characters"/),
  };
  const fetched = await run(['fetch', '--all-folders', '--json'], mail);
  expect(fetched).toMatchObject(told);
  const names = (type: string, { rows }: typeof fetched) =>
    rows.filter((row) => row.type === type).map(({ folder }) => folder);
  expect(names('saved', fetched).sort()).toEqual(['INBOX', 'Work']);
  const verified = await run(['verify', '--all-folders', '--json'], mail);
  expect(verified).toMatchObject(told);
  expect(names('verified', verified)).toEqual(['INBOX', 'Work']);
});
