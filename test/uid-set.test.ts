import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUid, UidSet } from '../src/uid-set.ts';

const most = 2 ** 32 - 1;
/** Close together as often as far apart, so that ranges meet. */
const uid = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: most }),
  fc.integer({ min: most - 10, max: most }),
);
const uids = fc.array(uid, { maxLength: 60 });

describe('a UID', () => {
  it.each([1, 2, 4711, most])('is %s', (value) => {
    expect(isUid(value)).toBe(true);
  });

  it.each([
    0,
    -1,
    1.5,
    most + 1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '1',
    1n,
    null,
    undefined,
    {},
  ])('is not %s', (value) => {
    expect(isUid(value)).toBe(false);
  });
});

describe('a set of UIDs', () => {
  it.each([
    [[], ''],
    [[7], '7'],
    [[1, 2], '1:2'],
    [[2, 1], '1:2'],
    [[1, 3], '1,3'],
    [[1, 2, 3, 5, 8, 9], '1:3,5,8:9'],
    [[5, 5, 5], '5'],
    [[most, most - 1], `${most - 1}:${most}`],
    [[1, most], `1,${most}`],
  ])('%j is written %s', (given, text) => {
    expect(UidSet.of(given).toString()).toBe(text);
  });

  it('is what a plain Set is', () => {
    fc.assert(
      fc.property(uids, uids, (some, others) => {
        const model = new Set(some);
        const set = UidSet.of(some);
        expect(set.size).toBe(model.size);
        for (const one of [...some, ...others]) expect(set.has(one)).toBe(model.has(one));
      }),
    );
  });

  it('united with another is what two plain Sets are, and both stay as they were', () => {
    fc.assert(
      fc.property(uids, uids, (some, others) => {
        const [left, right] = [UidSet.of(some), UidSet.of(others)];
        const before = [left.toString(), right.toString()];
        const both = left.union(right);
        expect(both.toString()).toBe(UidSet.of([...some, ...others]).toString());
        expect(both.toString()).toBe(right.union(left).toString());
        expect(both.size).toBe(new Set([...some, ...others]).size);
        expect([left.toString(), right.toString()]).toEqual(before);
        expect(left.union(UidSet.empty).toString()).toBe(left.toString());
      }),
    );
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(uids, (some) => {
        const text = UidSet.of(some).toString();
        expect(UidSet.parse(text)?.toString()).toBe(text);
        expect(UidSet.parse(text)?.size).toBe(new Set(some).size);
      }),
    );
  });

  it('has the numbers at the ends of its ranges and not their neighbours', () => {
    const set = UidSet.parse('3:5,9,12:20');
    const inside = Array.from({ length: 23 }, (_, one) => one).filter((one) => set?.has(one));
    expect(inside).toEqual([3, 4, 5, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    expect(set?.size).toBe(13);
  });

  it('can be all there are', () => {
    const all = UidSet.parse(`1:${most}`);
    expect(all?.size).toBe(most);
    expect([all?.has(0), all?.has(1), all?.has(most), all?.has(most + 1)]).toEqual([
      ...[false, true, true, false],
    ]);
  });

  it('holds a hundred thousand scattered UIDs', () => {
    const scattered = Array.from({ length: 100_000 }, (_, index) => index * 3 + 1);
    const set = UidSet.of(scattered);
    expect(set.size).toBe(100_000);
    expect(UidSet.parse(set.toString())?.size).toBe(100_000);
    expect(scattered.every((one) => set.has(one) && !set.has(one + 1))).toBe(true);
    expect(set.union(UidSet.of(scattered.map((one) => one + 1))).size).toBe(200_000);
  });
});

describe('a text that is no set of UIDs', () => {
  it.each([
    ['0', 'zero is no UID'],
    ['0:5', 'zero is no UID'],
    [`${most + 1}`, 'more than 32 bits'],
    [`1:${most + 1}`, 'more than 32 bits'],
    ['99999999999', 'too many digits'],
    ['+1', 'a sign'],
    ['-1', 'a sign'],
    ['1:+2', 'a sign'],
    [' 1', 'a blank'],
    ['1 ', 'a blank'],
    ['1, 2', 'a blank'],
    ['1\n', 'a line'],
    ['5:1', 'reversed'],
    ['2,1', 'descending'],
    ['1,1', 'twice'],
    ['1:5,5', 'overlapping'],
    ['1:5,3:8', 'overlapping'],
    ['1:5,2', 'inside'],
    [',', 'nothing'],
    ['1,', 'nothing after the comma'],
    [',1', 'nothing before the comma'],
    ['1,,2', 'nothing between'],
    ['1:', 'no end'],
    [':1', 'no beginning'],
    ['1:2:3', 'two colons'],
    ['*', 'a star'],
    ['1:*', 'a star'],
    ['1.5', 'a fraction'],
    ['1e3', 'an exponent'],
    ['0x10', 'hexadecimal'],
    ['١', 'digits of another script'],
    ['a', 'a letter'],
  ])('%j: %s', (text) => {
    expect(UidSet.parse(text)).toBe(null);
  });

  it('is null or ascending, never an error', () => {
    const written = fc
      .array(fc.constantFrom('0', '1', '2', '9', '5', '4294967295', ':', ',', ' ', '*', '-'))
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.oneof(fc.string(), written), (text) => {
        const set = UidSet.parse(text);
        if (set === null) return;
        const numbers = set.toString().split(/[:,]/).filter(Boolean).map(Number);
        expect(numbers.every(isUid)).toBe(true);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }),
      { numRuns: 1000 },
    );
  });
});
