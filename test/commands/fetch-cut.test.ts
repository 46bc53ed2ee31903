import { expect, test } from 'vitest';
import { cutAtEach, cutsOf } from '../support/fetch-cut.ts';

// Every byte: fetch-cut.long.ts
test.each([
  { security: 'none', places: 16 },
  { security: 'tls', places: 10 },
] as const)(
  'cut at $places places of a line ($security), fetch ends, and the next completes',
  async ({ security, places }) => {
    const codes = await cutAtEach(security, (length) =>
      cutsOf(length, Math.ceil(cutsOf(length, 1).length / places)),
    );
    expect(codes.get(75)).toBeGreaterThan(places / 2);
  },
);
