import { beforeAll, expect, test } from 'vitest';
import { census } from '../support/archived.ts';
import { fileFormats, messagesIn } from '../support/fetch-sweep.ts';
import { watchMemory } from '../support/memory.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { newHome, start } from '../support/run.ts';
import { variedMessage } from '../support/varied-messages.ts';

const mostMb = 256;

const line = `${'0123456789abcdef'.repeat(4)}\r\n`;
const large = Buffer.from(`Subject: large\r\n\r\n${line.repeat((64 << 20) / line.length)}`);
const small = variedMessage(8);

const mailboxes = {
  'a message of 64 MiB': [small, large, small],
  'a message of 64 MiB, one line': [
    Buffer.concat([Buffer.from('\r\n'), Buffer.alloc(64 << 20, 'x'), Buffer.from('\r\n')]),
  ],
  '20,000 messages': Array.from({ length: 20_000 }, () => small),
};

describeWith('dovecot', `fetch takes at most ${mostMb} MB of memory`, () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider();
    for (const [index, messages] of Object.values(mailboxes).entries()) {
      for (const message of messages)
        provider.imap.deliver(`${index}@example.org`, 'INBOX', message);
    }
  });

  const cases = Object.entries(mailboxes).flatMap(([name, messages], index) =>
    fileFormats.map((format) => ({ name, messages, format, address: `${index}@example.org` })),
  );
  test.each(cases)('for $name, $format', async ({ messages, format, address }) => {
    const home = await newHome();
    await provider.login(home, { address, name: 'club' });
    for (const again of [false, true]) {
      const running = start(['fetch', '--json', '--format', format], { home, timeoutMs: 300_000 });
      const memory = watchMemory(running.pid);
      const { code, stderr, rows } = await running.result;
      const peakMb = memory.stop();
      expect([code, stderr]).toEqual([0, '']);
      expect(rows.at(-1)).toMatchObject({ saved: again ? 0 : messages.length, failed: 0 });
      process.stderr.write(`${format}, ${messages.length} messages: ${peakMb?.toFixed(0)} MB\n`);
      expect(peakMb ?? Infinity).toBeLessThanOrEqual(mostMb);
    }
    const stored = await messagesIn(`${home.data}/mailctl/club`, format);
    expect(census(stored)).toEqual(census(messages));
  });
});
