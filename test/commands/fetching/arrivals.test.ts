import { describe, expect, it } from 'vitest';
import { emptyState, type MailboxCounts } from '../../../src/archive/sync-state.ts';
import { arrivals } from '../../../src/commands/fetching/presence.ts';

const state = (complete: MailboxCounts | null) => ({
  ...emptyState({ address: 'ada@example.org', mailbox: 'INBOX', uidValidity: 7 }),
  complete,
});
const counts = (messages: number | null, uidNext: number | null) => ({
  messages,
  uidNext,
  highestModseq: null,
});
const opened = (messages: number, uidNext: number | null) => ({
  path: 'INBOX',
  delimiter: '/',
  messages,
  uidValidity: 7,
  uidNext,
  highestModseq: null,
});

describe('what has arrived since all was stored', () => {
  it.each([
    ['one', counts(3, 4), opened(4, 5), '4'],
    ['several', counts(3, 10), opened(6, 13), '10:12'],
    ['the first', counts(0, 1), opened(2, 3), '1:2'],
    ['nothing', counts(3, 4), opened(3, 4), ''],
    ['one, and another is gone', counts(3, 4), opened(3, 5), null],
    ['one that is gone already', counts(3, 4), opened(3, 5), null],
    ['more than UIDs were given', counts(3, 4), opened(5, 5), null],
    ['nothing, and one is gone', counts(3, 4), opened(2, 4), null],
    ['something, where UIDNEXT went back', counts(3, 9), opened(4, 5), null],
    ['something, where UIDNEXT is not told', counts(3, 4), opened(4, null), null],
    ['something, where it was not told', counts(3, null), opened(4, 5), null],
    ['something, where not all was stored', null, opened(4, 5), null],
  ])('%s', (_, complete, now, expected) => {
    expect(arrivals(state(complete), now)?.toString() ?? null).toBe(expected);
  });
});
