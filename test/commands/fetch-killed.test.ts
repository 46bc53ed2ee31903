import { beforeAll, expect, test } from 'vitest';
import { tell } from '../support/fetch-stories.ts';
import { fileFormats, killAt, stepsOf } from '../support/fetch-sweep.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';

const kills = 3;

// Every step: fetch-swept.long.ts
describeWith(['dovecot', 'strace'], 'fetch, killed at a step of its writing', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider();
  });

  test.each(fileFormats)(
    '%s: what is there is whole, and the next run ends as if nothing had been',
    async (format) => {
      const story = await tell(provider, 'further', format, 10);
      const steps = (await stepsOf(story)).filter(({ call }) => !/stat|fcntl|dents/.test(call));
      let killed = 0;
      for (let kill = 0; kill < kills; kill += 1) {
        const step = steps[Math.floor(((kill + 0.7) / kills) * steps.length)];
        if (step !== undefined && (await killAt(story, step))) killed += 1;
      }
      // Which step is taken when is not the same in each run.
      expect(killed).toBeGreaterThan(kills / 2);
    },
  );
});
