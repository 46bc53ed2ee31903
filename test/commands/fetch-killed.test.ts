import { beforeAll, expect, test } from 'vitest';
import { tell } from '../support/fetch-stories.ts';
import { type Blow, strikeAt } from '../support/fetch-sweep.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';

// Every step: fetch-swept.long.ts
describeWith(['dovecot', 'strace'], 'fetch, struck at a step of its writing', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider();
  });

  const blows = {
    maildir: [
      ['rename', 2, 'SIGKILL'],
      ['fsync', 7, 'SIGKILL'],
      ['fsync', 3, 'EIO'],
      ['rename', 6, 'EACCES'],
    ],
    mbox: [
      ['fsync', 4, 'SIGKILL'],
      ['rename', 2, 'SIGKILL'],
      ['unlink', 1, 'SIGKILL'],
      ['fsync', 3, 'EIO'],
    ],
    eml: [
      ['rename', 4, 'SIGKILL'],
      ['fsync', 8, 'EDQUOT'],
    ],
  } as const satisfies Record<string, readonly (readonly [string, number, Blow])[]>;

  test.each(['maildir', 'mbox', 'eml'] as const)(
    '%s: what is there is whole, and the next run ends as if nothing had been',
    async (format) => {
      const story = await tell(provider, 'further', format, 10);
      let struck = 0;
      for (const [call, nth, blow] of blows[format]) {
        if (await strikeAt(story, { call, nth, paths: [] }, blow)) struck += 1;
        else console.log(call, nth);
      }
      expect(struck).toBe(blows[format].length);
    },
  );
});
