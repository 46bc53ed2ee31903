import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLarge, windows } from '../../src/archive/windows.ts';

const mebibyte = 1 << 20;
const most = { messages: 200, bytes: 2 * mebibyte };

function sizes(...given: readonly number[]): number[][] {
  const messages = given.map((sizeBytes, uid) => ({ uid, sizeBytes }));
  return [...windows(messages)].map(({ uids, sizeBytes }) => {
    const window = uids.map((uid) => given[uid] ?? Number.NaN);
    expect(sizeBytes).toBe(sum(window));
    return window;
  });
}

describe('messages are fetched in windows', () => {
  it.each([
    ['nothing', [], []],
    ['one message', [10], [[10]]],
    ['a few', [1, 2, 3], [[1, 2, 3]]],
    ['exactly a window', [mebibyte, mebibyte], [[mebibyte, mebibyte]]],
    ['a byte too much', [mebibyte, mebibyte, 1], [[mebibyte, mebibyte], [1]]],
    ['a large one between', [1, 5 * mebibyte, 2], [[1], [5 * mebibyte], [2]]],
    ['a large one first', [5 * mebibyte, 1, 2], [[5 * mebibyte], [1, 2]]],
    ['two large ones', [5 * mebibyte, 6 * mebibyte], [[5 * mebibyte], [6 * mebibyte]]],
    ['empty ones', [0, 0, 0], [[0, 0, 0]]],
    ['empty ones beside a large one', [0, 5 * mebibyte, 0], [[0], [5 * mebibyte], [0]]],
  ])('%s', (_, given, expected) => {
    expect(sizes(...given)).toEqual(expected);
  });

  it('of two hundred at most', () => {
    const lengths = sizes(...Array.from({ length: 401 }, () => 1)).map(({ length }) => length);
    expect(lengths).toEqual([200, 200, 1]);
  });

  it('in their order, each once, within bounds, and no more windows than needed', () => {
    const size = fc.oneof(
      fc.nat({ max: 100 }),
      fc.nat({ max: 3 * mebibyte }),
      fc.nat({ max: 9 * mebibyte }),
      fc.constantFrom(0, most.bytes - 1, most.bytes, most.bytes + 1),
    );
    fc.assert(
      fc.property(fc.array(size, { maxLength: 700, size: 'max' }), (given) => {
        const cut = sizes(...given);
        expect(cut.flat()).toEqual(given);
        for (const [index, window] of cut.entries()) {
          expect(window.length).toBeGreaterThan(0);
          expect(window.length).toBeLessThanOrEqual(most.messages);
          if (window.length > 1) expect(sum(window)).toBeLessThanOrEqual(most.bytes);
          const next = cut[index + 1]?.[0];
          if (next !== undefined && window.length < most.messages) {
            expect(sum(window) + next).toBeGreaterThan(most.bytes);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('what is larger than a window is streamed by itself, and stands alone', () => {
    expect([0, most.bytes, most.bytes + 1].map((sizeBytes) => isLarge({ sizeBytes }))).toEqual([
      ...[false, false, true],
    ]);
    for (const window of sizes(1, most.bytes, most.bytes + 1, 1)) {
      if (window.some((sizeBytes) => isLarge({ sizeBytes }))) expect(window).toHaveLength(1);
    }
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
