import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { census, filesBelow, served, temporaryFiles } from '../support/archived.ts';
import { fileFormats, messagesIn } from '../support/fetch-sweep.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { binary, newHome } from '../support/run.ts';
import { mountSmallDisk } from '../support/small-disk.ts';

const sources = Array.from({ length: 10 }, (_, index) =>
  Buffer.from(
    `Subject: ${index}\r\n\r\n${`${index} ${'x'.repeat(70)}\r\n`.repeat(200 - 19 * index)}`,
  ),
);
const wanted = census(sources.map(served));

describeWith(['dovecot', 'smallDisk'], 'fetch to a disk that is full', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider();
  });

  test.each(fileFormats)(
    '%s: in a message, in the index, or in the memory, it ends with 74; with room it goes on',
    async (format) => {
      const address = `${format}@example.org`;
      for (const source of sources) provider.imap.deliver(address, 'INBOX', source);
      const home = await newHome();
      await provider.login(home, { address, name: 'club' });
      const plenty = 1_000;
      const disk = await mountSmallDisk(home, plenty);
      const env = { XDG_DATA_HOME: disk.path };
      const mailctl = (...args: string[]) =>
        disk.run(process.execPath, [binary, ...args, '--format', format], { env });
      const archive = join(disk.outside, 'mailctl', 'club');
      expect(await mailctl('fetch')).toMatchObject({ code: 0 });

      // What is written last finds no room first; an mbox has notes beside it until the end.
      const full = new Map<string, number>();
      const most = disk.usedPages() + (format === 'mbox' ? 2 : -1);
      for (let pages = most; full.size < 3; pages -= 1) {
        rmSync(join(disk.outside, 'mailctl'), { recursive: true });
        await disk.resize(pages);
        const result = await mailctl('fetch');
        if (result.code === 0) continue;
        expect(result).toMatchObject({ code: 74, stdout: '' });
        const said =
          /^mailctl: cannot write (\S+): ENOSPC: [^\n]+\n {2}→ make room, then run the same command again: what was stored is kept\n$/;
        const [, path = ''] = said.exec(result.stderr) ?? [result.stderr];
        const what = /\.mailctl\S*\.(json|index)$/.exec(path)?.[1] ?? 'message';
        expect(path).toMatch(what === 'message' ? /\.mailctl$|\.part$|\.mbox$/ : /INBOX/);
        expect(full.has(what) && what !== 'message').toBe(false);
        full.set(what, pages);

        const about = `${what}, ${pages} pages`;
        for (const [key, count] of census(await messagesIn(archive, format))) {
          expect(wanted.get(key), about).toBe(count);
        }
        expect(temporaryFiles(archive), about).toEqual([]);
        await disk.resize(plenty);
        expect(await mailctl('fetch'), about).toMatchObject({ code: 0, stderr: '' });
        expect(census(await messagesIn(archive, format)), about).toEqual(wanted);
      }

      // A memory that is there stays as it is.
      const memory = filesBelow(archive).find((name) => name.endsWith('.json')) ?? '';
      const before = readFileSync(join(archive, memory));
      provider.imap.deliver(address, 'INBOX', Buffer.from('Subject: late\r\n\r\nlate\r\n'));
      await disk.resize(disk.usedPages());
      expect(await mailctl('fetch')).toMatchObject({ code: 74 });
      expect(readFileSync(join(archive, memory)).equals(before)).toBe(true);
      await disk.resize(plenty);
      expect(await mailctl('fetch')).toMatchObject({ code: 0 });
      expect(await messagesIn(archive, format)).toHaveLength(sources.length + 1);
      expect(await mailctl('verify', '--deep')).toMatchObject({ code: 0 });
    },
  );
});
