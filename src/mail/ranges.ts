import type { UidSet } from '../uid-set.ts';

/** No mailbox has more; a server that says so would keep us busy for ever, and fill the memory. */
export const maxMessages = 1 << 21;

/** A set of UIDs as IMAP takes it, null for all of them. No command line is longer than a server must take (RFC 7162 §4). */
export function ranges(uids: UidSet | null): string[] {
  if (uids === null) return ['1:*'];
  return [...uids.toString().matchAll(/\d.{0,7900}(?=,|$)/g)].map(([range]) => range);
}
