import type { FetchConnection } from '../../mail/fetch-connection.ts';
import { UidSet } from '../../uid-set.ts';
import type { FetchRun } from './fetch-run.ts';
import type { MailboxPass } from './mailbox-pass.ts';
import { everyUid } from './presence.ts';

/**
 * What is stored and no longer on the server; null where that is in doubt, and nothing may be put
 * away. Neither a row that is missing nor a VANISHED proves anything by itself: the messages must
 * add up to as many as the server says there are, and it must deny these when it is asked for them.
 * A mod-sequence that went back is that of a server that was restored, or of a copy that is behind:
 * it may not know them yet.
 */
export async function surelyGone(
  run: FetchRun,
  connection: FetchConnection,
  pass: MailboxPass,
): Promise<UidSet | null> {
  const { state } = pass.archive;
  if (state === null || pass.opened === null) return null;
  const absent = pass.archive.kept.minus(pass.present);
  if (absent.size === 0) return UidSet.empty;
  const doubt = (why: string) => {
    run.app.tell(`mailctl: ${pass.status.path}: ${why}; nothing is put away`);
    return null;
  };
  if (pass.wentBack) return doubt('the server has gone back to an earlier state');
  // As many as there are: that was found out when the changes were read.
  if (pass.followed !== null && (await connection.existing(absent)).size === 0) return absent;
  const { uids } = await everyUid(connection, pass.status.path);
  // What was not known of is fetched by the next run.
  pass.present = pass.present.union(uids);
  if (uids.size !== connection.exists) {
    return doubt(`the server says it has ${connection.exists} messages and names ${uids.size}`);
  }
  const left = absent.minus(uids);
  const denied = left.minus(left.size === 0 ? left : await connection.existing(left));
  return denied.size === left.size ? left : doubt('the server names messages only sometimes');
}
