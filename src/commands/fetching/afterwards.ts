import type { FetchConnection } from '../../mail/fetch-connection.ts';
import type { MailboxPass } from './mailbox-pass.ts';
import { changesServer } from './request.ts';
import type { FetchRun } from './run.ts';

/** Change on the server what was asked for, of messages that are stored, synced and remembered. */
export async function applyAfterwards(
  { request, account, app }: FetchRun,
  connection: FetchConnection,
  pass: MailboxPass,
): Promise<void> {
  const { afterwards } = request;
  if (!changesServer(afterwards)) return;
  const uids = pass.stored;
  if (uids.size === 0) return;
  const done = async (action: 'mark-seen' | 'move' | 'delete', told: string) => {
    const folder = pass.status.path;
    const messages = uids.size;
    const row = { type: 'changed', account: account.name, folder, action, messages } as const;
    const text = `${folder}: ${messages} ${told}`;
    await app.output.row(row, app.output.format === 'table' ? text : null);
  };
  if (afterwards.markSeen) {
    await connection.markSeen(uids);
    await done('mark-seen', 'marked as seen');
  }
  if (afterwards.moveTo !== null) {
    await connection.moveTo(uids, afterwards.moveTo);
    await done('move', 'moved');
  }
  if (afterwards.delete) {
    await connection.expunge(uids);
    await done('delete', 'deleted');
  }
}
