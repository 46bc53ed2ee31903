import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableLines, safeJson } from '../../src/terminal/printable.ts';

const esc = '\u001b';
/** What acts on a terminal instead of being seen: C0, DEL, C1, bidirectional controls. */
const acting = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/** What a mail may hold to play with the terminal of whoever lists it. */
const hostile: readonly (readonly [string, string])[] = [
  ['the title of the window', `${esc}]0;PWNED\u0007`],
  ['clearing the screen', `${esc}[2J${esc}[H`],
  ['the clipboard', `${esc}]52;c;cm0gLXJmIH4K\u0007`],
  ['a link', `${esc}]8;;https://evil.example${esc}\\click${esc}]8;;${esc}\\`],
  ['a question about the device', `${esc}[c`],
  ['a question about the cursor', `${esc}[6n`],
  ['a question about settings', `${esc}P$qm${esc}\\`],
  ['a question about the answerback', '\u0005'],
  ['an application command', `${esc}_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA${esc}\\`],
  ['keys that answer', `${esc}[?1000h${esc}[?2004l`],
  ['another character set', '\u000e\u000f'],
  ['a C1 sequence', '\u009b2J\u009d0;PWNED\u009c\u0090$qm\u009c'],
  ['backspaces', 'safe\b\b\b\bevil'],
  ['a bare CR', 'safe\revil'],
  ['a form feed and a vertical tab', 'a\fb\vc'],
  ['a bell', '\u0007'],
  ['NUL', 'a\0b'],
  ['DEL', 'a\u007fb'],
  ['colours', `${esc}[31mred${esc}[0m`],
  ['an override of direction', 'invoice\u202efdp.exe'],
  ['embeddings', '\u202aa\u202bb\u202dc\u202cd'],
  ['isolates', '\u2066a\u2067b\u2068c\u2069d'],
  ['marks', '\u200ea\u200fb\u061cc'],
  ['separators', 'a\u2028b\u2029c\u0085d'],
  ['lone surrogates', '\ud800a\udfff'],
  ['a forged line', 'Supper\nmailctl: everything is fine'],
];

describe('text from the network', () => {
  it.each(hostile)('%s is seen, not obeyed', (_, text) => {
    for (const printed of [printable(text), printableLines(text).replaceAll('\n', '')]) {
      expect(printed).not.toMatch(acting);
      expect(printed.isWellFormed()).toBe(true);
    }
  });

  it.each([
    ['', ''],
    ['Supper at seven?', 'Supper at seven?'],
    ['Grüße aus 東京 👩‍👩‍👧 – €5', 'Grüße aus 東京 👩‍👩‍👧 – €5'],
    ['שלום', 'שלום'],
    ['नमस्ते', 'नमस्ते'],
    ['می‌خواهم', 'می‌خواهم'],
    ['cafe\u0301', 'cafe\u0301'],
    ['a\tb', 'a b'],
    ['a\r\n b', 'a  b'],
    ['a\n\n\nb', 'a b'],
    ['a\u0085\u2028\u2029b', 'a b'],
    [`${esc}[2J`, '\ufffd[2J'],
    ['a\bb', 'a\ufffdb'],
    ['a\u202eb', 'a\ufffdb'],
    ['\ud800', '\ufffd'],
    ['pay\u200bpal', 'paypal'],
    ['\ufeffSupper', 'Supper'],
    ['soft\u00adhyphen', 'softhyphen'],
    ['a\u2060\u2064b', 'ab'],
    ['a\u{e0041}\u{e007f}b', 'ab'],
    ['a\ufff9b\ufffac\ufffbd', 'abcd'],
  ])('%j is printed %j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  const any = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.array(fc.constantFrom(...hostile.map(([, text]) => text))).map((texts) => texts.join('')),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    fc.array(fc.integer({ min: 0, max: 0xff })).map((units) => String.fromCharCode(...units)),
  );

  it('never holds a control, escape or bidirectional character, whatever it is', () => {
    fc.assert(
      fc.property(any, (text) => {
        const printed = printable(text);
        expect(printed).not.toMatch(acting);
        expect(printed).not.toMatch(/\p{Cc}/u);
        expect(printed.isWellFormed()).toBe(true);
        expect(printable(printed)).toBe(printed);
      }),
      { numRuns: 2000 },
    );
  });

  it('of several lines keeps its lines and nothing else that acts', () => {
    fc.assert(
      fc.property(any, (text) => {
        const printed = printableLines(text);
        expect(printed.replaceAll('\n', '')).not.toMatch(acting);
        expect(printed.split('\n')).toHaveLength(text.split(/\r\n|\r|\n/).length);
      }),
      { numRuns: 1000 },
    );
    expect(printableLines('a\r\n\tb\rc\n')).toBe('a\n        b\nc\n');
  });

  it('each code unit there is, alone, is harmless', () => {
    for (let unit = 0; unit <= 0xffff; unit++) {
      const character = String.fromCharCode(unit);
      if (acting.test(printable(character))) throw new Error(`U+${unit.toString(16)}`);
      if (acting.test(safeJson(character))) throw new Error(`U+${unit.toString(16)} in JSON`);
    }
  });
});

describe('JSON for a program', () => {
  /** What must not stand raw in a line of NDJSON, nor act where somebody prints it. */
  const raw =
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

  it.each(hostile)('%s is escaped, and exact once it is parsed', (_, text) => {
    const json = safeJson({ subject: text });
    expect(json).not.toMatch(raw);
    expect(JSON.parse(json)).toEqual({ subject: text.toWellFormed() });
  });

  it('parses back to the same well-formed value, and is one harmless line', () => {
    const value = fc.jsonValue({ stringUnit: 'binary', noUnicodeString: false });
    fc.assert(
      fc.property(value, (one) => {
        const json = safeJson(one);
        expect(json).not.toMatch(raw);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(one)));
      }),
      { numRuns: 500 },
    );
  });

  it('parses back to the same text, for any text', () => {
    const text = fc
      .array(fc.integer({ min: 0, max: 0xffff }))
      .map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(text, text, (one, other) => {
        const json = safeJson({ one, list: [other, { name: one }] });
        expect(json).not.toMatch(raw);
        expect(JSON.parse(json)).toEqual({
          one: one.toWellFormed(),
          list: [other.toWellFormed(), { name: one.toWellFormed() }],
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('a name of a field is made harmless too', () => {
    const json = safeJson({ [`${esc}[2J\u202e\u2028\ud800`]: 1 });
    expect(json).not.toMatch(raw);
    expect(() => JSON.parse(json)).not.toThrow();
  });

  it('dates are ISO 8601, null and lists stay', () => {
    expect(safeJson({ date: new Date(0), none: null, list: [], nested: { a: [1] } })).toBe(
      '{"date":"1970-01-01T00:00:00.000Z","none":null,"list":[],"nested":{"a":[1]}}',
    );
  });
});
