import { expect, test } from 'vitest';
import { cutAtEach, cutsOf } from '../support/fetch-cut.ts';

/** The third of eight shares of the places, for a machine that is needed for other things: `3/8`. */
const [share = 1, shares = 1] = (process.env.FETCH_SHARE ?? '1/1').split('/').map(Number);

/** In TLS the bytes of a record are alike: a part of one says nothing. */
const cases = [
  { security: 'none', apart: 1 },
  { security: 'tls', apart: 16 },
] as const;

test.each(cases)(
  `cut at every place of a line ($security), fetch ends, and the next completes (${share} of ${shares})`,
  { timeout: 14_400_000 },
  async ({ security, apart }) => {
    const codes = await cutAtEach(security, (length) =>
      cutsOf(length, apart).filter((_, index) => index % shares === share - 1),
    );
    const count = [...codes.values()].reduce((sum, some) => sum + some, 0);
    const told = [...codes].map(([code, some]) => `${some} ended with ${code}`);
    process.stderr.write(`${security}, ${count} places: ${told.join(', ')}\n`);
    expect(codes.get(75)).toBeGreaterThan(count / 2);
  },
);
