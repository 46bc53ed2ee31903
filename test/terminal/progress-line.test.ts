import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatProgress, type Standing } from '../../src/terminal/progress-line.ts';

const still = { messages: 0, bytes: 0 };

function line(standing: Partial<Standing>, width = 80): string {
  return formatProgress(
    { label: 'INBOX', total: {}, done: still, perSecond: still, ...standing },
    width,
  );
}

describe('a line of progress', () => {
  it.each<[Partial<Standing>, string]>([
    [{}, 'INBOX  …'],
    [{ done: { messages: 7, bytes: 0 } }, 'INBOX  7'],
    [{ total: { messages: 4 } }, 'INBOX  ░░░░░░░░░░░░░░░░░░░░  0/4'],
    [
      { total: { messages: 4 }, done: { messages: 1, bytes: 0 } },
      'INBOX  █████░░░░░░░░░░░░░░░  1/4',
    ],
    [
      { total: { messages: 160 }, done: { messages: 1, bytes: 0 } },
      'INBOX  ▏░░░░░░░░░░░░░░░░░░░  1/160',
    ],
    [
      { total: { messages: 4 }, done: { messages: 5, bytes: 0 } },
      'INBOX  ████████████████████  5/4',
    ],
    [
      {
        total: { messages: 100, bytes: 100 * 1024 ** 2 },
        done: { messages: 90, bytes: 50 * 1024 ** 2 },
        perSecond: { messages: 3, bytes: 1024 ** 2 },
      },
      'INBOX  ██████████░░░░░░░░░░  90/100  50 MB  1.0 MB/s  0:50 left',
    ],
    [
      {
        total: { messages: 10_000 },
        done: { messages: 100, bytes: 2000 },
        perSecond: { messages: 1, bytes: 200 },
      },
      'INBOX  ▏░░░░░░░░░░░░░░░░░░░  100/10000  2.0 KB  200 B/s  2:45:00 left',
    ],
    [
      { total: { messages: 1_000_000 }, perSecond: { messages: 1, bytes: 0 } },
      'INBOX  ░░░░░░░░░░░░░░░░░░░░  0/1000000  over a day left',
    ],
    [{ label: 'a\u001b[2J\tb\u202e' }, 'a\ufffd[2J b\ufffd  …'],
    [{ label: 'a folder with a name that is too long' }, 'a folder with a name th…  …'],
  ])('%j', (standing, expected) => {
    expect(line(standing)).toBe(expected);
  });

  it('never breaks the line, however narrow, in any script', () => {
    const many = fc.nat({ max: 2 ** 40 });
    const counts = fc.record({ messages: many, bytes: many });
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.record({ messages: many, bytes: many }, { requiredKeys: [] }),
        counts,
        counts,
        fc.integer({ min: 1, max: 200 }),
        (label, total, done, perSecond, width) => {
          const text = formatProgress({ label, total, done, perSecond }, width);
          expect(stringWidth(text)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KB'],
    [10_239, '10 KB'],
    [1024 ** 2 * 1.5, '1.5 MB'],
    [1024 ** 3 * 20, '20 GB'],
    [1024 ** 5, '1048576 GB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
