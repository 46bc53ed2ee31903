import { UidSet } from '../uid-set.ts';
import type { Connection } from './connection.ts';
import { execute, tokenText } from './imapflow-internals.ts';
import { numbersOf } from './imapflow-search.ts';

/** UID SEARCH ALL, its answer as a set where the server can say it so (ESEARCH, RFC 4731). */
export async function allUids(connection: Connection): Promise<UidSet> {
  if (!connection.capabilities.has('ESEARCH')) {
    return UidSet.of(await connection.search([{ atom: 'ALL' }]));
  }
  return connection.run(async (client) => {
    let found = UidSet.empty;
    await execute(client, 'UID SEARCH', [{ type: 'TEXT', value: 'RETURN (ALL) ALL' }], {
      ESEARCH: ({ attributes = [] }) => {
        const at = attributes.findIndex((token) => tokenText(token).toUpperCase() === 'ALL');
        if (at < 0) return;
        const set = UidSet.parseLoosely(tokenText(attributes[at + 1]));
        if (set !== null) found = found.union(set);
      },
      // From a server that does not do what it offers.
      SEARCH: (answer) => {
        found = found.union(UidSet.of(numbersOf(answer)));
      },
    });
    return found;
  });
}
