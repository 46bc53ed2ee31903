import { beforeAll, expect, test } from 'vitest';
import { mboxWriters } from '../support/mbox-writers.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { meetTwoWriters, writeAtOnce } from '../support/two-writers.ts';

// 100 rounds: fetch-two-writers.long.ts
describeWith(
  ['dovecot', 'python', 'mailPrograms'],
  'fetch into an mbox that another program writes',
  () => {
    let provider: Provider;
    beforeAll(async () => {
      provider = await startProvider();
    });

    test.each(mboxWriters)('%s: each message of both is whole, and there once', async (kind) => {
      const both = await meetTwoWriters(provider);
      expect(await writeAtOnce(both, kind)).toBeGreaterThan(2);
    });
  },
);
