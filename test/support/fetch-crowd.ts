import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { census, served, temporaryFiles } from './archived.ts';
import { type FileFormat, messagesIn } from './fetch-sweep.ts';
import type { Provider } from './provider.ts';
import { type Home, newHome, run } from './run.ts';
import { variedMessage } from './varied-messages.ts';

const processes = 20;
const sources = Array.from({ length: 300 }, (_, index) => variedMessage(index));
/** An mbox ends every last line. */
const ended = (message: Buffer) =>
  message.at(-1) === 0x0a ? message : Buffer.concat([message, Buffer.from('\r\n')]);

export interface Crowd {
  readonly home: Home;
  /** The codes of all, in no order. */
  fetchAtOnce(format: FileFormat): Promise<readonly (number | null)[]>;
}

/** One account, of which many processes fetch into one archive. */
export async function gatherCrowd(provider: Provider): Promise<Crowd> {
  const address = 'crowd@example.org';
  for (const source of sources) provider.imap.deliver(address, 'INBOX', source);
  const home = await newHome();
  await provider.login(home, { address, name: 'club' });
  const archive = join(home.data, 'mailctl', 'club');
  return {
    home,
    async fetchAtOnce(format) {
      rmSync(archive, { recursive: true, force: true });
      const fetch = ['fetch', '--json', '--format', format];
      const all = await Promise.all(
        Array.from({ length: processes }, () => run(fetch, { home, timeoutMs: 70_000 })),
      );
      for (const { code, stderr } of all) {
        if (code !== 75) expect([code, stderr]).toEqual([0, '']);
        else
          expect(stderr).toMatch(/^mailctl: another mailctl is using the archive .*\n {2}→ .*\n$/);
      }
      const saved = all.flatMap(({ rows }) => rows.filter(({ type }) => type === 'saved'));
      expect(saved.map(({ uid }) => Number(uid)).sort((a, b) => a - b)).toEqual(
        sources.map((_, index) => index + 1),
      );
      const kept = sources.map(served).map((one) => (format === 'mbox' ? ended(one) : one));
      expect(census(await messagesIn(archive, format))).toEqual(census(kept));
      expect(temporaryFiles(home.directory)).toEqual([]);
      const index = join(
        archive,
        'INBOX',
        `.mailctl${format === 'maildir' ? '' : `-${format}`}.index`,
      );
      expect(readFileSync(index, 'utf8').trim().split('\n')).toHaveLength(sources.length);
      return all.map(({ code }) => code);
    },
  };
}
