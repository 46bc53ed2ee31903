import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FetchRow } from '../../src/mail/fetch-row.ts';
import { RowReader } from '../../src/mail/row-reader.ts';

/** What comes out when the bytes come in these pieces. */
function read(bytes: Buffer, cuts: readonly number[] = [], maxLiteralBytes = 1 << 20) {
  const reader = new RowReader({ maxLiteralBytes });
  const rows: (FetchRow | null)[] = [];
  reader.onRow = (row) => {
    rows.push(row);
    return undefined;
  };
  const at = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  const rest = at.slice(1).map((end, index) => reader.take(bytes.subarray(at[index], end)));
  return { rows, rest: Buffer.concat(rest).toString('latin1') };
}

const text = (row: FetchRow | null | undefined) =>
  row?.body == null ? null : Buffer.concat(row.body).toString('latin1');

describe('the rows of a FETCH', () => {
  it('are taken out, whatever pieces they come in; all else goes on in its order', () => {
    const literal = (body: string) => `{${body.length}}\r\n${body}`;
    const row = fc.record({
      uid: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      body: fc.string({
        unit: fc.constantFrom('a', '\r\n', '* 1 FETCH (', '{3}', ')', '"', '\xff'),
      }),
    });
    const other = fc.constantFrom(
      '* 5 EXISTS\r\n',
      '* OK [UNSEEN 1] first\r\n',
      `* LIST () "/" ${literal('* 1 FETCH (UID 9)\r\n')}\r\n`,
      `* LIST () "/" ${literal('')} more ${literal('{4}')}\r\n`,
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(row, other), { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        (parts, cuts) => {
          const bytes = parts.map((part, index) =>
            typeof part === 'string'
              ? part
              : `* ${index + 1} FETCH (UID ${part.uid} FLAGS (\\Seen $x) BODY[] ${literal(part.body)})\r\n`,
          );
          const wire = Buffer.from(`${bytes.join('')}a1 OK done\r\n`, 'latin1');
          const result = read(
            wire,
            cuts.filter((cut) => cut < wire.length),
          );
          const rows = parts.filter((part) => typeof part !== 'string');
          expect(result.rows.map((one) => [one?.uid, text(one), one?.flags])).toEqual(
            rows.map(({ uid, body }) => [uid, body, ['\\Seen', '$x']]),
          );
          const others = parts.filter((part) => typeof part === 'string').join('');
          expect(result.rest).toBe(`${others}a1 OK done\r\n`);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['UID 4 BODY[] NIL', { uid: 4, body: null }],
    ['UID 4 RFC822.SIZE 12 BODY[] ""', { uid: 4, sizeBytes: 12 }],
    [
      'FLAGS () INTERNALDATE "17-Jul-2026 02:44:25 +0200" UID 4',
      { uid: 4, flags: [], internalDate: new Date('2026-07-17T00:44:25Z') },
    ],
    ['UID 4 INTERNALDATE "yesterday"', { uid: 4, internalDate: null }],
    ['uid 4 modseq (12345678901234567890)', { uid: 4, modseq: null }],
    ['UID 4 MODSEQ (1234567890123456789)', { uid: 4, modseq: '1234567890123456789' }],
    ['UID 4 EMAILID (M1) THREADID NIL', { uid: 4, emailId: 'M1', threadId: null }],
    [
      'UID 4 X-GM-MSGID 1278455344230334865 X-GM-LABELS (\\Inbox "a \\"b\\"" Muy&AOk-)',
      { uid: 4, emailId: '1278455344230334865', labels: ['\\Inbox', 'a "b"', 'Muyé'] },
    ],
    ['UID 4 X-NEW (a (b "c") NIL) RFC822.SIZE 5', { uid: 4, sizeBytes: 5 }],
    ['UID 4 RFC822.SIZE -5', { uid: 4, sizeBytes: null }],
    ['UID 4 BODY[HEADER] "ab"', { uid: 4, header: Buffer.from('ab') }],
  ])('%s', (items, expected) => {
    expect(read(Buffer.from(`* 1 FETCH (${items})\r\n`)).rows).toEqual([
      expect.objectContaining(expected),
    ]);
  });

  it.each([
    'FLAGS ()',
    'UID 0',
    'UID 4294967296',
    'UID 4 FLAGS (',
    'UID',
    'UID 4 FLAGS ((((((((((()))))))))))',
    'UID 4 BODY[] "open',
  ])('%s is no row', (items) => {
    expect(read(Buffer.from(`* 1 FETCH (${items})\r\n`)).rows).toEqual([null]);
  });

  it('of sizes beyond the limit are left to imapflow, with all that follows', () => {
    const wire =
      '* 1 FETCH (UID 1 BODY[] {1}\r\nx RFC822 {99999999}\r\nyyy\r\n* 2 FETCH (UID 2)\r\n';
    for (const cuts of [[], [3, 30, 50, 70]]) {
      expect(read(Buffer.from(wire), cuts, 1000)).toEqual({ rows: [], rest: wire });
    }
    const endless = `* 1 FETCH (${'x'.repeat(5 << 20)}`;
    expect(read(Buffer.from(endless), [1000]).rest).toBe(endless);
  });

  it('after the end of a command are no answer to it', () => {
    const wire = '* 1 FETCH (UID 1)\r\na1 OK done\r\n* 2 FETCH (UID 2)\r\n';
    const { rows, rest } = read(Buffer.from(wire));
    expect(rows).toHaveLength(1);
    expect(rest).toBe('a1 OK done\r\n* 2 FETCH (UID 2)\r\n');
  });

  it('before anybody wants them, and where one is cut by that, go on', () => {
    const reader = new RowReader({ maxLiteralBytes: 100 });
    expect(String(reader.take(Buffer.from('* 1 FETCH (UID 1)\r\n* 2 FE')))).toBe(
      '* 1 FETCH (UID 1)\r\n',
    );
    const uids: (number | undefined)[] = [];
    reader.onRow = (row) => {
      uids.push(row?.uid);
      return undefined;
    };
    expect(String(reader.take(Buffer.from('TCH (UID 2)\r\n')))).toBe('');
    expect(uids).toEqual([2]);
  });
});

describe('a command that was sent right behind another', () => {
  /** What reaches whom, when the bytes come in these pieces. */
  function readBehind(wire: string, cut: number) {
    const reader = new RowReader({ maxLiteralBytes: 1 << 20 });
    const told: string[] = [];
    reader.onRow = (row) => {
      told.push(`first ${row?.uid}`);
      return undefined;
    };
    reader.behind.push({
      tag: 'BEHIND',
      onRow: (row) => {
        told.push(`behind ${row?.uid}`);
        return undefined;
      },
      onEnd: (answer) => told.push(answer),
    });
    const bytes = Buffer.from(wire, 'latin1');
    const rest = [bytes.subarray(0, cut), bytes.subarray(cut)].map((piece) => reader.take(piece));
    return { told, rest: Buffer.concat(rest).toString('latin1'), behind: reader.behind };
  }

  it('has the rows after the end of the first; imapflow sees nothing of it', () => {
    const other = '* 2 EXISTS\r\n';
    const first = '* 1 FETCH (UID 1)\r\nA7 OK [READ-ONLY] open\r\n';
    const rows = '* 1 FETCH (UID 5 BODY[] {9}\r\nBEHIND OK)\r\n* 2 FETCH (UID 6)\r\n';
    const wire = `${other}${first}${rows}${other}BEHIND OK done\r\nA8 OK later\r\n`;
    for (let cut = 0; cut <= wire.length; cut += 1) {
      expect(readBehind(wire, cut)).toEqual({
        told: ['first 1', 'behind 5', 'behind 6', 'OK done'],
        rest: `${other}A7 OK [READ-ONLY] open\r\n${other}A8 OK later\r\n`,
        behind: [],
      });
    }
  });

  it('is answered for itself where the first one has failed', () => {
    expect(readBehind('A7 NO no such mailbox\r\nBEHIND BAD none is open\r\n', 5)).toEqual({
      told: ['BAD none is open'],
      rest: 'A7 NO no such mailbox\r\n',
      behind: [],
    });
  });
});
