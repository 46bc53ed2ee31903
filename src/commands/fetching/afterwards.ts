import { stillHere } from '../../archive/still-here.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import type { UidSet } from '../../uid-set.ts';
import type { FetchRun } from './fetch-run.ts';
import type { MailboxPass } from './mailbox-pass.ts';
import { changesServer, isSameFolder } from './request.ts';

/** Change on the server what was asked for, of messages that are stored, synced and remembered. */
export async function applyAfterwards(
  { request, account, app }: FetchRun,
  connection: FetchConnection,
  pass: MailboxPass,
): Promise<void> {
  const { markSeen, moveTo, delete: remove } = request.afterwards;
  if (!changesServer(request.afterwards)) return;
  const folder = pass.status.path;
  const done = async (action: 'mark-seen' | 'move' | 'delete', uids: UidSet, told: string) => {
    const messages = uids.size;
    const row = { type: 'changed', account: account.name, folder, action, messages } as const;
    const text = `${folder}: ${messages} ${told}`;
    await app.output.row(row, app.output.format === 'table' ? text : null);
  };
  const { stored } = pass;
  if (markSeen && stored.size > 0) {
    await connection.markSeen(stored);
    await done('mark-seen', stored, 'marked as seen');
  }
  if (moveTo === null && !remove) return;
  // One of several folders may be the one the others' messages are moved to.
  if (moveTo !== null && isSameFolder(moveTo, folder)) return;
  // It may be the only copy: being remembered is not enough.
  const here = await stillHere(pass.archive, stored);
  if (here.size < stored.size) {
    app.tell(
      `mailctl: ${folder}: ${stored.size - here.size} messages are not in the archive any more; they stay on the server`,
    );
  }
  if (here.size === 0) return;
  if (moveTo !== null) {
    await connection.moveTo(here, moveTo);
    await done('move', here, 'moved');
  } else {
    await connection.expunge(here);
    await done('delete', here, 'deleted');
  }
}
