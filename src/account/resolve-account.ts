import { dirname, isAbsolute, join, resolve } from 'node:path';
import { Failure } from '../errors.ts';
import { dataDirectory } from '../system/directories.ts';
import { plainFingerprint } from '../system/fingerprint.ts';
import { isLoopback } from '../system/loopback.ts';
import type { System } from '../system/system.ts';
import type { TlsSettings } from '../system/tls.ts';
import type {
  Account,
  ImapServer,
  KeySource,
  PassphraseSource,
  StoreSettings,
  Timeouts,
} from './account.ts';
import type { AccountConfig, Config } from './config-schema.ts';
import type { Provider } from './provider.ts';
import { usualImap } from './providers/usual.ts';
import { resolveLogin } from './resolve-login.ts';

const defaultTimeouts: Timeouts = { connect: 20, greeting: 15, auth: 30, command: 60, idle: 300 };

interface Surroundings {
  readonly path: string;
  readonly system: System;
  /** As the config has them; what it leaves out is filled up. */
  readonly timeouts: Config['timeouts'];
}

/**
 * The account a config table describes, filled up from its provider.
 * @throws Failure 'config' naming what is missing.
 */
export async function resolveAccount(
  name: string,
  entry: AccountConfig,
  { path, system, timeouts = {} }: Surroundings,
): Promise<Account> {
  const where = `${path}: accounts.${name}`;
  const provider = entry.provider === undefined ? null : await knownProvider(entry.provider, where);
  const file = (value: string) => absolute(value, dirname(path), system.homeDirectory);
  return {
    name,
    address: entry.address,
    mailbox: entry.mailbox ?? entry.address,
    imapUser: entry.imap?.user ?? imapUser(entry.mailbox ?? entry.address, provider),
    provider: provider?.id ?? null,
    login: resolveLogin(entry, provider, { where, file }),
    imap: resolveImap(entry, provider, where, file),
    loginTls: resolveTls(entry.oauth ?? {}, `${where}.oauth`, file),
    proxy: entry.proxy ?? null,
    store: resolveStore(entry, where, file, system.env),
    readOnly: entry.read_only === true,
    connections: entry.imap?.connections ?? null,
    connectionLimit: provider?.imap.connections ?? null,
    archive: entry.archive === undefined ? join(dataDirectory(system), name) : file(entry.archive),
    timeouts: { ...defaultTimeouts, ...definedOnly(timeouts) },
  };
}

/** Some servers know a mailbox by what stands before the @. */
function imapUser(mailbox: string, provider: Provider | null): string {
  return provider?.imap.user === 'local-part'
    ? mailbox.slice(0, mailbox.lastIndexOf('@'))
    : mailbox;
}

/** The table of providers is large, and an account with a server of its own needs none of it. */
async function knownProvider(id: string, where: string): Promise<Provider> {
  const { findProvider, providers } = await import('./providers.ts');
  const provider = findProvider(id);
  if (provider !== null) return provider;
  throw new Failure('config', `${where}.provider: ${id} is not known`, {
    hint: `known are ${providers.map((known) => known.id).join(', ')}`,
  });
}

function resolveStore(
  entry: AccountConfig,
  where: string,
  file: (value: string) => string,
  env: System['env'],
): StoreSettings {
  const kind = entry.store ?? 'keychain';
  if (kind === 'keychain') return { kind };
  if (kind === 'file') return { kind, key: resolveKey(entry, where, file, env) };
  const { store_read: read, store_write: write } = entry;
  if (read !== undefined && write !== undefined) {
    return { kind, commands: { read, write, delete: entry.store_delete ?? null } };
  }
  throw new Failure('config', `${where}: the store "command" needs store_read and store_write`, {
    hint: 'for instance store_read = ["pass", "show", "mailctl"], store_write = ["pass", "insert", "-m", "-f", "mailctl"]',
  });
}

function resolveKey(
  entry: AccountConfig,
  where: string,
  file: (value: string) => string,
  env: System['env'],
): KeySource | null {
  const { key_file, key_credential, key_command, passphrase, passphrase_env, passphrase_fd } =
    entry;
  const sources: KeySource[] = [];
  if (key_file !== undefined) sources.push({ kind: 'file', path: file(key_file) });
  if (key_credential !== undefined) sources.push({ kind: 'credential', name: key_credential });
  if (key_command !== undefined) sources.push({ kind: 'command', command: key_command });
  const from: PassphraseSource[] = [];
  if (passphrase !== undefined) from.push({ kind: 'ask' });
  if (passphrase_env !== undefined) from.push({ kind: 'env', name: passphrase_env });
  if (passphrase_fd !== undefined) from.push({ kind: 'fd', fd: passphrase_fd });
  sources.push(...from.map((one) => ({ kind: 'passphrase', from: one }) as const));
  if (sources.length > 1) {
    throw new Failure('config', `${where} names more than one key for its store`, {
      hint: 'keep one of key_file, key_credential, key_command and passphrase…',
    });
  }
  const fromEnvironment = env['MAILCTL_KEY_FILE'];
  if (sources[0] !== undefined) return sources[0];
  return fromEnvironment ? { kind: 'file', path: resolve(fromEnvironment) } : null;
}

function resolveImap(
  { imap = {} }: AccountConfig,
  provider: Provider | null,
  where: string,
  file: (value: string) => string,
): ImapServer {
  const host = imap.host ?? provider?.imap.host ?? null;
  if (host === null) {
    throw new Failure('config', `${where}.imap.host is missing`, {
      hint: 'name the IMAP server, for instance host = "imap.example.org"',
    });
  }
  const security = imap.security ?? provider?.imap.security ?? 'tls';
  const habits = provider?.imap ?? usualImap;
  if (security === 'none' && !isLoopback(host)) {
    throw new Failure(
      'config',
      `${where}.imap.security: "none" is for this machine only, not ${host}`,
      {
        hint: 'use security = "tls" (or "starttls")',
      },
    );
  }
  return {
    host,
    port: imap.port ?? provider?.imap.port ?? (security === 'tls' ? 993 : 143),
    security,
    mechanisms: imap.mechanism === undefined ? habits.mechanisms : [imap.mechanism],
    initialResponse: habits.initialResponse,
    ...resolveTls(imap, `${where}.imap`, file),
  };
}

/** What the tables of mail and login servers say of TLS, in the same words. */
type TlsTable = Pick<
  NonNullable<AccountConfig['imap']>,
  'ca_file' | 'client_cert_file' | 'client_key_file' | 'tls_fingerprint'
>;

function resolveTls(table: TlsTable, where: string, file: (value: string) => string): TlsSettings {
  const { ca_file, client_cert_file, client_key_file, tls_fingerprint } = table;
  if ((client_cert_file === undefined) !== (client_key_file === undefined)) {
    const missing = client_key_file === undefined ? 'client_key_file' : 'client_cert_file';
    throw new Failure('config', `${where}.${missing} is missing`, {
      hint: 'a client certificate needs client_cert_file and client_key_file',
    });
  }
  return {
    caFile: ca_file === undefined ? null : file(ca_file),
    clientCertificate:
      client_cert_file === undefined || client_key_file === undefined
        ? null
        : { certFile: file(client_cert_file), keyFile: file(client_key_file) },
    fingerprint: tls_fingerprint === undefined ? null : plainFingerprint(tls_fingerprint),
  };
}

/** `~/` is the home folder; what is relative is so to the config's own folder. */
function absolute(value: string, base: string, home: string): string {
  if (value === '~') return home;
  if (value.startsWith('~/')) return join(home, value.slice(2));
  return isAbsolute(value) ? value : resolve(base, value);
}

/** Without the keys whose value is undefined, which would hide a default below them. */
function definedOnly(values: Config['timeouts'] & object): Partial<Timeouts> {
  const entries = Object.entries(values).filter((entry) => entry[1] !== undefined);
  return Object.fromEntries(entries);
}
