import type { FetchMessageObject } from 'imapflow';
import { UidSet } from '../uid-set.ts';
import type { Connection } from './connection.ts';
import { fetchRanges, validRows } from './fetched-rows.ts';
import { toSummary } from './from-imapflow.ts';
import { summarizeHeaders, summaryHeaders } from './header-summary.ts';
import type { MessageSummary } from './message.ts';

const items = { uid: true, flags: true, envelope: true, size: true, internalDate: true };

/** The newest `limit` messages of the open mailbox, newest first; the others are not asked for. */
export async function newest(connection: Connection, limit: number): Promise<MessageSummary[]> {
  const mailbox = connection.client.mailbox;
  const messages = mailbox === false ? 0 : mailbox.exists;
  if (messages === 0) return [];
  const range = `${Math.max(1, messages - limit + 1)}:${messages}`;
  const rows = await connection.fetchAll(range, items, { uid: false });
  return (await summarize(connection, rows)).sort((a, b) => b.uid - a.uid);
}

/** In the order of `uids`; those the server does not know are left out. */
export async function summaries(
  connection: Connection,
  uids: readonly number[],
): Promise<MessageSummary[]> {
  if (uids.length === 0) return [];
  const rows = await fetchRanges(connection, UidSet.of(uids), items);
  const all = await summarize(connection, rows);
  const known = new Map(all.map((summary) => [summary.uid, summary]));
  return uids.flatMap((uid) => known.get(uid) ?? []);
}

/**
 * Some servers give no ENVELOPE for a message they cannot read, or one in which letters are lost.
 * Then, and only then, its headers are asked for.
 */
async function summarize(
  connection: Connection,
  rows: readonly FetchMessageObject[],
): Promise<MessageSummary[]> {
  const all = validRows(rows).map((row) => ({ row, summary: toSummary(row) }));
  const doubtful = all.filter(({ row, summary }) => isDoubtful(row, summary));
  if (doubtful.length === 0) return all.map(({ summary }) => summary);
  const uids = UidSet.of(doubtful.map(({ summary }) => summary.uid));
  const headers = await fetchRanges(connection, uids, { uid: true, headers: summaryHeaders });
  const blocks = new Map(validRows(headers).map(({ uid, headers: block }) => [uid, block]));
  return all.map(({ row, summary }) => {
    const block: unknown = isDoubtful(row, summary) ? blocks.get(summary.uid) : undefined;
    if (!(block instanceof Uint8Array) || block.length === 0) return summary;
    const read = summarizeHeaders(block);
    return { ...summary, ...read, date: read.date ?? summary.date };
  });
}

function isDoubtful(
  { envelope }: FetchMessageObject,
  { from, to, cc, subject, messageId }: MessageSummary,
): boolean {
  if (envelope === undefined || (from.length === 0 && subject === null)) return true;
  const texts = [subject, messageId, ...[...from, ...to, ...cc].flatMap(Object.values)];
  return texts.some((text) => typeof text === 'string' && text.includes('\ufffd'));
}
