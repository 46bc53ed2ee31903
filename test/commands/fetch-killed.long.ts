import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { archivedFiles } from '../sandbox/archive-files.ts';
import { archivedMessages, census, served, temporaryFiles } from '../support/archived.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { newHome, run, start } from '../support/run.ts';
import { seededRandom } from '../support/varied-messages.ts';

const seed = Number(process.env.FETCH_SEED ?? 20261124);
const kills = Number(process.env.FETCH_KILLS ?? 200);
const sources = Array.from({ length: 10_000 }, (_, index) => {
  const line = `${index} ${'0123456789abcdef'.repeat(4)}\r\n`;
  return Buffer.from(`Subject: ${index}\r\n\r\n${line.repeat(Math.ceil(4096 / line.length))}`);
});

describeWith(
  'dovecot',
  `fetch of 10,000 messages with 4 connections, killed ${kills} times`,
  () => {
    let provider: Provider;
    beforeAll(async () => {
      provider = await startProvider();
      for (const source of sources) provider.imap.deliver(ada, 'INBOX', source);
    });

    test(`each message is there once and whole at the end (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const wanted = census(sources.map(served));
      const home = await newHome();
      await provider.login(home, { name: 'club' });
      const archive = join(home.data, 'mailctl', 'club');
      for (let kill = 0; kill < kills; kill += 1) {
        const running = start(['fetch', '--connections', '4'], { home, timeoutMs: 120_000 });
        // From the start of the process to well into its work.
        await pause(100 + random() * 1200);
        running.kill('SIGKILL');
        await running.result;
        if (!existsSync(archive)) continue;
        // Names are unique, so a message stored twice would be a file more than it has messages.
        const files = await archivedFiles(archive);
        expect(files.length, `after kill ${kill}`).toBeLessThanOrEqual(sources.length);
        if (kill % 20 !== 0) continue;
        for (const [key, count] of census(await archivedMessages(archive))) {
          expect(wanted.get(key), `after kill ${kill}`).toBeGreaterThanOrEqual(count);
        }
      }
      const last = await run(['fetch', '--json'], { home, timeoutMs: 300_000 });
      expect(last).toMatchObject({ code: 0, stderr: '' });
      expect(census(await archivedMessages(archive))).toEqual(wanted);
      expect(temporaryFiles(home.directory)).toEqual([]);
      expect((await run(['fetch', '--json'], { home })).rows).toMatchObject([{ saved: 0 }]);
    });
  },
);
