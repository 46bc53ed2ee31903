import { expect, test } from 'vitest';
import { foldersScript } from '../support/folders-imap.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { run } from '../support/run.ts';
import { threeLetters } from '../support/usual-imap.ts';

const folders = new Map(
  Array.from({ length: 48 }, (_, index) => [`folder ${index}`, { letters: threeLetters }]),
);

test.each([
  { what: 'of Gmail, which takes 15', lines: 'provider = "google"', asked: '12', used: 10 },
  { what: 'of a Dovecot, which takes 10', lines: 'provider = "dovecot"', asked: '15', used: 6 },
  { what: 'of a server nothing is known of', lines: '', asked: '99', used: 15 },
])('a fetch opens no more connections than it should: $what', async ({ lines, asked, used }) => {
  const { home, env, imap } = await makeMailHome({ lines, script: foldersScript(folders) });
  const args = ['fetch', '--all-folders', '--connections', asked, '-v'];
  const { code, stderr } = await run(args, { home, env });
  expect(code).toBe(0);
  expect(imap.connections()).toBe(used);
  const told = stderr.split('\n').filter((line) => line.includes('"fewer connections"'));
  const wanted = { asked: Number(asked), used };
  expect(told.map((line) => JSON.parse(line))).toMatchObject(
    used === Number(asked) ? [] : [wanted],
  );
});
