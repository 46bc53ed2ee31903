import { ImapFlow } from 'imapflow';
import { beforeAll, expect, test } from 'vitest';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';

const small = 1_000;
const large = 100_000;

/**
 * A large folder costs what a small one costs: only the newest messages are asked for. They are in
 * sdbox, as a Maildir server reads the list of all its file names before it answers anything.
 */
describeWith('dovecot', 'list of a large folder', () => {
  let home: Home;

  beforeAll(async () => {
    const provider = await startProvider({
      settings:
        'namespace big {\n  prefix = Big/\n  separator = /\n  location = sdbox:~/big\n  list = yes\n}',
    });
    home = await newHome();
    await provider.login(home);
    const { stdout } = await run(['token'], { home });
    await fill(provider, stdout.trim());
    for (const folder of ['Big/Small', 'Big/Large']) await time(folder);
  }, 900_000);

  async function time(folder: string): Promise<number> {
    const begin = performance.now();
    const { code, rows } = await run(['list', '--folder', folder, '--json'], {
      home,
      timeoutMs: 600_000,
    });
    expect({ code, rows: rows.length }).toEqual({ code: 0, rows: 20 });
    return performance.now() - begin;
  }

  test('takes at most 1.3 times as long as of a small one', async () => {
    const times: Record<'Small' | 'Large', number[]> = { Small: [], Large: [] };
    // In turn, so that whatever else the machine does meets both.
    for (let round = 0; round < 15; round += 1) {
      times.Small.push(await time('Big/Small'));
      times.Large.push(await time('Big/Large'));
    }
    const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
    const [one, many] = [median(times.Small), median(times.Large)];
    console.log(`list of ${small}: ${one.toFixed(0)} ms, of ${large}: ${many.toFixed(0)} ms`);
    expect(many / one).toBeLessThanOrEqual(1.3);
  }, 600_000);
});

/** Appended once; the rest are copies, which the server makes itself. */
async function fill({ imap, certificates }: Provider, accessToken: string): Promise<void> {
  const client = new ImapFlow({
    host: imap.host,
    port: imap.port,
    secure: true,
    auth: { user: ada, accessToken },
    tls: { ca: certificates.ca },
    logger: false,
    socketTimeout: 600_000,
  });
  await client.connect();
  const message = Buffer.from('From: bea@example.net\r\nSubject: letter\r\n\r\nHello\r\n');
  await client.mailboxCreate('Big/Small');
  await client.mailboxCreate('Big/Large');
  for (let index = 0; index < small; index += 1) await client.append('Big/Small', message);
  await client.mailboxOpen('Big/Small');
  for (let made = 0; made < large / 10; made += small) {
    await client.messageCopy(`1:${small}`, 'Big/Large');
  }
  await client.mailboxOpen('Big/Large');
  for (let copies = 1; copies < 10; copies += 1) {
    await client.messageCopy(`1:${large / 10}`, 'Big/Large');
  }
  expect(await client.status('Big/Large', { messages: true })).toMatchObject({ messages: large });
  await client.logout();
}
