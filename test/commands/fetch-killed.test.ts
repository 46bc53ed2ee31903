import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { archivedMessages, census, served, temporaryFiles } from '../support/archived.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { newHome, run, startProgram } from '../support/run.ts';
import { variedMessage } from '../support/varied-messages.ts';

const binary = new URL('../../bin/mailctl.js', import.meta.url).pathname;
const sources = [8, 3, 5].map(variedMessage);
const flags = [[], ['\\Seen'], []];

describeWith(['dovecot', 'strace'], 'fetch, killed at a step of its writing', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider();
    for (const [index, source] of sources.entries()) {
      provider.imap.deliver(ada, 'INBOX', source, { flags: flags[index] ?? [] });
    }
  });

  test.each(['rename', 'fsync'])(
    'whichever %s it is: what is there is whole, and the next run ends as if nothing had been',
    async (systemCall) => {
      const home = await newHome();
      await provider.login(home, { name: 'club' });
      const archive = (name: string) => join(home.directory, name, 'mailctl', 'club');
      const wanted = census(sources.map(served));
      let steps = 0;
      for (let killed = true; killed; ) {
        const data = `data-${steps + 1}`;
        // As few threads as there can be, as strace counts in each by itself. All syncs are in one of
        // them; the renames of the messages in another, in which the memory is not renamed. Before
        // and after that there is a sync.
        const env = { XDG_DATA_HOME: join(home.directory, data), UV_THREADPOOL_SIZE: '1' };
        const inject = `inject=${systemCall}:signal=SIGKILL:when=${steps + 1}`;
        const strace = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${systemCall}`, '-e', inject];
        const fetch = [...strace, process.execPath, binary, 'fetch'];
        const result = await startProgram('strace', fetch, { home, env }).result;
        killed = result.signal === 'SIGKILL';
        if (killed) steps += 1;
        else expect(result).toMatchObject({ code: 0, stderr: '' });

        const step = `at ${systemCall} ${steps}`;
        for (const [key, count] of census(await archivedMessages(archive(data)))) {
          expect(wanted.get(key), step).toBe(count);
        }
        expect(await run(['fetch'], { home, env }), step).toMatchObject({ code: 0, stderr: '' });
        expect(census(await archivedMessages(archive(data))), step).toEqual(wanted);
        expect(temporaryFiles(join(home.directory, data)), step).toEqual([]);
      }
      // Each message and, among the syncs, the memory of them, at least.
      const least = systemCall === 'fsync' ? sources.length + 1 : sources.length;
      expect(steps).toBeGreaterThanOrEqual(least);
    },
  );
});
