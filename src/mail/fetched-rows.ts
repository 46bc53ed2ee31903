import type { FetchMessageObject, FetchQueryObject } from 'imapflow';
import { isUid, type UidSet } from '../uid-set.ts';
import type { Connection } from './connection.ts';

/** Many UIDs at once: no command line is longer than a server must take (RFC 7162 §4). */
export async function fetchRanges(
  connection: Connection,
  uids: UidSet,
  items: FetchQueryObject,
): Promise<FetchMessageObject[]> {
  const rows: FetchMessageObject[] = [];
  for (const [range] of uids.toString().matchAll(/\d.{0,7900}(?=,|$)/g)) {
    for (const row of await connection.fetchAll(range, items, { uid: true })) rows.push(row);
  }
  return rows;
}

/** Rows that are what was asked for: a UID a message can have, and each only once. */
export function validRows(rows: readonly FetchMessageObject[]): FetchMessageObject[] {
  const seen = new Set<number>();
  return rows.filter(({ uid }) => {
    if (!isUid(uid) || seen.has(uid)) return false;
    seen.add(uid);
    return true;
  });
}
