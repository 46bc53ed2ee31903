import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { planSearch, searchKeys } from '../../src/mail/search-expression.ts';
import { formatSearchKeys, type SearchKey } from '../../src/mail/search-key.ts';
import { parseQuery } from '../../src/mail/search-query.ts';

/** A Sunday noon, where the person is. */
const noon = new Date(2026, 10, 15, 12, 0);

function compileQuery(query: string, now: Date): SearchKey[] {
  return searchKeys(parseQuery(query, now));
}

function imap(query: string, now = noon): string {
  return formatSearchKeys(compileQuery(query, now));
}

/** How a query is refused: the sentence, and the column of the caret, null without one. */
function refusal(query: string): { sentence: string; column: number | null } {
  try {
    compileQuery(query, noon);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    expect(error.kind).toBe('usage');
    const [sentence = '', shown, caret] = error.message.split('\n');
    if (caret === undefined) return { sentence, column: null };
    expect(shown).toBe(`  ${query.replaceAll('\t', ' ')}`);
    expect(caret).toMatch(/^ {2} *\^$/);
    return { sentence, column: caret.length - 3 };
  }
  throw new Error(`${query} was accepted`);
}

describe('what people type becomes IMAP search keys', () => {
  it.each([
    // text and fields
    ['', 'ALL'],
    ['   ', 'ALL'],
    ['\t', 'ALL'],
    ['supper', 'TEXT "supper"'],
    ['supper club', 'TEXT "supper" TEXT "club"'],
    ['"supper club"', 'TEXT "supper club"'],
    ['""', 'TEXT ""'],
    ['Grüße', 'TEXT "Grüße"'],
    ['日本語', 'TEXT "日本語"'],
    ['👩‍👩‍👧', 'TEXT "👩‍👩‍👧"'],
    ['from:grace', 'FROM "grace"'],
    ['FROM:Grace', 'FROM "Grace"'],
    ['from:"Grace Hopper"', 'FROM "Grace Hopper"'],
    ['to:bea@example.net', 'TO "bea@example.net"'],
    ['cc:bea', 'CC "bea"'],
    ['bcc:bea', 'BCC "bea"'],
    ['subject:invoice', 'SUBJECT "invoice"'],
    ['subject:"Re: supper"', 'SUBJECT "Re: supper"'],
    ['subject:Re:', 'SUBJECT "Re:"'],
    ['body:hello', 'BODY "hello"'],
    ['text:hello', 'TEXT "hello"'],
    ['from:grace subject:tea', 'FROM "grace" SUBJECT "tea"'],
    ['  from:grace\tsubject:tea ', 'FROM "grace" SUBJECT "tea"'],
    // state
    ['is:unread', 'UNSEEN'],
    ['is:read', 'SEEN'],
    ['is:flagged', 'FLAGGED'],
    ['is:unflagged', 'UNFLAGGED'],
    ['is:answered', 'ANSWERED'],
    ['is:unanswered', 'UNANSWERED'],
    ['is:draft', 'DRAFT'],
    ['is:deleted', 'DELETED'],
    ['IS:Unread', 'UNSEEN'],
    ['is:"unread"', 'UNSEEN'],
    // days
    ['since:2026-11-01', 'SINCE 1-Nov-2026'],
    ['before:2026-1-9', 'BEFORE 9-Jan-2026'],
    ['on:2024-02-29', 'ON 29-Feb-2024'],
    ['since:2000-02-29', 'SINCE 29-Feb-2000'],
    ['since:2026-12-31', 'SINCE 31-Dec-2026'],
    ['since:1999-12-31', 'SINCE 31-Dec-1999'],
    ['since:today', 'SINCE 15-Nov-2026'],
    ['on:yesterday', 'ON 14-Nov-2026'],
    ['newer:0d', 'SINCE 15-Nov-2026'],
    ['newer:1d', 'SINCE 14-Nov-2026'],
    ['newer:7d', 'SINCE 8-Nov-2026'],
    ['newer:2w', 'SINCE 1-Nov-2026'],
    ['newer:1m', 'SINCE 15-Oct-2026'],
    ['newer:11m', 'SINCE 15-Dec-2025'],
    ['newer:24m', 'SINCE 15-Nov-2024'],
    ['older:1y', 'BEFORE 15-Nov-2025'],
    ['older:365d', 'BEFORE 15-Nov-2025'],
    ['since:2026-11', 'SINCE 1-Nov-2026'],
    ['since:2026', 'SINCE 1-Jan-2026'],
    ['before:2026', 'BEFORE 1-Jan-2026'],
    ['on:2026-02', '(SINCE 1-Feb-2026 BEFORE 1-Mar-2026)'],
    ['on:2026-12', '(SINCE 1-Dec-2026 BEFORE 1-Jan-2027)'],
    ['on:2025', '(SINCE 1-Jan-2025 BEFORE 1-Jan-2026)'],
    ['-on:2025', 'NOT ((SINCE 1-Jan-2025 BEFORE 1-Jan-2026))'],
    ['on:sunday', 'ON 15-Nov-2026'],
    ['since:Monday', 'SINCE 9-Nov-2026'],
    ['before:saturday', 'BEFORE 14-Nov-2026'],
    // Gmail
    ['label:work', 'X-GM-LABELS "work"'],
    ['label:"Über uns"', 'X-GM-LABELS "&ANw-ber uns"'],
    ['label:a&b', 'X-GM-LABELS "a&-b"'],
    ['label:日本語', 'X-GM-LABELS "&ZeVnLIqe-"'],
    ['in:inbox', 'X-GM-RAW "in:inbox"'],
    ['in:"a OR b"', 'X-GM-RAW "in:\\"a OR b\\""'],
    ['category:promotions', 'X-GM-RAW "category:promotions"'],
    ['has:attachment', 'X-GM-RAW "has:attachment"'],
    // sizes
    ['larger:500', 'LARGER 500'],
    ['larger:0', 'LARGER 0'],
    ['larger:20k', 'LARGER 20480'],
    ['larger:20K', 'LARGER 20480'],
    ['larger:20kb', 'LARGER 20480'],
    ['smaller:1M', 'SMALLER 1048576'],
    ['smaller:3G', 'SMALLER 3221225472'],
    ['smaller:4294967295', 'SMALLER 4294967295'],
    ['larger:9b', 'LARGER 9'],
    // UIDs, keywords, headers
    ['uid:7', 'UID 7'],
    ['uid:1:5', 'UID 1:5'],
    ['uid:3,8:*', 'UID 3,8:*'],
    ['uid:*', 'UID *'],
    ['uid:4294967295', 'UID 4294967295'],
    ['keyword:work', 'KEYWORD work'],
    ['keyword:$Forwarded', 'KEYWORD $Forwarded'],
    ['keyword:a-b_c.d', 'KEYWORD a-b_c.d'],
    ['message-id:<1@example.org>', 'HEADER "Message-ID" "<1@example.org>"'],
    ['list:club', 'HEADER "List-Id" "club"'],
    ['header:X-Spam=yes', 'HEADER "X-Spam" "yes"'],
    ['header:X-Spam=', 'HEADER "X-Spam" ""'],
    ['header:X-Spam=""', 'HEADER "X-Spam" ""'],
    ['header:X-Spam="yes (very)"', 'HEADER "X-Spam" "yes (very)"'],
    ['header:X=a=b', 'HEADER "X" "a=b"'],
    ['"header:X=a"', 'TEXT "header:X=a"'],
    // both, either, without, grouped
    ['a or b', 'OR (TEXT "a") (TEXT "b")'],
    ['a OR b', 'OR (TEXT "a") (TEXT "b")'],
    ['a or b or c', 'OR (TEXT "a") (OR (TEXT "b") (TEXT "c"))'],
    ['a b or c', 'OR (TEXT "a" TEXT "b") (TEXT "c")'],
    ['(a or b) c', '(OR (TEXT "a") (TEXT "b")) TEXT "c"'],
    ['a "or" b', 'TEXT "a" TEXT "or" TEXT "b"'],
    ['-a', 'NOT (TEXT "a")'],
    ['not a', 'NOT (TEXT "a")'],
    ['NOT a b', 'NOT (TEXT "a") TEXT "b"'],
    ['"not" a', 'TEXT "not" TEXT "a"'],
    ['--a', 'NOT (NOT (TEXT "a"))'],
    ['not not a', 'NOT (NOT (TEXT "a"))'],
    ['-from:grace', 'NOT (FROM "grace")'],
    ['-(a or b)', 'NOT ((OR (TEXT "a") (TEXT "b")))'],
    ['-"supper club"', 'NOT (TEXT "supper club")'],
    ['((a))', '((TEXT "a"))'],
    ['(a)(b)', '(TEXT "a") (TEXT "b")'],
    ['a(b)c', 'TEXT "a" (TEXT "b") TEXT "c"'],
    ['-', 'TEXT "-"'],
    ['- a', 'TEXT "-" TEXT "a"'],
    ['(-)', '(TEXT "-")'],
    ['a-b', 'TEXT "a-b"'],
    ['orange notes', 'TEXT "orange" TEXT "notes"'],
    // what looks like protocol is text
    ['x\\"', 'TEXT "x\\\\\\""'],
    ['"x\\" OR ALL"', 'TEXT "x\\" OR ALL"'],
    ['"back\\\\slash"', 'TEXT "back\\\\slash"'],
    ['back\\slash', 'TEXT "back\\\\slash"'],
    ['{99}', 'TEXT "{99}"'],
    ['{99+}', 'TEXT "{99+}"'],
    ['~{9}', 'TEXT "~{9}"'],
    ['*', 'TEXT "*"'],
    ['%', 'TEXT "%"'],
    ['NIL', 'TEXT "NIL"'],
    ['ALL', 'TEXT "ALL"'],
    ['UNSEEN', 'TEXT "UNSEEN"'],
    ['A9 LOGOUT', 'TEXT "A9" TEXT "LOGOUT"'],
    ['from:{9}', 'FROM "{9}"'],
    ['$(id) `id`', 'TEXT "$" (TEXT "id") TEXT "`id`"'],
    ['12:30', 'TEXT "12:30"'],
    ['"http://example.org/?a=b"', 'TEXT "http://example.org/?a=b"'],
    ["it's", 'TEXT "it\'s"'],
  ])('%j → %s', (query, expected) => {
    expect(imap(query)).toBe(expected);
  });
});

describe('a query that cannot be read is refused, with a caret under the place', () => {
  it.each([
    [')', /missing here/, 0],
    ['a )', /closes nothing/, 2],
    ['(a))', /closes nothing/, 3],
    ['(', /missing here/, 1],
    ['()', /missing here/, 1],
    ['(a', /never closed/, 0],
    ['a (b (c)', /never closed/, 2],
    ['or a', /missing here/, 0],
    ['a or', /missing here/, 4],
    ['a or or b', /missing here/, 5],
    ['a or )', /missing here/, 5],
    ['not', /missing here/, 3],
    ['a not', /missing here/, 5],
    ['(not )', /closes nothing|missing here/, 5],
    ['"a', /quote is never closed/, 0],
    ['a "b', /quote is never closed/, 2],
    ['from:"a', /quote is never closed/, 5],
    ['"a\\"', /quote is never closed/, 0],
    ['header:X="a', /quote is never closed/, 9],
    ['from:', /from: needs a value/, 5],
    ['from: grace', /from: needs a value/, 5],
    ['from:""', /from: needs a value/, 5],
    ['is:', /is: needs a value/, 3],
    ['a is:new', /is: knows unread, read/, 5],
    ['is:constructor', /is: knows/, 3],
    ['is:__proto__', /is: knows/, 3],
    ['form:grace', /there is no form:/, 0],
    ['a form:grace', /there is no form:/, 2],
    ['http://example.org', /there is no http:/, 0],
    ['constructor:x', /there is no constructor:/, 0],
    ['tostring:x', /there is no tostring:/, 0],
    ['since:', /since: needs a value/, 6],
    ['since:2026-02-29', /a date is written/, 6],
    ['since:2100-02-29', /a date is written/, 6],
    ['since:2026-02-31', /a date is written/, 6],
    ['since:2026-04-31', /a date is written/, 6],
    ['since:2026-13-01', /a date is written/, 6],
    ['since:2026-00-01', /a date is written/, 6],
    ['since:2026-01-00', /a date is written/, 6],
    ['since:0026-11-01', /a date is written/, 6],
    ['since:0000-01-01', /a date is written/, 6],
    ['since:26-11-01', /a date is written/, 6],
    ['since:2026-11-01T10:00', /a date is written/, 6],
    ['since:01.11.2026', /a date is written/, 6],
    ['since:tomorrow', /a date is written/, 6],
    ['since:1-Nov-2026', /a date is written/, 6],
    ['since:2026-13', /a date is written/, 6],
    ['since:0999', /a date is written/, 6],
    ['since:mon', /a date is written/, 6],
    ['has:link', /has: knows attachment/, 4],
    ['in:"a\\"b"', /takes no quotation mark/, 3],
    ['newer:7', /an age is written/, 6],
    ['newer:d', /an age is written/, 6],
    ['newer:-7d', /an age is written/, 6],
    ['newer:1.5d', /an age is written/, 6],
    ['newer:7h', /an age is written/, 6],
    ['newer:100000d', /an age is written/, 6],
    ['newer:99999y', /an age is written/, 6],
    ['older:99999m', /an age is written/, 6],
    ['older:99999w', /an age is written/, 6],
    ['larger:1T', /a size is written/, 7],
    ['larger:-1', /a size is written/, 7],
    ['larger:1.5M', /a size is written/, 7],
    ['larger:0x10', /a size is written/, 7],
    ['larger:4294967296', /a size is written/, 7],
    ['larger:4G', /a size is written/, 7],
    ['larger:99999999999', /a size is written/, 7],
    ['uid:0', /uid: takes/, 4],
    ['uid:4294967296', /uid: takes/, 4],
    ['uid:1:0', /uid: takes/, 4],
    ['uid:99999999999999999999', /uid: takes/, 4],
    ['uid:1,', /uid: takes/, 4],
    ['uid:1:2:3', /uid: takes/, 4],
    ['uid:a', /uid: takes/, 4],
    ['uid:+1', /uid: takes/, 4],
    ['uid:"1 2"', /uid: takes/, 4],
    ['uid:"1 ALL"', /uid: takes/, 4],
    ['keyword:\\Seen', /a keyword is/, 8],
    ['keyword:"a b"', /a keyword is/, 8],
    ['keyword:a)', /closes nothing/, 9],
    ['keyword:{9}', /a keyword is/, 8],
    ['keyword:ä', /a keyword is/, 8],
    ['header:X', /header: is written/, 7],
    ['header:=x', /header: is written/, 7],
    ['header:"X Y=z"', /header: is written/, 7],
    ['header:X:Y=z', /header: is written/, 7],
    ['header:Ä=z', /header: is written/, 7],
  ])('%j: %s at %i', (query, sentence, column) => {
    const refused = refusal(query);
    expect(refused.sentence).toMatch(sentence);
    expect(refused.column).toBe(column);
  });

  it.each([
    ['x\r\nA9 LOGOUT', 2],
    ['x\nA9 LOGOUT', 2],
    ['x\rA9 LOGOUT', 2],
    ['\0', 1],
    ['from:"a\0b"', 8],
    ['\u001b[2J', 1],
    ['a\u007f', 2],
    ['a\u0008', 2],
  ])('%j holds a control character', (query, place) => {
    expect(refusal(query).sentence).toContain(`a control character (at ${place})`);
  });

  it('a tab in the query does not move the caret away', () => {
    expect(() => compileQuery('a\t)', noon)).toThrow('\n  a )\n    ^');
  });

  it('what is nested deeper than any server takes is refused, not a crash', () => {
    for (const deep of ['(', '-(', '-', 'not ', '(a or ', '(a ']) {
      expect(refusal(`${deep.repeat(20_000)}a`).sentence).toMatch(/nested/);
    }
    expect(imap(`${'('.repeat(20)}a${')'.repeat(20)}`)).toContain('TEXT "a"');
  });
});

describe('long queries', () => {
  it('one word of 1 MB is one operand', () => {
    const word = 'x'.repeat(1 << 20);
    expect(compileQuery(word, noon)).toEqual([{ atom: 'TEXT' }, { text: word }]);
    const quoted = '" ) OR ALL {9} '.repeat(1 << 16);
    expect(compileQuery(quote(quoted), noon)).toEqual([{ atom: 'TEXT' }, { text: quoted }]);
  });

  it('many alternatives are a shallow tree', () => {
    const words = Array.from({ length: 20_000 }, (_, index) => `w${index}`);
    const keys = compileQuery(words.join(' or '), noon);
    expect(depth(keys)).toBeLessThan(20);
    expect(texts(keys)).toEqual(words);
    expect(formatSearchKeys(keys).match(/\bOR\b/g)).toHaveLength(words.length - 1);
  });
});

describe('days are those of the place where the person is', () => {
  const zone = process.env['TZ'];
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  it.each([
    // now, as local parts: year, month, day, hour, minute
    ['newer:1d', [2026, 1, 1, 0, 0], 'SINCE 31-Dec-2025'],
    ['newer:1d', [2026, 12, 31, 23, 59], 'SINCE 30-Dec-2026'],
    ['newer:1d', [2024, 3, 1, 0, 0], 'SINCE 29-Feb-2024'],
    ['newer:1d', [2026, 3, 1, 12, 0], 'SINCE 28-Feb-2026'],
    ['newer:1d', [2100, 3, 1, 12, 0], 'SINCE 28-Feb-2100'],
    ['newer:1m', [2026, 3, 31, 12, 0], 'SINCE 28-Feb-2026'],
    ['newer:1m', [2024, 3, 31, 12, 0], 'SINCE 29-Feb-2024'],
    ['newer:1m', [2026, 1, 31, 12, 0], 'SINCE 31-Dec-2025'],
    ['newer:1m', [2026, 7, 31, 12, 0], 'SINCE 30-Jun-2026'],
    ['newer:13m', [2026, 3, 31, 12, 0], 'SINCE 28-Feb-2025'],
    ['newer:1y', [2024, 2, 29, 12, 0], 'SINCE 28-Feb-2023'],
    ['newer:4y', [2024, 2, 29, 12, 0], 'SINCE 29-Feb-2020'],
    ['older:366d', [2024, 12, 31, 0, 0], 'BEFORE 31-Dec-2023'],
    ['since:today', [2026, 12, 31, 23, 59], 'SINCE 31-Dec-2026'],
    ['since:today', [2027, 1, 1, 0, 0], 'SINCE 1-Jan-2027'],
    ['since:yesterday', [2027, 1, 1, 0, 0], 'SINCE 31-Dec-2026'],
    // clocks are changed in these nights, somewhere
    ['newer:1d', [2026, 3, 29, 3, 30], 'SINCE 28-Mar-2026'],
    ['newer:1d', [2026, 3, 30, 0, 10], 'SINCE 29-Mar-2026'],
    ['newer:7d', [2026, 10, 25, 23, 30], 'SINCE 18-Oct-2026'],
    ['newer:1d', [2026, 10, 26, 0, 10], 'SINCE 25-Oct-2026'],
    ['newer:30d', [2026, 11, 2, 0, 0], 'SINCE 3-Oct-2026'],
  ] as const)('%s on %j is %s everywhere', (query, [year, month, day, hour, minute], expected) => {
    for (const name of [
      ...['UTC', 'Europe/Berlin', 'America/New_York', 'America/Sao_Paulo', 'Asia/Kolkata'],
      ...['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Australia/Lord_Howe', 'Africa/Casablanca'],
    ]) {
      process.env['TZ'] = name;
      expect(`${name}: ${imap(query, new Date(year, month - 1, day, hour, minute))}`).toBe(
        `${name}: ${expected}`,
      );
    }
  });

  it('a date that is written out does not depend on the place', () => {
    for (const name of ['Pacific/Kiritimati', 'Pacific/Pago_Pago']) {
      process.env['TZ'] = name;
      expect(imap('on:2026-11-01')).toBe('ON 1-Nov-2026');
    }
  });
});

const atom =
  /^(ALL|OR|NOT|FROM|TO|CC|BCC|SUBJECT|BODY|TEXT|UNSEEN|SEEN|FLAGGED|UNFLAGGED|ANSWERED|UNANSWERED|DRAFT|DELETED|SINCE|BEFORE|ON|LARGER|SMALLER|UID|KEYWORD|HEADER|X-GM-RAW|X-GM-LABELS|\d{1,10}|\d{1,2}-[A-Z][a-z]{2}-\d{4}|[\d:,*]+|[A-Za-z0-9$_.-]+)$/;

function flat(keys: readonly SearchKey[]): readonly Leaf[] {
  return keys.flatMap((key) => {
    if ('raw' in key) throw new Error(`${key.raw} was not asked for`);
    return 'list' in key ? flat(key.list) : [key];
  });
}

/** A leaf of the keys, which the person has not written in IMAP. */
type Leaf = Extract<SearchKey, { atom: string } | { text: string }>;

function texts(keys: readonly SearchKey[]): string[] {
  return flat(keys).flatMap((key) => ('text' in key ? [key.text] : []));
}

function atoms(keys: readonly SearchKey[]): string[] {
  return flat(keys).flatMap((key) => ('atom' in key ? [key.atom] : []));
}

function depth(keys: readonly SearchKey[]): number {
  return keys.reduce(
    (most, key) => ('list' in key ? Math.max(most, 1 + depth(key.list)) : most),
    0,
  );
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

const piece = fc.constantFrom(
  ...[
    '"',
    '\\',
    '(',
    ')',
    '-',
    ' ',
    '\t',
    'or',
    'not',
    'a',
    ':',
    '=',
    '{9}',
    '*',
    ',',
    '1',
    '\r\n',
  ],
  ...['from:', 'is:', 'unread', 'since:', '2026-02-28', 'newer:', '7d', 'larger:', '20k', 'uid:'],
  ...['1:5', 'keyword:', 'work', 'header:', 'X=', 'list:', 'message-id:', 'é', '日', '\u{1f4e7}'],
  ...['\ud800', '\0', '\u2028', '\u0085', '\u00a0', '__proto__', 'constructor:'],
);
const typed = fc.oneof(
  fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
  fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(' ')),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
);
/** Whatever a person may search for: any text without a control character. */
const sought = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((pieces) => pieces.join('')),
  )
  .map((text) => text.replaceAll(/[\u0000-\u0008\u000a-\u001f\u007f]/g, ''));

describe('whatever is typed', () => {
  it('compiles, or is a usage failure', () => {
    fc.assert(
      fc.property(typed, fc.date({ noInvalidDate: true }), (query, now) => {
        try {
          compileQuery(query, now);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
          expect(error).toMatchObject({ kind: 'usage', exitCode: 64 });
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('has atoms of a fixed set only, and balanced parentheses', () => {
    fc.assert(
      fc.property(typed, (query) => {
        const keys = compiled(query);
        if (keys === null) return;
        for (const one of atoms(keys)) expect(one).toMatch(atom);
        const outside = formatSearchKeys(keys).replaceAll(/"(?:[^"\\]|\\.)*"/gs, '');
        expect(outside).not.toMatch(/["{}\\\r\n\0]/);
        let open = 0;
        for (const character of outside) {
          open += character === '(' ? 1 : character === ')' ? -1 : 0;
          expect(open).toBeGreaterThanOrEqual(0);
        }
        expect(open).toBe(0);
      }),
      { numRuns: 3000 },
    );
  });

  it('in quotes is one operand, exactly as it is', () => {
    fc.assert(
      fc.property(sought, (text) => {
        expect(compileQuery(quote(text), noon)).toEqual([{ atom: 'TEXT' }, { text }]);
      }),
    );
  });

  it.each([
    ['from:', ['FROM']],
    ['to:', ['TO']],
    ['cc:', ['CC']],
    ['bcc:', ['BCC']],
    ['subject:', ['SUBJECT']],
    ['body:', ['BODY']],
    ['text:', ['TEXT']],
    ['list:', ['HEADER', 'List-Id']],
    ['message-id:', ['HEADER', 'Message-ID']],
    ['header:X-Any=', ['HEADER', 'X-Any']],
  ])('in quotes after %s is one operand, exactly as it is', (field, [key = '', ...before]) => {
    fc.assert(
      fc.property(
        sought.filter((text) => text !== '' && !/[\n\r]/.test(text)),
        (text) => {
          expect(compileQuery(field + quote(text), noon)).toEqual([
            { atom: key },
            ...before.map((name) => ({ text: name })),
            { text },
          ]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('as a bare word is one operand, exactly as it is', () => {
    const bare = sought.filter(
      (text) =>
        /^[^\s()"\\-][^\s()"]*$/u.test(text) &&
        !/^[A-Za-z][A-Za-z-]*:/.test(text) &&
        !/^(or|not)$/i.test(text),
    );
    fc.assert(
      fc.property(bare, (text) => {
        expect(compileQuery(text, noon)).toEqual([{ atom: 'TEXT' }, { text }]);
      }),
    );
  });

  it('as a date is a day that exists, or refused', () => {
    const number = (max: number) => fc.integer({ min: 0, max });
    fc.assert(
      fc.property(number(9999), number(13), number(32), (year, month, day) => {
        const date = `${String(year).padStart(4, '0')}-${month}-${day}`;
        const keys = compiled(`on:${date}`);
        const [, d, m, y] = /^(\d+)-(\w+)-(\d{4})$/.exec(atoms(keys ?? [])[1] ?? '') ?? [];
        const real = new Date(2000, 0);
        real.setFullYear(year, month - 1, day);
        if (real.getMonth() !== month - 1 || real.getDate() !== day) expect(keys).toBe(null);
        if (keys === null) return;
        expect([Number(y), Number(d)]).toEqual([year, day]);
        expect(m).toBe(real.toLocaleString('en', { month: 'short' }));
      }),
    );
  });
});

/** A query as a tree, for a check of what the search keys mean. */
type Tree =
  | { readonly word: string }
  | { readonly not: Tree }
  | { readonly both: readonly Tree[] }
  | { readonly either: readonly Tree[] };

const words = ['a', 'b', 'c', 'd'];
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...words).map((word) => ({ word })),
    tie('tree').map((not) => ({ not })),
    fc.array(tie('tree'), { minLength: 1, maxLength: 4 }).map((both) => ({ both })),
    fc.array(tie('tree'), { minLength: 1, maxLength: 4 }).map((either) => ({ either })),
  ),
}));

function write(one: Tree): string {
  if ('word' in one) return one.word;
  if ('not' in one) return `-${'word' in one.not ? one.not.word : `(${write(one.not)})`}`;
  if ('both' in one) return one.both.map((part) => `(${write(part)})`).join(' ');
  // Words that stand beside each other belong together before "or" does.
  return one.either.map((part) => ('both' in part ? write(part) : `(${write(part)})`)).join(' or ');
}

function holds(one: Tree, present: ReadonlySet<string>): boolean {
  if ('word' in one) return present.has(one.word);
  if ('not' in one) return !holds(one.not, present);
  if ('both' in one) return one.both.every((part) => holds(part, present));
  return one.either.some((part) => holds(part, present));
}

/** What RFC 3501 §6.4.4 says of a list of keys. */
function found(keys: readonly SearchKey[], present: ReadonlySet<string>): boolean {
  const rest = [...keys];
  const next = (): boolean => {
    const key = rest.shift();
    if (key === undefined || 'text' in key || 'raw' in key) throw new Error('a key is missing');
    if ('list' in key) return found(key.list, present);
    if (key.atom === 'NOT') return !next();
    if (key.atom === 'OR') {
      const [left, right] = [next(), next()];
      return left || right;
    }
    const operand = rest.shift();
    if (key.atom !== 'TEXT' || operand === undefined || !('text' in operand)) {
      throw new Error(`${key.atom} was not asked for`);
    }
    return present.has(operand.text);
  };
  let all = true;
  while (rest.length > 0) all = next() && all;
  return all;
}

describe('what has:attachment leaves to be decided here', () => {
  const attachment = 'has:attachment';

  it('finds what the query says, wherever in it the word stands', () => {
    fc.assert(
      fc.property(tree, fc.subarray(words), fc.boolean(), (query, present, attached) => {
        const [word = ''] = words;
        const typed = write(query).replaceAll(new RegExp(`\\b${word}\\b`, 'g'), attachment);
        const others = present.filter((one) => one !== word);
        const plan = planSearch(parseQuery(typed, noon), { gmail: false });
        const keys =
          plan.kind === 'server' ? plan.keys : attached ? plan.attached : plan.unattached;
        const matches = keys !== null && (isAll(keys) || found(keys, new Set(others)));
        const truth = new Set(attached ? [...others, word] : others);
        expect(matches).toBe(holds(query, truth));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['has:attachment', 'ALL', null],
    ['-has:attachment', null, 'ALL'],
    ['has:attachment from:a', 'FROM "a"', null],
    ['has:attachment or from:a', 'ALL', 'FROM "a"'],
    ['(has:attachment from:a) or (-has:attachment to:b)', '(FROM "a")', '(TO "b")'],
    ['has:attachment -has:attachment', null, null],
    ['HAS:Attachment newer:1d', 'SINCE 14-Nov-2026', null],
  ])('%s: with %s, without %s', (query, attached, unattached) => {
    const plan = planSearch(parseQuery(query, noon), { gmail: false });
    const shown = (keys: readonly SearchKey[] | null) => keys && formatSearchKeys(keys);
    if (plan.kind === 'server') throw new Error('nothing is left to decide');
    expect(shown(plan.attached)).toBe(attached);
    expect(shown(plan.unattached)).toBe(unattached);
  });

  it('is Gmail’s own search where the server is Gmail', () => {
    const plan = planSearch(parseQuery('has:attachment from:a', noon), { gmail: true });
    if (plan.kind !== 'server') throw new Error('the server can do it');
    expect(formatSearchKeys(plan.keys)).toBe('X-GM-RAW "has:attachment" FROM "a"');
  });
});

function isAll([key, ...others]: readonly SearchKey[]): boolean {
  return others.length === 0 && key !== undefined && 'atom' in key && key.atom === 'ALL';
}

describe('what the search keys find', () => {
  it('is what the query says, however it is put together', () => {
    fc.assert(
      fc.property(tree, fc.subarray(words), (query, present) => {
        const keys = compileQuery(write(query), noon);
        expect(found(keys, new Set(present))).toBe(holds(query, new Set(present)));
      }),
      { numRuns: 1000 },
    );
  });
});

function compiled(query: string): readonly SearchKey[] | null {
  try {
    return compileQuery(query, noon);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
