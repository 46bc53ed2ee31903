import type { FetchConnection } from '../../mail/fetch-connection.ts';
import { UidSet } from '../../uid-set.ts';
import type { Download } from './download.ts';
import type { FetchRun } from './fetch-run.ts';
import type { MailboxPass } from './mailbox-pass.ts';
import { wantsAll } from './request.ts';

/** More than this that is named and does not come is not asked for one by one. */
export const maxUndescribed = 1000;

/**
 * Once more, each by itself: one bad message must not take its window with it. What the server
 * has deleted meanwhile was never missed; what it names only now was told under a wrong UID.
 */
export async function secondTry(
  { request }: FetchRun,
  connection: FetchConnection,
  pass: MailboxPass,
  download: Download,
): Promise<void> {
  const { again } = download;
  const { failed } = pass.storing;
  if (again.size === 0) return;
  const there = await connection.uids();
  if (wantsAll(request.selection) && !request.refetch) {
    const late = there.minus(pass.present).minus(pass.archive.state?.stored ?? UidSet.empty);
    pass.present = pass.present.intersection(there).union(late);
    if (late.size <= maxUndescribed) {
      for (const uid of late) again.set(uid, 'the server did not send it');
    }
  }
  for (const [uid, reason] of [...again]) {
    again.delete(uid);
    if (!there.has(uid)) continue;
    const sizeBytes = (await connection.sizes(UidSet.of([uid]))).get(uid);
    if (sizeBytes === undefined) failed.set(uid, reason);
    else await download.fetchWindow(connection, { uids: [uid], sizeBytes });
  }
  for (const [uid, reason] of again) failed.set(uid, reason);
}
