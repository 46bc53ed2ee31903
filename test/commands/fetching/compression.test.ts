import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkBytes } from '../../bench/check.ts';
import { type Corpus, corpora } from '../../bench/corpora.ts';
import { type Line, startDelayingLink } from '../../bench/link.ts';
import { type Mailbox, type MailServer, startMailServer } from '../../bench/mail-server.ts';
import { mailctlPeer } from '../../bench/peers/mailctl.ts';
import { archivedMessages, census, served } from '../../support/archived.ts';
import { cleanUpLater } from '../../support/clean-up.ts';
import { makeMailHome } from '../../support/mail-home.ts';
import { describeWith } from '../../support/parts.ts';
import { newHome, run, startProgram } from '../../support/run.ts';
import type { Reply } from '../../support/scripted-imap.ts';

const slow: Line = { roundTripMs: 20, bitsPerSecond: 20e6 };
const fast: Line = { roundTripMs: 0, bitsPerSecond: 1e12 };

async function through(line: Line, port: number) {
  const link = await startDelayingLink(port, line);
  cleanUpLater(() => link.close());
  return link;
}

/** The rows of the log about one event. */
function told(stderr: string, event: string): unknown[] {
  const lines = stderr.split('\n').filter((line) => line.includes(`"${event}"`));
  return lines.map((line) => JSON.parse(line));
}

/** 16 KB: the line is what takes time, not the disk. */
const letter = (index: number) => together(4 * index, 4);

function together(first: number, count: number): Buffer {
  const indexes = Array.from({ length: count }, (_, further) => first + further);
  return Buffer.concat(indexes.map((index) => corpora[0]?.message(index) ?? Buffer.alloc(0)));
}

function corpus(name: string, perFolder: number): Corpus {
  return {
    ...{ name, about: '', folders: ['INBOX'], perFolder, news: { folders: [], perFolder: 0 } },
    // Some are so large that they come in pieces.
    message: (index) => (index % 375 < 374 ? letter(index) : together(4 * index, 700)),
  };
}

describeWith(['dovecot'], 'mail', () => {
  let server: MailServer;
  let directory: string;
  const much = corpus('much', 750);
  const little = corpus('little', 125);
  const mailboxes = new Map<Corpus, Mailbox>();
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'mailctl-compression-'));
    server = await startMailServer(directory);
    cleanUpLater(async () => {
      await server.close();
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    });
    for (const one of [much, little]) mailboxes.set(one, await server.fill(one));
  });

  test.each([
    { what: 'compressed over a slow line', line: slow, fetched: much, share: [0.2, 0.75] },
    { what: 'as it is where there is little', line: slow, fetched: little, share: [1, 1.1] },
    { what: 'as it is over a fast line', line: fast, fetched: much, share: [1, 1.1] },
  ])('comes $what', async ({ what, line, fetched, share: [least = 0, most = 0] }) => {
    const mailbox = mailboxes.get(fetched);
    if (mailbox === undefined) throw new Error('no such mailbox');
    const link = await through(line, server.port);
    const job = {
      ...{ corpus: fetched, mailbox, port: link.port, pop3Port: null, caFile: server.caFile },
      ...{ slow: true, directory: mkdtempSync(join(directory, 'home-')) },
    };
    const peer = mailctlPeer(undefined);
    peer.prepare(job);
    const { file, args, env } = peer.command(job);
    const home = await newHome();
    const result = await startProgram(file, [...args, '-v'], { home, env }).result;
    expect(result.code, result.stderr).toBe(0);
    const checked = checkBytes(peer.mail(job), mailbox.expected, peer.restore);
    expect(checked).toEqual({ right: fetched.perFolder, lost: 0, twice: 0, altered: 0 });

    let size = 0;
    for (let index = 0; index < fetched.perFolder; index += 1)
      size += fetched.message(index).length;
    const carried = (link.take()?.bytes ?? 0) / size;
    expect(carried, what).toBeGreaterThan(least);
    expect(carried, what).toBeLessThan(most);
    const decided = told(result.stderr, 'compression');
    expect(decided).toMatchObject(what.startsWith('compressed') ? [{ on: true }] : []);
  });
});

describe('a server that offers COMPRESS', () => {
  const letters = Array.from({ length: 750 }, (_, index) => {
    return { uid: index + 1, source: letter(index).toString('latin1') };
  });
  const wanted = census(letters.map(({ source }) => served(Buffer.from(source, 'latin1'))));

  test.each<[string, Reply, number]>([
    ['and says NO', '<tag> NO not today\r\n', 4],
    ['and says BAD', '<tag> BAD what is that\r\n', 4],
    ['and goes on as before', '<tag> OK begin\r\n* OK I have not begun\r\n', 1],
    ['and hangs up', ({ cut }) => cut(), 1],
    [
      'and sends what nobody can inflate',
      async ({ tag, send, gone }) => {
        await send(`${tag} OK begin\r\n`);
        await new Promise((resolve) => setImmediate(resolve));
        if (!gone.aborted) await send(Buffer.alloc(2000, 0xff));
      },
      1,
    ],
  ])('%s: all mail comes, and nobody asks again', async (_, reply, asked) => {
    const { home, env, imap, configFile, archive } = await makeMailHome({
      script: {
        letters,
        capabilities: 'IMAP4rev1 SASL-IR AUTH=XOAUTH2 COMPRESS=DEFLATE',
        on: [[/^COMPRESS/, reply]],
      },
    });
    const link = await through(slow, imap.port);
    const config = readFileSync(configFile, 'utf8');
    writeFileSync(configFile, config.replace(`port = ${imap.port}`, `port = ${link.port}`));
    const { code, stderr } = await run(['fetch', '-v', '--connections', String(asked)], {
      home,
      env,
    });
    expect(code, stderr).toBe(0);
    expect(census(await archivedMessages(archive))).toEqual(wanted);
    expect(imap.commands.filter((command) => command.startsWith('COMPRESS'))).toHaveLength(1);
    // One that was lost is made good.
    expect(imap.connections()).toBe(asked === 1 ? 2 : asked);
    expect(told(stderr, 'compression')).toMatchObject([{ on: false }]);
  });
});
