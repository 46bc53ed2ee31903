import { beforeAll, expect, test } from 'vitest';
import { mboxWriters } from '../support/mbox-writers.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { meetTwoWriters, writeAtOnce } from '../support/two-writers.ts';

/** Of each writer. */
const rounds = Number(process.env.FETCH_ROUNDS ?? 34);

describeWith(
  ['dovecot', 'python', 'mailPrograms'],
  `fetch into an mbox that another program writes, ${rounds} times`,
  () => {
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
  },
);
