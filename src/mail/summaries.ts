import { UidSet } from '../uid-set.ts';
import type { Connection } from './connection.ts';
import { fetchRanges, validRows } from './fetched-rows.ts';
import { toSummary } from './from-imapflow.ts';
import type { MessageSummary } from './message.ts';

const items = { uid: true, flags: true, envelope: true, size: true, internalDate: true };

/** The newest `limit` messages of the open mailbox, newest first; the others are not asked for. */
export async function newest(connection: Connection, limit: number): Promise<MessageSummary[]> {
  const mailbox = connection.client.mailbox;
  const messages = mailbox === false ? 0 : mailbox.exists;
  if (messages === 0) return [];
  const range = `${Math.max(1, messages - limit + 1)}:${messages}`;
  const rows = await connection.fetchAll(range, items, { uid: false });
  return validRows(rows)
    .map(toSummary)
    .sort((a, b) => b.uid - a.uid);
}

/** In the order of `uids`; those the server does not know are left out. */
export async function summaries(
  connection: Connection,
  uids: readonly number[],
): Promise<MessageSummary[]> {
  if (uids.length === 0) return [];
  const rows = await fetchRanges(connection, UidSet.of(uids), items);
  const known = new Map(validRows(rows).map((row) => [row.uid, toSummary(row)]));
  return uids.flatMap((uid) => known.get(uid) ?? []);
}
