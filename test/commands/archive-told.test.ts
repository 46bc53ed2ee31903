import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectFailure, runBoth } from '../support/failure.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { run } from '../support/run.ts';
import { runOnTerminal } from '../support/screen.ts';

describe('a file where the archive should be', () => {
  const verbs = [['fetch'], ['verify'], ['archive', 'info']];
  test.each(verbs)('is named by mailctl %s %s', async (...words) => {
    const args = words.filter((word) => word !== undefined);
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
      expect.stringMatching(/^Folder +Format +Messages +Size /),
      expect.stringMatching(/^INBOX +maildir +3 +\d+ B$/),
    ]);
  });

  test('verify tells what is wrong, or that nothing is, and how it is mended', async () => {
    const mail = await makeMailHome();
    await run(['fetch'], mail);
    const verify = (...flags: string[]) => runOnTerminal(['verify', ...flags], mail);
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
});
