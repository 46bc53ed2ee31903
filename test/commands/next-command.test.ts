import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { foldersScript, type ScriptedFolder } from '../support/folders-imap.ts';
import { type MailHome, makeMailHome } from '../support/mail-home.ts';
import { binary, run, startProgram } from '../support/run.ts';
import { runOnTerminal } from '../support/screen.ts';

/* Commands that mailctl tells to type next are typed as they are told. */

const letters = [1, 2, 3].map((uid) => ({
  uid,
  source: `Message-ID: <${uid}@example.org>\r\nSubject: ${uid}\r\n\r\nThis is ${uid}.\r\n`,
}));
const odd = "Ada's *club*";

/** Runs a line of the shell in which `mailctl` is the program under test. */
const type = (line: string, mail: MailHome) =>
  startProgram(
    'bash',
    ['-c', `mailctl() { '${process.execPath}' '${binary}' "$@"; }; ${line}`],
    mail,
  ).result;

const ways = [
  { flags: [] },
  { flags: ['--layout', 'maildir++'] },
  { flags: ['--format', 'eml'] },
  { flags: ['--format', 'mbox'] },
] as const;

describe.skipIf(process.platform === 'win32').each(ways)('kept with $flags', ({ flags }) => {
  test('what verify says of a renumbered folder mends it', async () => {
    const mail = await makeMailHome({ script: foldersScript(new Map([[odd, { letters }]])) });
    const args = ['-a', 'club', '--folder', odd, ...flags];
    await run(['fetch', ...args], mail);
    const [{ path = '', format = '' } = {}] = (await run(['archive', 'info', '--json'], mail)).rows;
    const state = format === 'maildir' ? '.mailctl.json' : `.mailctl-${format}.json`;
    for (const name of [state, state.replace('.json', '.index')]) {
      const file = join(String(path), name);
      writeFileSync(
        file,
        readFileSync(file, 'utf8').replaceAll(/"uidValidity":\d+/g, '"uidValidity":7'),
      );
    }
    const verify = () => run(['verify', ...args, '--json'], mail);
    const before = await verify();
    expect(before.code).toBe(65);
    const { hint } = JSON.parse(before.stderr);
    const [, line = ''] = /^(mailctl fetch .*) recognises what is stored$/.exec(hint) ?? [];
    expect(await type(line, mail)).toMatchObject({ code: 0, stdout: '' });
    expect(await verify()).toMatchObject({ code: 0, stderr: '' });
  });

  test('what archive info says of a folder that is not complete completes it', async () => {
    let refused = true;
    const folder: ScriptedFolder = {
      letters,
      lie: ({ command }) =>
        refused && /^UID FETCH .*BODY/.test(command) ? '<tag> NO not now\r\n' : null,
    };
    const folders = new Map([
      ['A', { letters }],
      [odd, folder],
      ['Z', { letters }],
    ]);
    const mail = await makeMailHome({ script: foldersScript(folders) });
    await run(['fetch', '--all-folders', ...flags], mail);
    await run(['fetch', '--folder', 'Z', '--refetch', '--limit', '1', ...flags], mail);
    const info = async () => (await run(['archive', 'info', '--json'], mail)).rows;
    const [first, middle, last] = await info();
    expect(first).toMatchObject({ complete: true, next: null });
    expect(middle).toMatchObject({ folder: odd, failed: 3, complete: false });
    expect(last).toMatchObject({ folder: 'Z', failed: 0, complete: false });
    const inPipe = (await run(['archive', 'info'], mail)).stdout.trimEnd().split('\n');
    expect(inPipe.map((line) => line.split('\t').at(-1))).toEqual(['yes', 'no', 'no']);

    refused = false;
    const { lines } = await runOnTerminal(['archive', 'info', '-a', 'club'], {
      ...mail,
      cols: 200,
    });
    const told = lines.slice(4);
    expect(told).toEqual([
      `${odd}: 3 messages could not be fetched so far`,
      'Z: some of it may not be here yet',
      expect.stringMatching(/^ {2}→ mailctl fetch -a club --folder /),
    ]);
    expect(await type(told[2]?.replace('→', '') ?? '', mail)).toMatchObject({ code: 0 });
    expect((await info()).map(({ complete, next }) => [complete, next])).toEqual(
      Array(3).fill([true, null]),
    );
    expect((await runOnTerminal(['archive', 'info'], mail)).lines).toHaveLength(4);
  });
});

test('what a command has refused is offered to it again, which mailctl has not written down', async () => {
  const mail = await makeMailHome();
  await run(['fetch', '--pipe', 'exit 3'], mail);
  const { rows } = await run(['archive', 'info', '--json'], mail);
  expect(rows).toMatchObject([{ format: 'pipe', failed: 3, complete: false, next: null }]);
});

test('headers are completed as headers, and what is marked on the server is complete', async () => {
  const mail = await makeMailHome();
  await run(['fetch', '--headers-only', '--limit', '1'], mail);
  await run(['fetch', '--mark-seen'], mail);
  const { rows } = await run(['archive', 'info', '--json'], mail);
  expect(rows.map(({ complete, next }) => [complete, next]).sort()).toEqual([
    [false, 'mailctl fetch --folder INBOX --headers-only'],
    [true, null],
  ]);
});
