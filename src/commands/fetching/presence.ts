import { Failure } from '../../errors.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import type { UidSet } from '../../uid-set.ts';

/** Which messages an open mailbox has. */
export interface Presence {
  readonly uids: UidSet;
  /** How many more the server says it has, and does not name. */
  readonly unnamed: number;
}

/**
 * Every UID of the open mailbox. One answer may be short: a server that names fewer messages than
 * it says it has is looked at again, and asked what has come and gone meanwhile.
 * @throws Failure 'protocol' where it names none of them
 */
export async function everyUid(connection: FetchConnection, path: string): Promise<Presence> {
  let uids = await connection.uids();
  if (uids.size < connection.exists) {
    await connection.refresh();
    if (uids.size < connection.exists) uids = uids.union(await connection.uids());
  }
  if (uids.size === 0 && connection.exists > 0) {
    throw new Failure('protocol', `the server names none of the messages it has in ${path}`, {
      hint: 'run the same command again',
    });
  }
  return { uids, unnamed: Math.max(0, connection.exists - uids.size) };
}
