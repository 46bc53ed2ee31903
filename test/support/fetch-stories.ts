import { randomUUID } from 'node:crypto';
import { appendFileSync, cpSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { served } from './archived.ts';
import { archiveOf, environment, type FileFormat, type Story } from './fetch-sweep.ts';
import type { Provider } from './provider.ts';
import { newHome, run } from './run.ts';
import { variedMessage } from './varied-messages.ts';

export const storyNames = ['initial', 'further', 'renumbered', 'windows'] as const;
export type StoryName = (typeof storyNames)[number];

/**
 * `initial`: nothing was fetched before. `further`: a half was, and somebody has been at the archive
 * since. `renumbered`: a half was, and the server has renumbered the mailbox since. `windows`: it is
 * too much to come at once.
 */
export async function tell(
  provider: Provider,
  name: StoryName,
  format: FileFormat,
  count: number,
): Promise<Story> {
  const address = `${name}-${format}-${randomUUID()}@example.org`;
  const sources = Array.from({ length: count }, (_, index) =>
    name === 'windows' ? longMessage(index) : variedMessage(index),
  );
  const deliver = (some: readonly Buffer[]) => {
    for (const [index, source] of some.entries()) {
      provider.imap.deliver(address, 'INBOX', source, { flags: index % 3 > 0 ? [] : ['\\Seen'] });
    }
  };
  const home = await newHome();
  await provider.login(home, { address, name: 'club' });
  const wanted = sources.map(served);
  const story = { provider, home, address, format, begin: null, wanted };
  const half = Math.floor(count / 2);
  deliver(sources.slice(0, half));
  const begun = name === 'further' || name === 'renumbered';
  if (begun) {
    const env = environment(story);
    expect(await run(['fetch', '--format', format], { home, env })).toMatchObject({ code: 0 });
  }
  if (name === 'renumbered') {
    // UIDVALIDITY is the second in which it was made.
    await pause(1100);
    provider.imap.renumber(address, 'INBOX');
  }
  deliver(sources.slice(half));
  if (!begun) return story;

  const box = join(archiveOf(story), 'INBOX');
  const foreign = Buffer.from('Subject: other\n\nof another program\n');
  if (format === 'mbox') {
    const line = Buffer.from('From other Thu Jan  1 00:00:00 1970\n');
    appendFileSync(join(box, 'messages.mbox'), Buffer.concat([line, foreign, Buffer.from('\n')]));
    wanted.push(served(foreign));
  }
  if (format === 'maildir') {
    const [first = ''] = readdirSync(join(box, 'new'));
    renameSync(join(box, 'new', first), join(box, 'cur', `${first}:2,S`));
  }
  const begin = join(home.directory, 'begin');
  cpSync(archiveOf(story), begin, { recursive: true, preserveTimestamps: true });
  return { ...story, begin };
}

function longMessage(index: number): Buffer {
  return Buffer.from(
    `Subject: ${index}\r\n\r\n${`${index} ${'long '.repeat(12)}\r\n`.repeat(3000)}`,
  );
}
