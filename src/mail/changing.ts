import { Failure } from '../errors.ts';
import type { UidSet } from '../uid-set.ts';
import type { Connection } from './connection.ts';
import type { FetchConnection } from './fetch-connection.ts';
import { type Argument, execute } from './imapflow-internals.ts';
import { checkPath } from './mailboxes.ts';
import { modifiedUtf7 } from './modified-utf7.ts';
import { ranges } from './ranges.ts';

type Changing = Pick<FetchConnection, 'markSeen' | 'moveTo' | 'expunge'>;

/**
 * What changes the mailbox that is open. Each names its messages by UID and touches no other: never
 * a plain EXPUNGE, which removes whatever anybody has marked.
 */
export function changing(connection: Connection): Changing {
  const { capabilities } = connection;

  const forEachRange = async (uids: UidSet, command: string, argument?: Argument) => {
    for (const range of ranges(uids)) {
      const args = [
        { type: 'SEQUENCE', value: range } as const,
        ...(argument === undefined ? [] : [argument]),
      ];
      await connection.run((client) => execute(client, command, args));
    }
  };
  const store = (uids: UidSet, flag: string) =>
    forEachRange(uids, 'UID STORE', { type: 'TEXT', value: `+FLAGS.SILENT (${flag})` });
  const expunge = async (uids: UidSet) => {
    await store(uids, '\\Deleted');
    await forEachRange(uids, 'UID EXPUNGE');
  };

  return {
    markSeen: (uids) => store(uids, '\\Seen'),
    async moveTo(uids, path) {
      checkPath(path);
      const able = capabilities.has('MOVE');
      if (!able && !capabilities.has('UIDPLUS')) throw cannot('move messages', 'MOVE', 'UIDPLUS');
      const target = { type: 'STRING', value: modifiedUtf7(path) } as const;
      await forEachRange(uids, able ? 'UID MOVE' : 'UID COPY', target).catch((error: unknown) => {
        throw notThere(error, path);
      });
      // Only when all of them are over there (RFC 6851 §3.3).
      if (!able) await expunge(uids);
    },
    async expunge(uids) {
      if (!capabilities.has('UIDPLUS')) throw cannot('delete messages', 'UIDPLUS');
      await expunge(uids);
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

function notThere(error: unknown, path: string): unknown {
  if (!(error instanceof Failure) || error.kind !== 'refused') return error;
  return new Failure('refused', `the messages are not moved to ${path}: ${error.message}`, {
    hint: 'mailctl folders lists the folders there are; the messages are stored here',
    cause: error,
  });
}
