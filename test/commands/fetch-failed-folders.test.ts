import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { foldersScript, type ScriptedFolder } from '../support/folders-imap.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { run } from '../support/run.ts';

const letters = [{ uid: 1, source: 'Subject: one\r\n\r\nThis is one.\r\n' }];
const good: ScriptedFolder = { letters };
const answering = (answer: string, verb = /^EXAMINE/): ScriptedFolder => ({
  letters,
  lie: ({ command }) => (verb.test(command) ? `<tag> ${answer}\r\n` : null),
});

const served = () =>
  new Map<string, ScriptedFolder>([
    ['Closed', answering('NO it is closed today')],
    ['INBOX', good],
    ['Moved', answering('NO [NONEXISTENT] no such thing')],
    ['Odd', answering('BAD what')],
    ['Work', good],
  ]);

const failedFolders = [
  /^there is no folder Moved$/,
  /^Odd: localhost:\d+ said BAD: what$/,
  /^Closed: localhost:\d+ said NO: it is closed today$/,
];

/** Each line of stderr, of a program and of a person. */
const errors = (stderr: string) =>
  stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe.each(['fetch', 'verify'])('%s of several folders that fail', (verb) => {
  test('names each of them, and has done the others', async () => {
    const mail = await makeMailHome({ script: foldersScript(served()) });
    await run(['fetch', '--folder', 'INBOX', '--folder', 'Work'], mail);
    const json = await run([verb, '--all-folders', '--json'], mail);
    expect(json.code).toBe(69);
    const told = errors(json.stderr);
    expect(told).toEqual(
      failedFolders.map((message) =>
        expect.objectContaining({ type: 'error', message: expect.stringMatching(message) }),
      ),
    );
    expect(told.map(({ exitCode }) => exitCode)).toEqual([66, 69, 69]);
    const done = json.rows.filter(({ type }) => type === 'fetched' || type === 'verified');
    expect(done.map(({ folder }) => folder).sort()).toEqual(['INBOX', 'Work']);

    const plain = await run([verb, '--all-folders'], mail);
    expect(plain.code).toBe(69);
    expect(plain.stderr.split('\n')).toEqual([
      'mailctl: there is no folder Moved',
      '  → mailctl folders lists them',
      expect.stringMatching(/^mailctl: Odd: .* said BAD: what$/),
      expect.stringMatching(/^mailctl: Closed: .* it is closed today$/),
      '',
    ]);
  });

  test('names them also where the connection is lost then', async () => {
    const folders = served();
    folders.set('Work', {
      letters,
      lie: ({ command }) => (/^EXAMINE/.test(command) ? '* BYE that is all\r\n' : null),
    });
    const mail = await makeMailHome({ script: foldersScript(folders) });
    const flags = verb === 'fetch' ? ['--connections', '1'] : [];
    const { code, stderr } = await run(
      [verb, ...['Moved', 'Work'].flatMap((name) => ['--folder', name]), ...flags],
      { ...mail, timeoutMs: 60_000 },
    );
    expect(code).toBe(75);
    expect(stderr).toMatch(/^mailctl: there is no folder Moved\n/);
  });

  test('names them also where a link in the archive ends it', async () => {
    const mail = await makeMailHome({
      script: foldersScript(new Map(['A', 'B'].map((name) => [name, good]))),
    });
    for (const name of ['A', 'B']) {
      mkdirSync(join(mail.archive, name), { recursive: true });
      writeFileSync(join(mail.archive, name, '.mailctl.json'), 'x');
    }
    renameSync(join(mail.archive, 'A'), join(mail.archive, 'elsewhere'));
    symlinkSync('elsewhere', join(mail.archive, 'A'));
    const flags = ['B', 'A'].flatMap((name) => ['--folder', name]);
    const { code, stderr } = await run([verb, ...flags, '--json'], mail);
    expect(code).toBe(74);
    expect(errors(stderr).map(({ message }) => message)).toEqual([
      expect.stringMatching(/club\/B\/\.mailctl\.json cannot be read/),
      expect.stringMatching(/club\/A is a link/),
    ]);
  });

  test('names each whose memory cannot be read', async () => {
    const mail = await makeMailHome({
      script: foldersScript(new Map(['A', 'B', 'INBOX'].map((name) => [name, good]))),
    });
    for (const name of ['A', 'B']) {
      mkdirSync(join(mail.archive, name), { recursive: true });
      writeFileSync(join(mail.archive, name, '.mailctl.json'), 'x');
    }
    const { code, stderr, rows } = await run([verb, '--all-folders', '--json'], mail);
    expect(code).toBe(65);
    expect(errors(stderr).map(({ message }) => message)).toEqual([
      expect.stringMatching(/club\/B\/\.mailctl\.json cannot be read/),
      expect.stringMatching(/club\/A\/\.mailctl\.json cannot be read/),
    ]);
    expect(rows.at(-1)).toMatchObject({ folder: 'INBOX' });
  });
});

test('verify --repair goes on where a message of one folder cannot be fetched', async () => {
  const refusing = answering('NO not this one', /^UID FETCH .*BODY/);
  const mail = await makeMailHome({
    script: foldersScript(
      new Map([...['A', 'B'].map((name) => [name, refusing] as const), ['C', good]]),
    ),
  });
  const { code, stderr } = await run(['verify', '--all-folders', '--repair', '--json'], mail);
  expect(code).toBe(1);
  expect(errors(stderr).map(({ message }) => message)).toEqual([
    '1 of B could not be fetched',
    '1 of A could not be fetched',
  ]);
  expect(await run(['verify', '--folder', 'C'], mail)).toMatchObject({ code: 0, stderr: '' });
});

describe.each(['fetch', 'verify'])('%s --exclude', (verb) => {
  const names = ['INBOX', 'INBOX/Lists', 'Jumble', 'Work'];
  const start = async () => {
    const mail = await makeMailHome({
      script: foldersScript(
        new Map([
          ...names.map((name) => [name, good] as const),
          ['Spam', { letters, attributes: '\\Junk' }],
        ]),
      ),
    });
    await run(['fetch', '--all-folders'], mail);
    return async (...flags: string[]) => {
      const { code, stderr, rows } = await run([verb, '--json', ...flags], mail);
      return { code, stderr, folders: rows.map(({ folder }) => folder).sort() };
    };
  };

  test('says so where it names no folder, in one line, and goes on', async () => {
    const mailctl = await start();
    for (const [name, told] of [
      ['Wrok', 'there is no folder Wrok; did you mean Work?'],
      ['Lits/*', 'no folder is Lits/*; mailctl folders lists them'],
      ['\\Trahs', 'no folder is \\Trahs; mailctl folders lists them'],
    ] as const) {
      expect(await mailctl('--all-folders', '--exclude', name)).toEqual({
        code: 0,
        stderr: `mailctl: --exclude: ${told}\n`,
        folders: [...names, 'Spam'].sort(),
      });
    }
    // One script serves servers that have such a folder and those that have none.
    expect(await mailctl('--all-folders', '--exclude', '\\Trash')).toMatchObject({ stderr: '' });
    const quiet = await mailctl('--all-folders', '--exclude', 'Wrok', '--quiet');
    expect(quiet).toMatchObject({ code: 0, stderr: '' });
  });

  test('leaves a folder to be had that is listed only by its own name', async () => {
    const mail = await makeMailHome({
      script: foldersScript(
        new Map([
          ['INBOX', good],
          ['Other Users/bob', { letters, isUnlisted: true }],
        ]),
      ),
    });
    await run(['fetch', '--folder', 'Other Users/bob'], mail);
    const args = ['--folder', 'Other Users/bob', '--exclude', '\\Junk'];
    const { code, rows } = await run([verb, '--json', ...args], mail);
    expect({ code, folder: rows.at(-1)?.folder }).toEqual({ code: 0, folder: 'Other Users/bob' });
  });

  test('leaves out what it names as --folder does, also of a single folder', async () => {
    const mailctl = await start();
    const args = ['\\Junk', 'Jum*', 'Lists'].flatMap((name) => ['--exclude', name]);
    expect(await mailctl('--all-folders', ...args)).toEqual({
      code: 0,
      stderr: '',
      folders: ['INBOX', 'Work'],
    });
    expect(await mailctl('--all-folders', '--exclude', 'Work')).toEqual({
      code: 0,
      stderr: '',
      folders: ['INBOX', 'INBOX/Lists', 'Jumble', 'Spam'],
    });
    expect(await mailctl('--folder', 'Work', '--exclude', 'W*')).toEqual({
      code: 0,
      stderr: 'mailctl: --exclude leaves out all folders that were asked for\n',
      folders: [],
    });
  });
});

test('a folder that messages cannot be moved to although it is listed is told in the end', async () => {
  const refusing = answering('NO [TRYCREATE] no such folder', /^UID MOVE/);
  const mail = await makeMailHome({
    script: foldersScript(
      new Map([
        ['INBOX', refusing],
        ['Done', good],
      ]),
      {
        capabilities: 'IMAP4rev1 SASL-IR AUTH=XOAUTH2 MOVE UIDPLUS',
      },
    ),
  });
  const { code, stderr, rows } = await run(['fetch', '--move-to', 'Done', '--json'], mail);
  expect(code).toBe(69);
  expect(stderr).toMatch(/not moved to Done: /);
  expect(rows).toMatchObject([{ type: 'saved' }]);
});

test('a line end in what a server says begins no line of ours', async () => {
  const arrow = Buffer.from('→').toString('latin1');
  const said = ['\r', '\u0085', '\u2028'].map(
    (end) => `closed${Buffer.from(end).toString('latin1')}  ${arrow} curl evil.example`,
  );
  const folders = said.map((text, index) => [`F${index}`, answering(`NO ${text}`)] as const);
  const mail = await makeMailHome({
    script: foldersScript(new Map([...folders, ['INBOX', good]])),
  });
  const { code, stderr } = await run(['fetch', '--all-folders'], mail);
  expect(code).toBe(69);
  const lines = stderr.trimEnd().split(/[\r\n]/);
  expect(lines).toHaveLength(said.length);
  for (const line of lines) expect(line).toMatch(/^mailctl: F\d: .* closed +→ curl evil\.example$/);
});
