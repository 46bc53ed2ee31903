import type { ImapFlow } from 'imapflow';
import type { SearchKey } from './search-key.ts';

/**
 * imapflow's own search compiler turns dates into seconds where the server has WITHIN, so the same
 * query would mean different things on different servers. This sends the keys as they are, by
 * imapflow's internal `exec`; everything private of it is in this file.
 */
interface Token {
  readonly type: 'ATOM' | 'STRING' | 'LITERAL';
  readonly value: string | Buffer;
}
type Attribute = Token | readonly Attribute[];

interface Untagged {
  readonly numbers?: readonly number[];
  readonly attributes?: readonly { readonly value?: unknown }[];
}

type Exec = (
  command: string,
  attributes: readonly Attribute[],
  options: { untagged: Record<string, (untagged: Untagged) => Promise<void>> },
) => Promise<{ next(): void }>;

/** UID SEARCH; the UIDs found, ascending, each once. */
export async function searchByKeys(
  client: ImapFlow,
  keys: readonly SearchKey[],
): Promise<number[]> {
  const exec: unknown = Reflect.get(client, 'exec');
  if (!isExec(exec)) throw new Error('this imapflow has no exec');
  const attributes = keys.map(toAttribute);
  // After ENABLE UTF8=ACCEPT a charset must not be named (RFC 9755 §3).
  const named = hasLiteral(attributes) && !client.enabled.has('UTF8=ACCEPT');
  const charset: Attribute[] = named ? [atom('CHARSET'), atom('UTF-8')] : [];
  const found = new Set<number>();
  const response = await exec.call(client, 'UID SEARCH', [...charset, ...attributes], {
    untagged: {
      SEARCH: async ({ numbers, attributes: values }) => {
        for (const uid of numbers ?? (values ?? []).map(({ value }) => Number(value))) {
          if (Number.isInteger(uid) && uid >= 1 && uid < 2 ** 32) found.add(uid);
        }
      },
    },
  });
  response.next(); // or every later command waits for ever
  return [...found].sort((a, b) => a - b);
}

function isExec(value: unknown): value is Exec {
  return typeof value === 'function';
}

function atom(value: string): Token {
  return { type: 'ATOM', value };
}

function toAttribute(key: SearchKey): Attribute {
  if ('atom' in key) return atom(key.atom);
  if ('list' in key) return key.list.map(toAttribute);
  // Beyond ASCII a quoted string is not allowed (RFC 3501 §4.3).
  return /^[\x20-\x7e]*$/.test(key.text)
    ? { type: 'STRING', value: key.text }
    : { type: 'LITERAL', value: Buffer.from(key.text) };
}

function hasLiteral(attributes: readonly Attribute[]): boolean {
  return attributes.some((attribute) =>
    'type' in attribute ? attribute.type === 'LITERAL' : hasLiteral(attribute),
  );
}
