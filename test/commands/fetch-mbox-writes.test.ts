import { expect, test } from 'vitest';
import { tell } from '../support/fetch-stories.ts';
import { stepsOf } from '../support/fetch-sweep.ts';
import { describeWith } from '../support/parts.ts';
import { startProvider } from '../support/provider.ts';

describeWith(['dovecot', 'strace'], 'an mbox', () => {
  test('is written in pieces of 64 KB, however a message comes', async () => {
    const messages = 10;
    const story = await tell(await startProvider(), 'windows', 'mbox', messages);
    const writes = (await stepsOf(story)).filter(({ call }) => call === 'write').length;
    const bytes = story.wanted.reduce((sum, { length }) => sum + length, 0);
    // The last piece of each, and what is written beside it.
    expect(writes).toBeLessThanOrEqual(Math.ceil(bytes / (64 << 10)) + messages + 10);
  });
});
