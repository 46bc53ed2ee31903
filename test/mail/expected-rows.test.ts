import { describe, expect, it } from 'vitest';
import { ExpectedRows, maxJunkRows } from '../../src/mail/expected-rows.ts';
import type { FetchRow } from '../../src/mail/fetch-row.ts';
import { UidSet } from '../../src/uid-set.ts';

const row = (uid: number): FetchRow => ({
  uid,
  flags: null,
  internalDate: null,
  sizeBytes: null,
  modseq: null,
  emailId: null,
  threadId: null,
  labels: null,
  header: null,
  body: null,
});

/** What is handed on of rows with these UIDs; null is a row that could not be read. */
function taken(
  uids: readonly (number | null)[],
  asked: UidSet | null,
  { exists = 10, uidNext = 100, ordered = true } = {},
) {
  const given: number[] = [];
  let floods = 0;
  const rows = new ExpectedRows({
    uids: asked,
    exists,
    uidNext,
    ordered,
    onRow: ({ uid }) => {
      given.push(uid);
      return undefined;
    },
    onFlood: () => {
      floods += 1;
    },
  });
  for (const uid of uids) rows.take(uid === null ? null : row(uid));
  rows.end();
  return { given, floods, came: rows.came };
}

describe('the rows that answer a UID FETCH', () => {
  it('are those that were asked for, each once, in whatever order', () => {
    const { given, came } = taken([7, 5, null, 6, 5, 7], UidSet.of([5, 7]));
    expect({ given, came }).toEqual({ given: [7, 5], came: 2 });
  });

  it('of all messages ascend, each once, and end below UIDNEXT', () => {
    expect(taken([1, 2, 2, 5, null, 100, 7], null).given).toEqual([1, 2, 5, 7]);
  });

  it('of all messages end nowhere where UIDNEXT cannot be true', () => {
    expect(taken([1, 2, 100], null, { exists: 3, uidNext: 3 }).given).toEqual([1, 2, 100]);
  });

  it('are cut off when too many are none that were asked for', () => {
    const junk = Array.from({ length: maxJunkRows + 5 }, () => 9);
    expect(taken(junk, UidSet.of([5])).floods).toBe(1);
  });

  it('are cut off when the same one comes without end', () => {
    const again = Array.from({ length: 2 * maxJunkRows }, () => 9);
    expect(taken(again, null).floods).toBe(1);
    expect(taken(again, UidSet.of([9])).floods).toBe(1);
  });
});
