import type { UidSet } from '../uid-set.ts';

/** A set of UIDs as IMAP takes it, null for all of them. No command line is longer than a server must take (RFC 7162 §4). */
export function ranges(uids: UidSet | null): string[] {
  if (uids === null) return ['1:*'];
  return [...uids.toString().matchAll(/\d.{0,7900}(?=,|$)/g)].map(([range]) => range);
}
