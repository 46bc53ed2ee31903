import { Failure } from '../errors.ts';
import type { UidSet } from '../uid-set.ts';
import type { Connection } from './connection.ts';
import type { FetchConnection } from './fetch-connection.ts';
import { execute } from './imapflow-internals.ts';
import { checkPath } from './mailboxes.ts';
import { ranges } from './ranges.ts';

type Changing = Pick<FetchConnection, 'markSeen' | 'moveTo' | 'expunge'>;

/**
 * What changes the mailbox that is open. Each names its messages by UID and touches no other: never
 * a plain EXPUNGE, which removes whatever anybody has marked.
 */
export function changing(connection: Connection): Changing {
  const { capabilities } = connection;

  const store = async (uids: UidSet, flag: string) => {
    for (const range of ranges(uids)) {
      const args = [
        { type: 'SEQUENCE', value: range },
        { type: 'TEXT', value: `+FLAGS.SILENT (${flag})` },
      ] as const;
      await connection.run((client) => execute(client, 'UID STORE', args));
    }
  };

  return {
    markSeen: (uids) => store(uids, '\\Seen'),
    async moveTo(uids, path) {
      checkPath(path);
      if (!capabilities.has('MOVE') && !capabilities.has('UIDPLUS')) {
        throw cannot('move messages', 'MOVE', 'UIDPLUS');
      }
      for (const range of ranges(uids)) {
        const moved = await connection.run((client) =>
          client.messageMove(range, path, { uid: true }),
        );
        // imapflow says so instead of throwing.
        if (moved === false) {
          throw new Failure('refused', `the server does not move messages to ${path}`, {
            hint: 'mailctl folders lists the folders there are',
          });
        }
      }
    },
    async expunge(uids) {
      if (!capabilities.has('UIDPLUS')) throw cannot('delete messages', 'UIDPLUS');
      await store(uids, '\\Deleted');
      for (const range of ranges(uids)) {
        const args = [{ type: 'SEQUENCE', value: range }] as const;
        await connection.run((client) => execute(client, 'UID EXPUNGE', args));
      }
    },
  };
}

function cannot(what: string, ...extensions: readonly string[]): Failure {
  return new Failure(
    'refused',
    `this server cannot ${what} one by one: it has no ${extensions.join(' or ')}`,
    { hint: 'they are stored here; nothing was changed there' },
  );
}
