import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectFailure, runBoth } from '../support/failure.ts';
import { foldersScript } from '../support/folders-imap.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { run } from '../support/run.ts';
import { runOnTerminal } from '../support/screen.ts';

describe('a file where the archive should be', () => {
  test.each(['fetch', 'verify', 'archive info'])('is named by mailctl %s', async (words) => {
    const args = words.split(' ');
    const mail = await makeMailHome();
    for (const path of [mail.archive, dirname(mail.archive)]) {
      rmSync(dirname(mail.archive), { recursive: true, force: true });
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '');
      expectFailure(...(await runBoth(args, mail)), {
        code: 74,
        kind: 'archive',
        message:
          /^cannot (read|write) the archive \/.*\/club: a file is where its folder should be$/,
        hint: /^name another folder as archive in the config$/,
      });
    }
  });
});

describe.skipIf(process.platform !== 'linux')('on a terminal', () => {
  test('an archive with nothing in it says how to begin', async () => {
    const mail = await makeMailHome();
    const { lines, code } = await runOnTerminal(['archive', 'info'], mail);
    expect(lines).toEqual([`nothing is kept in ${mail.archive} yet; mailctl fetch brings it`]);
    expect(code).toBe(0);
    const piped = await run(['archive', 'info'], mail);
    expect(piped).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('sizes are such as people read, in a pipe such as programs do', async () => {
    const mail = await makeMailHome();
    const planned = await runOnTerminal(['fetch', '--dry-run', '--limit', '1'], mail);
    expect(planned.lines).toEqual([expect.stringMatching(/^INBOX: 1 message, \d+ B$/)]);
    const inPipe = await run(['fetch', '--dry-run'], mail);
    expect(inPipe.stdout).toMatch(/^INBOX: 3 messages, \d+ bytes\n$/);
    await run(['fetch'], mail);
    const { lines } = await runOnTerminal(['archive', 'info'], mail);
    expect(lines).toEqual([
      expect.stringMatching(/^Folder +Format +Messages +Size .* Complete$/),
      expect.stringMatching(/^INBOX +maildir +3 +\d+ B +yes$/),
    ]);
    await run(['fetch', '--headers-only'], mail);
    const held = await runOnTerminal(['archive', 'info'], mail);
    expect(held.lines.slice(1).map((line) => line.split(/ +/)[1])).toEqual(['maildir', 'headers']);
  });

  test('verify tells what is wrong, or that nothing is, and how it is mended', async () => {
    const mail = await makeMailHome();
    const verify = (...flags: string[]) => runOnTerminal(['verify', ...flags], mail);
    expect((await verify()).lines.slice(0, 2)).toEqual([
      'INBOX: 0 kept, 3 missing',
      'mailctl: 3 messages are missing or damaged',
    ]);
    await run(['fetch'], mail);
    expect((await verify()).lines).toEqual(['INBOX: 3 kept, nothing missing or damaged']);
    const folder = join(mail.archive, 'INBOX', 'new');
    const [first = ''] = readdirSync(folder).sort();
    writeFileSync(join(folder, first), 'x');
    const wrong = await verify('--deep');
    expect(wrong.code).toBe(1);
    expect(wrong.lines).toEqual([
      expect.stringMatching(/^INBOX UID \d+: damaged, /),
      'INBOX: 3 kept, 1 damaged',
      'mailctl: 1 message is missing or damaged',
      '  → run the same command with --repair: it fetches what is missing or damaged',
    ]);
    expect((await verify('--deep', '--repair')).code).toBe(0);
    expect((await verify('--deep')).lines).toEqual(['INBOX: 3 kept, nothing missing or damaged']);
  });

  test('fetch tells where what is new has gone, and of nothing new only where that is so', async () => {
    const mail = await makeMailHome();
    const fetch = async (...flags: string[]) =>
      (await runOnTerminal(['fetch', ...flags], mail)).lines;
    expect(await fetch()).toEqual([`INBOX: 3 new in ${mail.archive}`]);
    expect(await fetch()).toEqual(['INBOX: nothing new']);
    expect((await fetch('--format', 'ndjson')).at(-1)).toBe('INBOX: 3 new');
    expect(await fetch('--pipe', 'exit 3', '--limit', '1')).toEqual([
      expect.stringMatching(/^mailctl: INBOX UID \d+: the command ended with 3$/),
      'mailctl: 1 of INBOX could not be fetched',
      '  → run the same command again: what was stored is kept',
    ]);
    expect(await fetch('--pipe', 'cat > /dev/null')).toEqual(['INBOX: 3 new given to the command']);
  });

  test('of many folders nothing new is told only where all of them were looked at', async () => {
    const served = new Map([
      ['INBOX', { letters: [] }],
      ['Work', { letters: [] }],
    ]);
    const mail = await makeMailHome({ script: foldersScript(served) });
    const fetch = async () => (await runOnTerminal(['fetch', '--all-folders'], mail)).lines;
    expect(await fetch()).toEqual(['2 folders: nothing new']);
    served.set('a\u0007', { letters: [] });
    expect(await fetch()).toEqual([
      expect.stringMatching(/^mailctl: no server can be asked for the folder a\ufffd: /),
      '  → mailctl folders lists them',
    ]);
  });
});

test('what a message has of a session is none of its flags', async () => {
  const letters = [{ uid: 1, source: 'Subject: x\r\n\r\nx\r\n', flags: '\\Recent \\Seen' }];
  const { rows } = await run(
    ['fetch', '--format', 'ndjson'],
    await makeMailHome({ script: { letters } }),
  );
  expect(rows).toMatchObject([{ type: 'mail', flags: ['\\Seen'] }]);
});
