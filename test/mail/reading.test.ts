import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matches } from '../../src/mail/attachment.ts';
import { numberedParts, numberParts, type UnnumberedPart } from '../../src/mail/body-structure.ts';
import { decodeCharset } from '../../src/mail/charset.ts';
import { unflow } from '../../src/mail/flowed.ts';
import { parseHeaderLines } from '../../src/mail/header-lines.ts';
import { wrapLines } from '../../src/terminal/wrap.ts';

const node = (type: string, ...children: UnnumberedPart[]): UnnumberedPart => ({
  ...{ type, filename: null, sizeBytes: 1, encoding: '7bit', charset: null },
  ...{ flowed: false, delSp: false, disposition: null, contentId: null, start: null },
  ...{ heading: null, children },
});

test('parts have the numbers IMAP gives them (RFC 3501 §6.4.5)', () => {
  const numbers = (root: UnnumberedPart) =>
    numberedParts(numberParts(root)).map(({ part }) => part);
  expect(numbers(node('text/plain'))).toEqual(['1']);
  const message = node('message/rfc822', node('text/plain'));
  const letter = node(
    'message/rfc822',
    node('multipart/mixed', node('text/plain'), node('image/png')),
  );
  expect(
    numbers(
      node(
        'multipart/mixed',
        node('multipart/alternative', node('text/plain'), node('text/html')),
        message,
        letter,
      ),
    ),
  ).toEqual(['1.1', '1.2', '2', '2.1', '3', '3.1', '3.2']);
  expect(numbers(letter)).toEqual(['1', '1.1', '1.2']);
});

describe('format=flowed', () => {
  test.each([
    ['one \ntwo', false, 'one two'],
    ['one \ntwo', true, 'onetwo'],
    ['one\ntwo', false, 'one\ntwo'],
    ['> a \n> b\nc', false, '> a b\nc'],
    ['> a \n>> b', false, '> a \n>> b'],
    [' From x', false, 'From x'],
    ['text \n-- \nAda', false, 'text \n-- \nAda'],
    ['  two spaces', false, ' two spaces'],
    ['', false, ''],
    ['ends \n', false, 'ends '],
  ])('%j (delsp %j) is %j', (text, delSp, wanted) => {
    expect(unflow(text, { delSp })).toBe(wanted);
  });
});

test('text in no charset is UTF-8 where it can be, also where its end is cut off', () => {
  const bytes = Buffer.from('Grüße – 会');
  for (let cut = 0; cut < 3; cut += 1) {
    expect(decodeCharset(bytes.subarray(0, bytes.length - cut), null).text).toMatch(/^Grüße – /);
  }
  expect(decodeCharset(Buffer.from([0x63, 0x61, 0x66, 0xe9]), null).text).toBe('café');
});

test('no bytes in any charset are too much', () => {
  const names = ['utf-8', 'utf-7', 'iso-2022-jp', 'gb18030', 'hex', 'nothing', '', 'utf-16'];
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom(...names), (bytes, name) => {
      expect(typeof decodeCharset(bytes, name).text).toBe('string');
    }),
  );
});

test('headers are unfolded and decoded, each in its place', () => {
  const block = 'A: =?utf-8?Q?=C3=BC?=\r\n b\r\nbroken\r\nA: 2\r\n\r\nBody: no\r\n';
  expect(parseHeaderLines(Buffer.from(block))).toEqual([
    { name: 'A', value: 'ü b' },
    { name: '', value: 'broken' },
    { name: 'A', value: '2' },
  ]);
});

test('a pattern with stars fits as in a shell, in time that does not explode', () => {
  expect(matches('Report.PDF', '*.pdf')).toBe(true);
  expect(matches('report.pdf.exe', '*.pdf')).toBe(false);
  expect(matches('a1.txt', 'a?.txt')).toBe(true);
  expect(matches('Cafe\u0301', 'café')).toBe(true);
  expect(matches('', '*')).toBe(true);
  expect(matches('x'.repeat(10_000), '*x'.repeat(200).concat('y'))).toBe(false);
});

describe('long lines', () => {
  test.each([
    ['aaa bbb ccc', 7, 'aaa bbb\nccc'],
    ['> aaa bbb ccc', 9, '> aaa bbb\n> ccc'],
    [' • aaa bbb ccc', 10, ' • aaa bbb\n   ccc'],
    ['short', 3, 'short'],
    ['日本 日本 日本', 9, '日本 日本\n日本'],
  ])('%j in %i columns is %j', (text, width, wanted) => {
    expect(wrapLines(text, width)).toBe(wanted);
  });
});
