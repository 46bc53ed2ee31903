import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { straceOptions } from '../support/disk-order.ts';
import { foldersScript } from '../support/folders-imap.ts';
import { type MailHome, makeMailHome } from '../support/mail-home.ts';
import { describeWith } from '../support/parts.ts';
import { binary, run, startProgram } from '../support/run.ts';
import { parseStrace } from '../support/strace-log.ts';

const letters = [{ uid: 1, source: 'Subject: one\r\n\r\nThis is one.\r\n' }];
const path = 'Clubs/Chess/2026';
const start = () => makeMailHome({ script: foldersScript(new Map([[path, { letters }]])) });

/** The folders whose names in them were synced before there was a memory, each once. */
async function syncedBefore(memory: string, mail: MailHome, ...flags: string[]) {
  const log = join(mail.home.directory, 'strace.log');
  const strace = [...straceOptions, '-o', log, process.execPath, binary];
  const fetch = ['fetch', '--folder', path, ...flags];
  const { result } = startProgram('strace', [...strace, ...fetch], mail);
  expect(await result).toMatchObject({ code: 0, stderr: '' });
  const calls = parseStrace(readFileSync(log, 'latin1'));
  const remembered = calls.find(({ name, texts }) => name === 'rename' && texts[1] === memory);
  return calls
    .filter(({ name, result }) => name === 'fsync' && result === 0)
    .filter(({ ends }) => ends < (remembered?.begins ?? 0))
    .map(({ file }) => file)
    .filter((file) => file !== null && memory.startsWith(`${file}/`))
    .sort();
}

describeWith('strace', 'a folder that a killed run has left', () => {
  test.each(['maildir', 'eml', 'mbox'])(
    'has its name synced, and those above it, before anything in it is remembered as %s',
    async (format) => {
      const mail = await start();
      const folder = join(mail.archive, path);
      mkdirSync(folder, { recursive: true });
      const name = format === 'maildir' ? '.mailctl.json' : `.mailctl-${format}.json`;
      const synced = await syncedBefore(join(folder, name), mail, '--format', format);
      const above = [join(mail.archive, 'Clubs'), join(mail.archive, 'Clubs/Chess')];
      expect(synced).toEqual(
        expect.arrayContaining([dirname(mail.archive), mail.archive, ...above]),
      );
      // A run that goes on with them knows that they are.
      const again = await syncedBefore(join(folder, name), mail, '--format', format, '--refetch');
      expect(again.filter((file) => file !== folder)).toEqual([]);
    },
  );

  test('that is the one an archive is to be made in has its name synced, too', async () => {
    const mail = await start();
    mkdirSync(dirname(mail.archive), { recursive: true });
    const synced = await syncedBefore(join(mail.archive, path, '.mailctl.json'), mail);
    expect(synced).toContain(mail.home.data);
  });
});

describe.skipIf(process.platform !== 'linux')('an archive in a folder that may not be read', () => {
  /** As somebody whose rights are those of the files: of root, what stands above them is taken. */
  const whoObeys =
    process.getuid?.() === 0
      ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all']
      : ['env'];
  const fetchIn = async (mode: number) => {
    const mail = await start();
    mkdirSync(mail.archive, { recursive: true });
    const parent = dirname(mail.archive);
    chmodSync(parent, mode);
    const [program = '', ...before] = [...whoObeys, process.execPath, binary];
    const args = [...before, 'fetch', '--folder', path];
    const result = await startProgram(program, args, mail).result;
    chmodSync(parent, 0o700);
    return { ...result, parent, mail };
  };

  test('nor written is fetched into: mailctl cannot have made it there', async () => {
    const { code, stderr, mail } = await fetchIn(0o100);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await run(['verify', '--folder', path], mail)).toMatchObject({ code: 0 });
  });

  test('but written is refused, as its name might be lost', async () => {
    const { code, stderr, parent } = await fetchIn(0o300);
    expect(code).toBe(74);
    expect(stderr).toMatch(`${parent} may be written and not read, which it takes to sync`);
  });
});
