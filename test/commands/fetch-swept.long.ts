import { beforeAll, expect, test } from 'vitest';
import { storyNames, tell } from '../support/fetch-stories.ts';
import { type Blow, fileFormats, stepsOf, strikeAt } from '../support/fetch-sweep.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';

/** The third of eight shares of the steps, for a machine that is needed for other things: `3/8`. */
const [share = 1, shares = 1] = (process.env.FETCH_SHARE ?? '1/1').split('/').map(Number);

describeWith(['dovecot', 'strace'], 'fetch, struck at every step of its writing', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider();
  });
  const cases = fileFormats.flatMap((format) => storyNames.map((story) => ({ format, story })));

  test.each(cases)(
    'killed: $story, $format: what is there is whole, and the next run ends as if nothing had been',
    async ({ format, story: name }) => {
      const story = await tell(provider, name, format, 30);
      const steps = await stepsOf(story);
      const mine = steps.filter((_, index) => index % shares === share - 1);
      let killed = 0;
      for (const step of mine) if (await strikeAt(story, step, 'SIGKILL')) killed += 1;
      process.stderr.write(`${name}, ${format}: killed at ${killed} of ${steps.length} steps\n`);
      expect(steps.length).toBeGreaterThan(50);
      expect(killed).toBeGreaterThan(0.9 * mine.length);
    },
  );

  const errors: Readonly<Record<string, readonly Blow[]>> = {
    write: ['ENOSPC', 'EIO'],
    fsync: ['EIO', 'EDQUOT'],
    rename: ['EIO'],
    openat: ['EROFS', 'ENAMETOOLONG'],
    mkdir: ['EACCES'],
    ftruncate: ['EIO'],
  };
  test.each(cases.filter(({ story }) => story !== 'windows'))(
    'refused by the disk: $story, $format: what is there is whole, and the next run goes on',
    async ({ format, story: name }) => {
      const story = await tell(provider, name, format, 12);
      const blows = (await stepsOf(story)).flatMap((step) =>
        (errors[step.call] ?? []).map((blow) => ({ step, blow })),
      );
      const mine = blows.filter((_, index) => index % shares === share - 1);
      let struck = 0;
      for (const { step, blow } of mine) if (await strikeAt(story, step, blow)) struck += 1;
      process.stderr.write(`${name}, ${format}: refused at ${struck} of ${blows.length} steps\n`);
      // Without some it can do: a lock that cannot be looked at, a folder that is there.
      expect(struck).toBeGreaterThan(0.5 * mine.length);
    },
  );
});
