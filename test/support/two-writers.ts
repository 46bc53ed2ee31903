import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { census, messagesOfMbox, temporaryFiles } from './archived.ts';
import { type MboxWriterKind, mboxWriters, startMboxWriter } from './mbox-writers.ts';
import { describeWith } from './parts.ts';
import { type Provider, startProvider } from './provider.ts';
import { type Home, newHome, run } from './run.ts';

interface TwoWriters {
  readonly home: Home;
  readonly mbox: string;
}

const ours = Array.from(
  { length: 14 },
  (_, index) => `Subject: ours ${index}\n\n${`${'ours '.repeat(14)}\n`.repeat(9000)}`,
);

/** The tests of so many rounds with each program that writes mboxes. */
export function describeTwoWriters(name: string, rounds: number): void {
  describeWith(['dovecot', 'python', 'mailPrograms'], name, () => {
    let provider: Provider;
    beforeAll(async () => {
      provider = await startProvider();
    });

    test.each(mboxWriters)('%s: each message of both is whole, and there once', async (kind) => {
      const both = await meetTwoWriters(provider);
      let changes = 0;
      for (let round = 0; round < rounds; round += 1) changes += await writeAtOnce(both, kind);
      expect(changes).toBeGreaterThan(2 * rounds);
    });
  });
}

async function meetTwoWriters(provider: Provider): Promise<TwoWriters> {
  const address = `${randomUUID()}@example.org`;
  for (const text of ours) provider.imap.deliver(address, 'INBOX', Buffer.from(text));
  const home = await newHome();
  await provider.login(home, { address, name: 'club' });
  return { home, mbox: `${home.data}/mailctl/club/INBOX/messages.mbox` };
}

/** A round of both. Gives how often the mbox has passed from one to the other. */
async function writeAtOnce({ home, mbox }: TwoWriters, kind: MboxWriterKind): Promise<number> {
  rmSync(`${home.data}/mailctl`, { recursive: true, force: true });
  mkdirSync(dirname(mbox), { recursive: true });
  const writer = await startMboxWriter(kind, mbox, home);
  const fetch = ['fetch', '--format', 'mbox', '--json'];
  const newest = await run([...fetch, '--limit', '5'], { home });
  const others = await run(fetch, { home });
  const theirs = await writer.stop();
  for (const { code, stderr } of [newest, others]) expect([code, stderr]).toEqual([0, '']);
  expect(newest.rows.at(-1)).toMatchObject({ saved: 5 });
  expect(others.rows.at(-1)).toMatchObject({ saved: ours.length - 5 });

  const found = messagesOfMbox(readFileSync(mbox));
  const wanted = [...ours, ...theirs].map((text) => Buffer.from(text));
  expect(census(found)).toEqual(census(wanted));
  expect(temporaryFiles(home.directory)).toEqual([]);
  const again = await run(fetch, { home });
  expect(again.rows).toMatchObject([{ saved: 0, skipped: ours.length }]);
  const verified = await run(['verify', '--deep', '--format', 'mbox'], { home });
  expect(verified).toMatchObject({ code: 0, stdout: '' });
  const whose = found.map((message) => message.toString('latin1', 9, 11));
  return whose.filter((name, index) => index > 0 && whose[index - 1] !== name).length;
}
