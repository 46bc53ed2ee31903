import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { type Column, formatTable } from '../../src/terminal/table.ts';

interface Letter {
  readonly uid: number;
  readonly date: string;
  readonly from: string;
  readonly subject: string;
}

const columns: readonly Column<Letter>[] = [
  { header: 'UID', value: ({ uid }) => String(uid), align: 'right' },
  { header: 'Date', value: ({ date }) => date, display: ({ date }) => date.slice(5) },
  { header: 'From', value: ({ from }) => from, flexible: true },
  { header: 'Subject', value: ({ subject }) => subject, flexible: true },
  { header: 'Flags', value: () => '\\Seen', pipeOnly: true },
];
const now = new Date('2026-11-15T12:00:00Z');

function letter(changes: Partial<Letter> = {}): Letter {
  return { uid: 7, date: '2026-11-15', from: 'Grace', subject: 'Supper', ...changes };
}

function table(rows: readonly Letter[], width: number): string[] {
  const text = `${formatTable(rows, columns, { width, now }).join('\n')}\n`;
  expect(text.endsWith('\n')).toBe(true);
  return text.slice(0, -1).split('\n');
}

/** The column in which each line's cell with this text begins. */
function offset(line: string, text: string): number {
  const index = line.indexOf(text);
  expect(index).toBeGreaterThanOrEqual(0);
  return stringWidth(line.slice(0, index));
}

const long = 'The minutes of the last meeting, with what everybody promised to bring';
const widths = [40, 80, 200];

describe('a table', () => {
  it('stands in columns, numbers to the right, and shows nothing meant for a pipe', () => {
    const rows = [letter(), letter({ uid: 4711, from: 'Bea', subject: 'Re: Supper' })];
    expect(table(rows, 80)).toEqual([
      ' UID  Date   From   Subject',
      '   7  11-15  Grace  Supper',
      '4711  11-15  Bea    Re: Supper',
    ]);
  });

  it('of no rows is its header', () => {
    expect(table([], 80)).toEqual(['UID  Date  From  Subject']);
  });

  it('gives a display function the time', () => {
    const ages: Column<Letter>[] = [
      { header: 'Age', value: () => '', display: (_, when) => when.toISOString() },
    ];
    expect(formatTable([letter()], ages, { width: 80, now })).toContain('2026-11-15T12:00:00.000Z');
  });

  it('has no blanks at the ends of its lines', () => {
    for (const line of table([letter({ subject: '' }), letter({ subject: long })], 80)) {
      expect(line).toBe(line.trimEnd());
    }
  });

  it.each(widths)('is not wider than %i columns, and uses them', (width) => {
    const rows = [letter({ from: long, subject: long }), letter()];
    const lines = table(rows, width);
    const natural = 'UID  11-15    '.length + 2 * long.length;
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBe(Math.min(width, natural));
    expect(lines[1]?.includes('…')).toBe(width < natural);
  });

  it.each([
    [
      'East Asian',
      '東京からのお知らせ：来週の夕食会について皆さんのご都合をお聞かせください。よろしくお願いします',
    ],
    ['Korean', '다음 주 저녁 식사에 대해 알려 드립니다 여러분의 일정을 알려 주세요 감사합니다'],
    ['emoji', '🎉🍲🥂'.repeat(20)],
    ['families', '👩‍👩‍👧👨‍👩‍👦'.repeat(15)],
    ['flags', '🇩🇪🇫🇷🇮🇹'.repeat(15)],
    ['skin tones', '👍🏽👋🏿'.repeat(20)],
    ['combining marks', 'e\u0301o\u0308u\u0323\u0302'.repeat(20)],
    ['Devanagari', 'नमस्ते दोस्तों अगले सप्ताह रात के खाने के बारे में सूचना'],
    ['Arabic', 'إشعار بخصوص عشاء الأسبوع القادم يرجى إخبارنا بالوقت المناسب لكم جميعا'],
    ['mixed', 'Re: 夕食 🍲 e\u0301te\u0301 – '.repeat(6)],
    ['half of everything', `a${'日'.repeat(60)}`],
  ])('of %s stays in its columns at every width', (_, text) => {
    for (const width of [...widths, 41, 42, 43, 79, 81]) {
      const rows = [letter({ from: text, subject: 'Supper' }), letter({ subject: text })];
      const lines = table(rows, width);
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      const [header = '', first = '', second = ''] = lines;
      expect(offset(first, 'Supper')).toBe(offset(header, 'Subject'));
      expect(offset(second, 'Grace')).toBe(offset(header, 'From'));
      expect(lines.join('\n').isWellFormed()).toBe(true);
    }
  });

  it('a grapheme is whole or not there', () => {
    const family = '👩‍👩‍👧';
    for (let width = 30; width < 60; width++) {
      const [, line = ''] = table([letter({ subject: family.repeat(40) })], width);
      const cut = line.slice(line.indexOf('Grace') + 5).trim();
      expect(cut.replaceAll(family, '')).toBe('…');
    }
  });

  it('gives way to columns that cannot be cut, and leaves the others eight', () => {
    const lines = table([letter({ uid: 4_294_967_295, from: long, subject: long })], 20);
    expect(lines[1]).toMatch(/^4294967295 {2}11-15 {2}The min… {2}The min…$/);
  });

  it('takes from the widest first', () => {
    const [, line = ''] = table([letter({ from: 'Grace Hopper', subject: long })], 60);
    expect(line).toContain('  Grace Hopper  The minutes');
  });

  it('what would act on a terminal is seen instead', () => {
    const lines = table([letter({ from: 'a\u001b[2Jb', subject: 'one\r\ntwo\tthree\u202e' })], 80);
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(lines[1]).toContain('one two three');
  });

  it('of two hundred thousand rows is printed', () => {
    const rows = Array.from({ length: 200_000 }, (_, uid) => letter({ uid }));
    expect(table(rows, 80)).toHaveLength(200_001);
  });

  it('with a cell of a megabyte is printed', () => {
    const lines = table([letter({ subject: 'x'.repeat(1 << 20) })], 80);
    expect(stringWidth(lines[1] ?? '')).toBe(80);
  });

  it('is never wider than the terminal, unless what cannot be cut is', () => {
    const cell = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 120 }),
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc
        .array(
          fc.constantFrom('a', '日', '👩‍👩‍👧', '🇩🇪', 'e\u0301', ' ', '\u0300', '가', 'ﾊﾟ', '👍🏽'),
        )
        .map((parts) => parts.join('')),
    );
    const row = fc.record({ uid: fc.nat(), date: cell, from: cell, subject: cell });
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 5 }),
        fc.integer({ min: 1, max: 220 }),
        (rows, width) => {
          const lines = table(rows, width);
          expect(lines).toHaveLength(rows.length + 1);
          const uncut = columns
            .slice(0, 2)
            .map(({ header, value, display }) =>
              Math.max(
                stringWidth(header),
                ...rows.map((one) => stringWidth(shown(display?.(one, now) ?? value(one)))),
              ),
            );
          const least = uncut.reduce((sum, one) => sum + one, 0) + 2 * 8 + 3 * 2;
          for (const line of lines) {
            expect(stringWidth(line)).toBeLessThanOrEqual(Math.max(width, least));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** As wide as the cell is printed at most. */
function shown(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
