import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddresses, summarizeHeaders } from '../../src/mail/header-summary.ts';

const read = (...lines: (string | Buffer)[]) =>
  summarizeHeaders(
    Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\r\n')])),
  );

describe('headers in place of an ENVELOPE', () => {
  it('are read as they should be', () => {
    expect(
      read(
        'Date: Tue, 24 Nov 2026 10:00:00 +0100',
        'From: "Holloway, Grace" <grace@example.com>',
        'To: club: Bea <bea@example.net>, ada@example.org;, =?utf-8?Q?J=C3=BCrgen?= <j@example.de>',
        'Subject: =?utf-8?Q?Gr=C3=B6=C3=9Fen?=',
        ' and more',
        'Message-ID: <1@example.com>',
        '',
      ),
    ).toEqual({
      messageId: '<1@example.com>',
      date: new Date('2026-11-24T09:00:00Z'),
      from: [{ name: 'Holloway, Grace', address: 'grace@example.com' }],
      to: [
        { name: 'Bea', address: 'bea@example.net' },
        { name: null, address: 'ada@example.org' },
        { name: 'Jürgen', address: 'j@example.de' },
      ],
      cc: [],
      subject: 'Größen and more',
    });
  });

  it('in 8-bit letters without a charset are UTF-8, else windows-1252, each by itself', () => {
    const { from, subject } = read(
      Buffer.from('From: Jürgen <j@example.de>', 'latin1'),
      'Subject: Größen 日本',
    );
    expect(from).toEqual([{ name: 'Jürgen', address: 'j@example.de' }]);
    expect(subject).toBe('Größen 日本');
  });

  it('that are missing or broken are not there', () => {
    const nothing = { messageId: null, date: null, from: [], to: [], cc: [], subject: null };
    expect(read('')).toEqual(nothing);
    expect(read('no header', ': nameless', 'Date: yesterday', 'From:', 'Message-ID: x')).toEqual(
      nothing,
    );
    expect(read('Subject: one', 'Subject: two').subject).toBe('one');
    expect(read('Subject: =?nosuch?Q?=FF?= =?utf-8?B?!!?=').subject).toEqual(expect.any(String));
  });

  it.each([
    ['a@b', [[null, 'a@b']]],
    ['<a@b>', [[null, 'a@b']]],
    ['A <a@b>', [['A', 'a@b']]],
    ['"A \\"the\\" B" <a@b>', [['A "the" B', 'a@b']]],
    ['a@b (A, the B)', [[null, 'a@b']]],
    [
      'A (not, this) <a@b>, c@d',
      [
        ['A', 'a@b'],
        [null, 'c@d'],
      ],
    ],
    ['A <a@b', [['A <a@b', 'A<a@b']]],
    ['"open <a@b>, c@d', [['"open', 'a@b>,c@d']]],
    ['just a name', [['just a name', null]]],
    ['undisclosed-recipients:;', []],
    [
      'g: a@b, c@d;, e@f',
      [
        [null, 'a@b'],
        [null, 'c@d'],
        [null, 'e@f'],
      ],
    ],
    ['=?utf-8?B?5pel5pys?= <a@b>', [['日本', 'a@b']]],
    [',,;', []],
    ['A <>', [['A', null]]],
  ])('%s', (header, people) => {
    const known = parseAddresses(header).map(({ name, address }) => [name, address]);
    // What is not well formed is only to be shown, somehow.
    if (/^[^"]*<[^>]*$|^"[^"]*$/.test(header)) expect(known).toHaveLength(1);
    else expect(known).toEqual(people);
  });

  it('never fail, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        summarizeHeaders(Buffer.concat([Buffer.from('From: '), bytes]));
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseAddresses(text)));
  });
});
