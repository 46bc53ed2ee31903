import { beforeAll, expect, test } from 'vitest';
import { type Crowd, gatherCrowd } from '../support/fetch-crowd.ts';
import { describeWith } from '../support/parts.ts';
import { startProvider } from '../support/provider.ts';

// 100 rounds: fetch-crowd.long.ts
describeWith('dovecot', 'fetch of one account into one archive by twenty at once', () => {
  let crowd: Crowd;
  beforeAll(async () => {
    crowd = await gatherCrowd(await startProvider());
  });

  test.each(['maildir', 'mbox'] as const)(
    '%s: one stores each message, and the others wait for it',
    async (format) => {
      const codes = await crowd.fetchAtOnce(format);
      expect(codes).toEqual(codes.map(() => 0));
    },
  );
});
