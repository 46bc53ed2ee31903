import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { judgeOrder, straceOptions } from '../support/disk-order.ts';
import { fileFormats } from '../support/fetch-sweep.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { binary, newHome, startProgram } from '../support/run.ts';
import { variedMessage } from '../support/varied-messages.ts';

const folders = { INBOX: 300, Sent: 30, 'Clubs/Chess': 10 };
const count = Object.values(folders).reduce((sum, some) => sum + some, 0);

describeWith(['dovecot', 'strace'], 'fetch, as a power cut would see it', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider();
  });

  test.each(fileFormats)(
    `%s: each of ${count} messages is told as saved only when nothing can take it away`,
    async (format) => {
      const address = `${format}@example.org`;
      for (const [folder, some] of Object.entries(folders)) {
        for (let index = 0; index < some; index += 1) {
          const flags = index % 3 === 0 ? ['\\Seen'] : [];
          provider.imap.deliver(address, folder, variedMessage(index), { flags });
        }
      }
      const home = await newHome();
      await provider.login(home, { address, name: 'club' });
      const log = join(home.directory, 'strace.log');
      const strace = [...straceOptions, '-o', log, process.execPath, binary];
      const fetch = ['fetch', '--all-folders', '--json', '--format', format];
      const { result } = startProgram('strace', [...strace, ...fetch], { home });

      expect(await result).toMatchObject({ code: 0, stderr: '' });
      const { saved, violations } = judgeOrder(readFileSync(log, 'latin1'));
      expect({ saved, violations: violations.slice(0, 5) }).toEqual({
        saved: count,
        violations: [],
      });
    },
  );
});
