import { readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { filesBelow } from '../support/archived.ts';
import { foldersScript, type ScriptedFolder } from '../support/folders-imap.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { run } from '../support/run.ts';
import type { Letter } from '../support/usual-imap.ts';

/*
 * A UID says which message it is only as long as server and archive keep to it. What is stored must
 * neither be lost nor stand in the way of what the server has.
 */

const letter = (uid: number, name = `letter ${uid}`): Letter => ({
  uid,
  source: `Message-ID: <${name.replaceAll(' ', '')}@example.org>\r\nSubject: ${name}\r\n\r\nThis is ${name}.\r\n`,
});
const letters = (...uids: number[]) => uids.map((uid) => letter(uid));

async function start(folders: Record<string, ScriptedFolder>, capabilities = '') {
  const served = new Map(Object.entries(folders));
  const mail = await makeMailHome({
    script: foldersScript(served, {
      capabilities: `IMAP4rev1 SASL-IR AUTH=XOAUTH2 ${capabilities}`,
    }),
  });
  const names = (folder: string) =>
    ['new', 'cur'].flatMap((part) =>
      readdirSync(join(mail.archive, folder, part)).map((name) => join(part, name)),
    );
  return {
    ...mail,
    serve: (name: string, folder: ScriptedFolder) => served.set(name, folder),
    fetch: async (...args: string[]) => {
      const before = mail.imap.commands.length;
      const result = await run(['fetch', '--json', ...args], mail);
      const saved = result.rows.filter(({ type }) => type === 'saved').map(({ uid }) => uid);
      return { ...result, saved, commands: mail.imap.commands.slice(before) };
    },
    verify: (...args: string[]) => run(['verify', ...args], mail),
    file: (folder: string, uid: number) =>
      join(
        mail.archive,
        folder,
        names(folder).find((name) => name.includes(`U${uid}.mailctl`)) ?? '',
      ),
    subjects: (folder: string) =>
      names(folder)
        .map((name) => readFileSync(join(mail.archive, folder, name), 'utf8'))
        .map((text) => /^Subject: (.*)$/m.exec(text)?.[1])
        .sort(),
  };
}

test('a file that was moved here from another folder is not taken for a message of this one', async () => {
  const { fetch, serve, archive, file, subjects } = await start({
    INBOX: { letters: letters(1, 2, 3) },
    Kept: {
      letters: [letter(1, 'kept 1'), letter(2, 'kept 2')],
      // So that the next run has to find out what is here.
      lie: ({ command, honest }) =>
        /BODY/.test(command) ? honest.replace('(UID 2 ', '(X 2 ') : null,
    },
  });
  expect((await fetch('--all-folders')).code).toBe(1);
  renameSync(file('INBOX', 3), join(archive, 'Kept', 'cur', '1.V1700000001U3.mailctl:2,S'));
  serve('Kept', { letters: [1, 2, 3].map((uid) => letter(uid, `kept ${uid}`)) });
  expect((await fetch('--all-folders')).saved).toEqual([2, 3]);
  expect(subjects('Kept')).toEqual(['kept 1', 'kept 2', 'kept 3', 'letter 3']);
  expect(subjects('INBOX')).toEqual(['letter 1', 'letter 2']);
  expect((await fetch('--all-folders', '--mirror')).saved).toEqual([]);
  expect(subjects('Kept')).toHaveLength(4);
});

test('a server that was restored from a backup gives UIDs again: all it has is fetched, nothing is lost', async () => {
  const { fetch, serve, subjects } = await start({ INBOX: { letters: letters(1, 2, 3, 4, 5, 6) } });
  await fetch();
  // UIDNEXT was 4 in the backup; one message has come since.
  serve('INBOX', { letters: [...letters(1, 2, 3), letter(4, 'new 4')] });
  const restored = await fetch();
  expect(restored).toMatchObject({ code: 0, saved: [4] });
  expect(restored.stderr).toMatch(/INBOX: .*gone back to an earlier state: 3 stored messages/);
  serve('INBOX', {
    letters: [...letters(1, 2, 3), letter(4, 'new 4'), letter(5, 'new 5'), letter(6, 'new 6')],
  });
  const grown = await fetch();
  expect(grown).toMatchObject({ code: 0, saved: [5, 6], stderr: '' });
  expect(subjects('INBOX')).toEqual(
    [1, 2, 3, 4, 5, 6].map((uid) => `letter ${uid}`).concat(['new 4', 'new 5', 'new 6']),
  );
  expect(await fetch()).toMatchObject({ code: 0, saved: [], stderr: '' });
});

test.each(['maildir', 'eml', 'mbox'] as const)(
  'a UID that is given again to a message of the same size brings that message: %s',
  async (format) => {
    const { fetch, serve, archive } = await start({ INBOX: { letters: letters(1, 2, 3, 4, 5) } });
    await fetch('--format', format);
    serve('INBOX', { letters: letters(1, 2, 3) });
    expect(await fetch('--format', format)).toMatchObject({ code: 0, saved: [] });
    serve('INBOX', {
      letters: [...letters(1, 2, 3), letter(4, 'letter A'), letter(5, 'letter B')],
    });
    expect(await fetch('--format', format)).toMatchObject({ code: 0, saved: [4, 5] });
    const all = filesBelow(archive).map((name) => readFileSync(join(archive, name), 'utf8'));
    for (const name of ['letter 4', 'letter 5', 'letter A', 'letter B']) {
      expect(all.filter((text) => text.includes(`This is ${name}.`))).toHaveLength(1);
    }
    expect(await fetch('--format', format)).toMatchObject({ code: 0, saved: [] });
  },
);

test('a server that was empty for a while doubles nothing', async () => {
  const { fetch, serve, subjects } = await start({ INBOX: { letters: letters(1, 2, 3) } });
  await fetch();
  serve('INBOX', { letters: [] });
  expect(await fetch()).toMatchObject({ code: 0, saved: [] });
  serve('INBOX', { letters: letters(1, 2) });
  expect(await fetch()).toMatchObject({ code: 0, saved: [], stderr: '' });
  serve('INBOX', { letters: letters(1, 2, 3, 4) });
  expect(await fetch()).toMatchObject({ code: 0, saved: [4], stderr: '' });
  expect(subjects('INBOX')).toEqual(['letter 1', 'letter 2', 'letter 3', 'letter 4']);
});

test('a server that only says that its UIDs will be given again is not believed', async () => {
  const some = letters(1, 8, 9);
  const { fetch, serve, subjects } = await start({ INBOX: { letters: some, uidNext: 5 } });
  await fetch();
  serve('INBOX', { letters: [...some, letter(10)], uidNext: 6 });
  expect(await fetch()).toMatchObject({ code: 0, saved: [10], stderr: '' });
  expect(subjects('INBOX')).toEqual(['letter 1', 'letter 10', 'letter 8', 'letter 9']);
});

test('a server that was restored and has as many messages again is known by its mod-sequence', async () => {
  const { fetch, serve, subjects } = await start(
    { INBOX: { letters: letters(1, 2, 3, 4), modseq: 90 } },
    'CONDSTORE',
  );
  await fetch();
  serve('INBOX', { letters: [...letters(1, 2, 3), letter(4, 'new 4')], modseq: 40 });
  expect(await fetch()).toMatchObject({ code: 0, saved: [4] });
  expect(subjects('INBOX')).toEqual(['letter 1', 'letter 2', 'letter 3', 'letter 4', 'new 4']);
  const before = await fetch();
  expect(before.commands.some((command) => command.startsWith('EXAMINE'))).toBe(false);
});

test('another server with the same UIDVALIDITY and UIDs has other messages', async () => {
  const { fetch, serve, subjects, configFile } = await start({
    INBOX: { letters: letters(1, 2, 3) },
  });
  await fetch();
  serve('INBOX', { letters: [letter(1), letter(2, 'other 2'), letter(3, 'other 3')] });
  const config = readFileSync(configFile, 'utf8');
  writeFileSync(configFile, config.replace('"localhost"', '"127.0.0.1"'));
  const moved = await fetch();
  expect(moved).toMatchObject({ code: 0, saved: [2, 3] });
  expect(moved.stderr).toMatch(/127\.0\.0\.1 is another server than localhost: 2 stored messages/);
  expect(subjects('INBOX')).toEqual(['letter 1', 'letter 2', 'letter 3', 'other 2', 'other 3']);
  expect(await fetch()).toMatchObject({ code: 0, saved: [], stderr: '' });
});

describe('an older memory that somebody has put back alone', () => {
  const memories = {
    maildir: '.mailctl.json',
    eml: '.mailctl-eml.json',
    mbox: '.mailctl-mbox.json',
    ndjson: '.mailctl-ndjson.json',
  } as const;
  const first = letters(1, 2);

  test.each(['maildir', 'eml', 'mbox', 'ndjson'] as const)(
    'doubles nothing of what came since: %s',
    async (format) => {
      const { fetch, serve, archive } = await start({ INBOX: { letters: first } });
      await fetch('--format', format);
      const memory = join(archive, 'INBOX', memories[format]);
      const older = readFileSync(memory);
      serve('INBOX', { letters: letters(1, 2, 3, 4) });
      expect((await fetch('--format', format)).rows.at(-1)).toMatchObject({ saved: 2 });
      if (format === 'maildir') {
        const name = '1784256265.V1700000001U3.mailctl';
        renameSync(
          join(archive, 'INBOX', 'new', name),
          join(archive, 'INBOX', 'cur', `${name}:2,S`),
        );
      }
      const before = filesBelow(archive);
      writeFileSync(memory, older);
      serve('INBOX', { letters: letters(1, 2, 3, 4, 5) });
      const again = await fetch('--format', format);
      expect(again.rows.at(-1)).toMatchObject({ type: 'fetched', saved: 1 });
      // By the older memory three have arrived: they are asked for with EXAMINE, and given up.
      const bodies = again.commands.filter((command) => /BODY\.PEEK\[\]/.test(command));
      expect(bodies.map((command) => command.split(' ')[2])).toEqual(['3:5', '5']);
      const added = { maildir: 1, eml: 1, mbox: 0, ndjson: 0 }[format];
      expect(filesBelow(archive)).toHaveLength(before.length + added);
      expect(await fetch('--format', format)).toMatchObject({ code: 0, saved: [], stderr: '' });
    },
  );

  test.each(['maildir', 'eml', 'mbox'] as const)(
    'doubles nothing of what came since, also where it is that of a run that did not fetch all: %s',
    async (format) => {
      const { fetch, archive } = await start({ INBOX: { letters: letters(1, 2, 3, 4) } });
      const as = ['--format', format];
      await fetch('--limit', '2', ...as);
      const memory = join(archive, 'INBOX', memories[format]);
      const older = readFileSync(memory);
      const before = await fetch('--limit', '1', ...as);
      expect(before).toMatchObject({ code: 0, saved: [2] });
      const messages = () =>
        filesBelow(archive)
          .filter((name) => /\.V\d+U\d+\.|\.mbox$/.test(name))
          .flatMap(
            (name) => readFileSync(join(archive, name), 'utf8').match(/^This is .*$/gm) ?? [],
          )
          .sort();
      writeFileSync(memory, older);
      expect(await fetch(...as)).toMatchObject({ code: 0, saved: [1], stderr: '' });
      expect(messages()).toEqual([1, 2, 3, 4].map((uid) => `This is letter ${uid}.`));
      writeFileSync(memory, older);
      expect(await fetch(...as)).toMatchObject({ code: 0, saved: [], stderr: '' });
      expect(messages()).toHaveLength(4);
      expect(await fetch(...as)).toMatchObject({ code: 0, saved: [], stderr: '' });
    },
  );

  test.each(['maildir', 'mbox'] as const)(
    'hides nothing that the server has under a UID given again: %s',
    async (format) => {
      const { fetch, serve, archive } = await start({ INBOX: { letters: first } });
      await fetch('--format', format);
      const memory = join(archive, 'INBOX', memories[format]);
      const older = readFileSync(memory);
      serve('INBOX', { letters: letters(1, 2, 3) });
      await fetch('--format', format);
      writeFileSync(memory, older);
      serve('INBOX', { letters: [...letters(1, 2), letter(3, 'another 3'), letter(4)] });
      expect((await fetch('--format', format)).rows.at(-1)).toMatchObject({ saved: 2 });
      const all = filesBelow(archive).map((name) => readFileSync(join(archive, name), 'utf8'));
      for (const name of ['letter 3', 'another 3', 'letter 4']) {
        expect(all.filter((text) => text.includes(`This is ${name}.`))).toHaveLength(1);
      }
    },
  );
});

/** What the message in each file says it is. */
function lettersIn(archive: string): (string | undefined)[] {
  return filesBelow(archive)
    .filter((name) => /\.V\d+U\d+\./.test(name))
    .map((name) => readFileSync(join(archive, name), 'utf8'))
    .map((text) => /^This is (.*)\.$/m.exec(text)?.[1])
    .sort();
}

test.each(['maildir', 'eml'] as const)(
  'verify --repair replaces no message by another that has its UID now: %s',
  async (format) => {
    const { fetch, serve, archive, verify } = await start({ INBOX: { letters: letters(1, 2, 3) } });
    const messages = () => lettersIn(archive);
    const as = ['--format', format];
    await fetch(...as);
    serve('INBOX', { letters: [letter(1), letter(2, 'another 2'), ...letters(3, 4)] });
    const [damaged = ''] = filesBelow(archive).filter((name) => name.includes('U3.'));
    truncateSync(join(archive, damaged), 5);
    expect(await verify(...as)).toMatchObject({ code: 1 });
    expect(messages()).toEqual(['letter 1', 'letter 2', undefined]);
    const repaired = await verify('--repair', ...as);
    expect(repaired.code).toBe(0);
    expect(repaired.stderr).toMatch(
      /^mailctl: INBOX: the server has other messages under the UIDs of 1 that are stored.*\n$/,
    );
    const all = ['another 2', 'letter 1', 'letter 2', 'letter 3', 'letter 4'];
    expect(messages()).toEqual(all);
    expect(await verify('--deep', ...as)).toMatchObject({ code: 0, stderr: '' });
    expect(await fetch(...as)).toMatchObject({ code: 0, saved: [], stderr: '' });
    expect(messages()).toEqual(all);
  },
);

test.each(['maildir', 'eml'] as const)(
  '--refetch replaces no message by another that has its UID now: %s',
  async (format) => {
    const { fetch, serve, archive } = await start({ INBOX: { letters: letters(1, 2, 3) } });
    const messages = () => lettersIn(archive);
    const as = ['--format', format];
    await fetch(...as);
    serve('INBOX', { letters: [letter(1), letter(2, 'another 2'), letter(3)] });
    // Also what is not asked for this time must not be missed next time.
    const newest = await fetch('--refetch', '--limit', '1', ...as);
    expect(newest).toMatchObject({ code: 0, saved: [3] });
    expect(newest.stderr).toMatch(
      /^mailctl: INBOX: the server has other messages under the UIDs of 1 that are stored.*\n$/,
    );
    expect(messages()).toEqual(['letter 1', 'letter 2', 'letter 3']);
    expect(await fetch(...as)).toMatchObject({ code: 0, saved: [2], stderr: '' });
    const all = ['another 2', 'letter 1', 'letter 2', 'letter 3'];
    expect(messages()).toEqual(all);
    expect(await fetch('--refetch', ...as)).toMatchObject({
      code: 0,
      saved: [1, 2, 3],
      stderr: '',
    });
    expect(messages()).toEqual(all);
  },
);
