import { describe, expect, it, test } from 'vitest';
import { worthCompressing } from '../../../src/commands/fetching/worth-compressing.ts';
import { LinkGauge } from '../../../src/mail/link-gauge.ts';

const slow = { bytesPerSecond: 2.5e6, busy: 0.1 };
const fast = { bytesPerSecond: 25e6, busy: 0.6 };

test.each([
  ['nothing is measured yet', [], 1e9, false],
  ['one slow moment', [slow], 1e9, false],
  ['a slow line, and much to come', [slow, slow], 1e7, true],
  ['a slow line, and little to come', [slow, slow], 4e6, false],
  [
    'a very slow line, and little to come',
    Array(2).fill({ ...slow, bytesPerSecond: 1e5 }),
    3e5,
    true,
  ],
  ['a line that was slow for a moment', [slow, fast], 1e9, false],
  ['a line that is slow just now', [fast, slow], 1e9, false],
  ['a fast line', [fast, fast], 1e9, false],
  ['a slow line, and we are slow, too', Array(2).fill({ ...slow, busy: 0.9 }), 1e9, false],
  ['just slow enough', Array(2).fill({ bytesPerSecond: 5.9e6, busy: 0.3 }), 1.2e7, true],
  ['just too fast', Array(2).fill({ bytesPerSecond: 6.1e6, busy: 0.3 }), 1e9, false],
])('%s', (_, samples, bytesToCome, expected) => {
  expect(worthCompressing(samples, bytesToCome)).toBe(expected);
});

describe('the pace of a line', () => {
  function gauge() {
    const time = { now: 0, busy: 0 };
    const measured = new LinkGauge({ now: () => time.now, busyMs: () => time.busy });
    const pass = (ms: number, busy = 0) => {
      time.now += ms;
      time.busy += busy;
    };
    return { measured, pass };
  }

  it('is that of all connections together', () => {
    const { measured, pass } = gauge();
    const flows = [measured.flow(), measured.flow()];
    for (const flow of flows) flow.received(1);
    for (let turn = 0; turn < 5; turn += 1) {
      pass(100, 20);
      for (const flow of flows) flow.received(10_000);
    }
    expect(measured.samples).toEqual([{ bytesPerSecond: 180_000, busy: 0.2 }]);
    expect(measured.bytes).toBe(100_002);
  });

  it('does not count the time in which nothing was coming', () => {
    const { measured, pass } = gauge();
    const flow = measured.flow();
    for (let turn = 0; turn < 10; turn += 1) {
      pass(1000, 1000); // a round trip, or the disk
      flow.received(5); // had been coming in that time
      pass(50);
      flow.received(50_000);
      flow.rest();
      flow.rest();
    }
    expect(measured.samples).toEqual([{ bytesPerSecond: 1_000_000, busy: 0 }]);
  });

  it('is told by the last two samples', () => {
    const { measured, pass } = gauge();
    const flow = measured.flow();
    flow.received(1);
    for (const kb of [1000, 2000, 4000]) {
      pass(100);
      flow.received(kb * 1000);
    }
    expect(measured.samples.map(({ bytesPerSecond }) => bytesPerSecond)).toEqual([2e7, 4e7]);
  });
});
