import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hardToKeep } from '../mail/torture/bytes.ts';
import { corpus } from '../mail/torture/corpus.ts';
import { filesBelow, messagesOfMbox, sha256, temporaryFiles } from '../support/archived.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { run } from '../support/run.ts';

const all = [...corpus, ...hardToKeep];

/** As a file with LF line ends has it; all else in it stays. */
function withLf(message: Buffer): Buffer {
  return Buffer.from(message.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}

/** An mbox ends every last line. */
function inMbox(message: Buffer): Buffer {
  const lf = withLf(message);
  return lf.at(-1) === 0x0a ? lf : Buffer.concat([lf, Buffer.from('\n')]);
}

const template = '{date} {from} {subject} {message-id}';
const cases: readonly {
  readonly args: readonly string[];
  readonly kept: (message: Buffer) => Buffer;
}[] = [
  { args: ['--format', 'eml'], kept: (message) => message },
  { args: ['--format', 'eml', '--name', template], kept: (message) => message },
  { args: ['--line-endings', 'keep'], kept: (message) => message },
  { args: [], kept: withLf },
  { args: ['--format', 'mbox'], kept: inMbox },
];

test.each(cases)(`fetch $args keeps ${all.length} messages as they are`, async ({ args, kept }) => {
  const letters = all.map(({ source }, index) => ({
    uid: index + 1,
    source: source.toString('latin1'),
  }));
  const mail = await makeMailHome({ script: { letters } });
  const outside = filesBelow(mail.home.directory);
  const result = await run(['fetch', '--json', ...args], { ...mail, timeoutMs: 60_000 });
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.rows.at(-1)).toMatchObject({ saved: all.length, skipped: 0, failed: 0 });

  const found = messagesBelow(mail.archive).map(sha256);
  const wanted = all.map(({ name, source }) => ({ name, digest: sha256(kept(source)) }));
  const missing = wanted.filter(({ digest }) => !found.includes(digest));
  expect(missing.map(({ name }) => name)).toEqual([]);
  expect(found.toSorted()).toEqual(wanted.map(({ digest }) => digest).sort());

  expect(temporaryFiles(mail.archive)).toEqual([]);
  const archive = mail.archive.slice(mail.home.directory.length + 1);
  const beside = filesBelow(mail.home.directory).filter((path) => !path.startsWith(`${archive}/`));
  expect(beside).toEqual(outside);
  const format = args[0] === '--format' ? args.slice(0, 2) : [];
  const verified = await run(['verify', '--deep', ...format], mail);
  expect([verified.stdout, verified.stderr, verified.code]).toEqual(['', '', 0]);
});

function messagesBelow(archive: string): Buffer[] {
  const files = filesBelow(archive).filter((path) => !/(^|\/)\.mailctl[^/]*$/.test(path));
  const contents = files.map((path) => readFileSync(join(archive, path)));
  return files[0]?.endsWith('.mbox') ? contents.flatMap(messagesOfMbox) : contents;
}
