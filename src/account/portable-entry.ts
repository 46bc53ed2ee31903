import type { AccountConfig } from './config-schema.ts';
import { withoutUndefined } from './without-undefined.ts';

type Server = NonNullable<AccountConfig['oauth']> | NonNullable<AccountConfig['imap']>;

/**
 * What describes an account on any machine. What is not named here neither leaves a machine nor is
 * taken from another: a login may come from a stranger, and must not bring commands to run, files
 * to read, folders to write, or a proxy to go through.
 */
export function portableEntry(entry: AccountConfig): AccountConfig {
  const { address, mailbox, provider, login, client_id, oauth, imap } = entry;
  return {
    address,
    ...withoutUndefined({ mailbox, provider, login, client_id }),
    ...(oauth === undefined ? {} : { oauth: keysOf(oauth, (key) => !isFile(key)) }),
    ...(imap === undefined ? {} : { imap: keysOf(imap, (key) => !isFile(key)) }),
  };
}

/**
 * An account that came from another machine, with what this one has its own way with. Client
 * secrets of this machine are none of that: they would go to the server that came along.
 */
export function atThisMachine(
  entry: AccountConfig,
  known: AccountConfig | undefined,
): AccountConfig {
  const oauth = { ...keysOf(known?.oauth ?? {}, isFile), ...entry.oauth };
  const imap = { ...keysOf(known?.imap ?? {}, isFile), ...entry.imap };
  return {
    ...(known === undefined ? {} : keysOf(known, (key) => ownKeys.has(key))),
    ...entry,
    ...(Object.keys(oauth).length > 0 ? { oauth } : {}),
    ...(Object.keys(imap).length > 0 ? { imap } : {}),
  };
}

const ownKeys: ReadonlySet<string> = new Set<keyof AccountConfig>([
  ...(['archive', 'proxy', 'store', 'store_read', 'store_write', 'store_delete'] as const),
  ...(['key_file', 'key_credential', 'key_command'] as const),
  ...(['passphrase', 'passphrase_env', 'passphrase_fd'] as const),
]);

const isFile = (key: string) => key.endsWith('_file');

function keysOf<T extends AccountConfig | Server>(
  table: T,
  wanted: (key: string) => boolean,
): Partial<T>;
function keysOf(table: object, wanted: (key: string) => boolean): object {
  return Object.fromEntries(Object.entries(table).filter(([key]) => wanted(key)));
}
