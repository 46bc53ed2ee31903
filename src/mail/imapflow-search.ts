import type { ImapFlow } from 'imapflow';
import { Failure } from '../errors.ts';
import { isUid } from '../uid-set.ts';
import { type Argument, execute, type Untagged } from './imapflow-internals.ts';
import { maxMessages } from './ranges.ts';
import { hasUnicode, isAscii, type SearchKey } from './search-key.ts';

/**
 * imapflow's own search compiler turns dates into seconds where the server has WITHIN, so the same
 * query would mean different things on different servers. These send the keys as they are.
 */

/** UID SEARCH; the UIDs found, ascending, each once. */
export async function searchByKeys(
  client: ImapFlow,
  keys: readonly SearchKey[],
): Promise<number[]> {
  const answers: number[][] = [];
  let count = 0;
  await execute(client, 'UID SEARCH', [...charset(client, keys), ...keys.map(toAttribute)], {
    SEARCH: (answer) => {
      const uids = numbersOf(answer);
      count += uids.length;
      if (count <= maxMessages) answers.push(uids);
    },
  });
  if (count > maxMessages) {
    throw new Failure('protocol', 'the server finds more messages than a folder can hold', {
      hint: 'try again later',
    });
  }
  // Not a Set: of a million UIDs it would take more memory than everything else.
  const sorted = Uint32Array.from(answers.flat()).sort();
  return [...sorted.filter((uid, index) => uid !== sorted[index - 1])];
}

/** UID SEARCH RETURN (COUNT), on a server with ESEARCH (RFC 4731). */
export async function countByKeys(client: ImapFlow, keys: readonly SearchKey[]): Promise<number> {
  let count: number | null = null;
  const attributes = [...charset(client, keys), ...keys.map(toAttribute)];
  await execute(client, 'UID SEARCH', [atom('RETURN'), [atom('COUNT')], ...attributes], {
    ESEARCH: ({ attributes: values = [] }) => {
      const words = values.map(tokenText);
      const at = words.findIndex((word) => word.toUpperCase() === 'COUNT');
      if (at >= 0) count = Number(words[at + 1]);
    },
  });
  if (count === null || !Number.isSafeInteger(count)) throw new Error('no COUNT came');
  return count;
}

/** UID SORT (RFC 5256): the UIDs found, in the order of `criteria`, such as `REVERSE DATE`. */
export async function sortByKeys(
  client: ImapFlow,
  criteria: readonly string[],
  keys: readonly SearchKey[],
): Promise<number[]> {
  const found = new Set<number>();
  const attributes = [criteria.map(atom), atom('UTF-8'), ...keys.map(toAttribute)];
  await execute(client, 'UID SORT', attributes, {
    SORT: (answer) => {
      for (const uid of numbersOf(answer)) found.add(uid);
    },
  });
  return [...found];
}

/** The UIDs in an answer to SEARCH or SORT. */
export function numbersOf({ numbers, attributes = [] }: Untagged): number[] {
  const all = numbers ?? attributes.map((item) => Number(tokenText(item)));
  return all.filter(isUid);
}

/** The text of one token of an answer, '' where it has none. */
function tokenText(token: unknown): string {
  if (typeof token !== 'object' || token === null) return '';
  const value: unknown = Reflect.get(token, 'value');
  return value === undefined || value === null ? '' : String(value);
}

/** After ENABLE UTF8=ACCEPT a charset must not be named (RFC 9755 §3). */
function charset(client: ImapFlow, keys: readonly SearchKey[]): Argument[] {
  const named = hasUnicode(keys) && !client.enabled.has('UTF8=ACCEPT');
  return named ? [atom('CHARSET'), atom('UTF-8')] : [];
}

function atom(value: string): Argument {
  return { type: 'ATOM', value };
}

function sequence(value: string): Argument {
  return { type: 'SEQUENCE', value };
}

function toAttribute(key: SearchKey): Argument {
  // Of our words only a set of UIDs has a `*`; in an ATOM it would be quoted, which no set may be.
  if ('atom' in key) return key.atom.includes('*') ? sequence(key.atom) : atom(key.atom);
  if ('raw' in key) return { type: 'TEXT', value: key.raw };
  if ('list' in key) return key.list.map(toAttribute);
  // Beyond ASCII a quoted string is not allowed (RFC 3501 §4.3).
  return isAscii(key.text)
    ? { type: 'STRING', value: key.text }
    : { type: 'LITERAL', value: Buffer.from(key.text) };
}
