import { beforeAll, expect, test } from 'vitest';
import { type Crowd, gatherCrowd } from '../support/fetch-crowd.ts';
import { fileFormats } from '../support/fetch-sweep.ts';
import { describeWith } from '../support/parts.ts';
import { startProvider } from '../support/provider.ts';

/** Of all formats together; some of them, on a machine that is needed for other things: `41-60`. */
const [first = 1, last = 100] = (process.env.FETCH_ROUNDS ?? '1-100').split('-').map(Number);

describeWith('dovecot', 'fetch of one account into one archive by twenty at once', () => {
  let crowd: Crowd;
  beforeAll(async () => {
    crowd = await gatherCrowd(await startProvider());
  });

  test(`each message is stored once, and all end: rounds ${first} to ${last}`, async () => {
    let waited = 0;
    for (let round = first; round <= last; round += 1) {
      const codes = await crowd.fetchAtOnce(fileFormats[round % fileFormats.length] ?? 'maildir');
      waited += codes.filter((code) => code === 0).length;
    }
    process.stderr.write(`${waited} of ${20 * (last - first + 1)} waited for their turn\n`);
    expect(waited).toBeGreaterThan(0);
  });
});
