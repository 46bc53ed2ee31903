import { dirname, isAbsolute, join, resolve } from 'node:path';
import { errorText, Failure } from '../errors.ts';
import { configDirectory, dataDirectory } from '../system/directories.ts';
import { readSmallFile } from '../system/files.ts';
import { isLoopback } from '../system/loopback.ts';
import type { System } from '../system/system.ts';
import type {
  Account,
  AuthorizationServer,
  ImapServer,
  KeySource,
  OAuthSettings,
  PassphraseSource,
  RedirectHost,
  StoreSettings,
  Timeouts,
} from './account.ts';
import { type AccountConfig, type Config, checkConfig, nearest } from './config-schema.ts';
import type { Provider } from './provider.ts';
import { findProvider, providers } from './providers.ts';
import { providerServer } from './tenant.ts';

const maxConfigBytes = 1 << 20;

const defaultTimeouts: Timeouts = { connect: 20, greeting: 15, auth: 30, command: 60, idle: 300 };

/** A config file that was read and checked. */
export interface LoadedConfig {
  readonly path: string;
  /** As it stands in the file, so that it can be edited without losing a comment. */
  readonly text: string;
  readonly config: Config;
}

/** `--config`, else `$MAILCTL_CONFIG`, else the platform's folder. An empty variable is unset. */
export function configPath(system: System, flag: string | undefined): string {
  return resolve(
    flag || system.env['MAILCTL_CONFIG'] || join(configDirectory(system), 'config.toml'),
  );
}

/** Read and check a config; null when there is no such file. @throws Failure 'config' */
export async function loadConfig(path: string): Promise<LoadedConfig | null> {
  const bytes = await readSmallFile(path, maxConfigBytes).catch((error: unknown) => {
    if (error instanceof Failure) throw error;
    throw new Failure('config', `cannot read the config ${path}: ${errorText(error)}`, {
      cause: error,
    });
  });
  if (bytes === null) return null;
  const text = decode(path, bytes);
  const checked = checkConfig(await parseToml(path, text));
  if ('problem' in checked) {
    throw new Failure('config', `${path}: ${checked.problem}`, {
      hint: `edit ${path}`,
    });
  }
  return { path, text, config: checked.config };
}

function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Failure('config', `${path} is not UTF-8`, { cause: error });
  }
}

async function parseToml(path: string, text: string): Promise<unknown> {
  // Large, and not needed for the help of a verb.
  const { parse } = await import('@decimalturn/toml-patch');
  try {
    return parse(text);
  } catch (error) {
    // "Error parsing TOML (2, 3):", the line, a caret, the reason.
    const [where, ...rest] = errorText(error).split('\n');
    const position = /\((\d+), (\d+)\)/.exec(where ?? '');
    const line = position === null ? '' : `, line ${position[1]}`;
    // What it quotes may be a secret somebody wrote without quotes.
    const reason = (rest.at(-1) ?? where ?? '').replaceAll(/ ?"[^"]*"/g, '');
    throw new Failure('config', `${path}${line}: ${reason}`, {
      hint: `edit ${path}`,
      cause: error,
    });
  }
}

/**
 * The account a command is about: the one named, else `default_account`, else the only one.
 * @throws Failure 'config' when there is none, 'usage' when it is not clear which.
 */
export function chooseAccount(
  loaded: LoadedConfig | null,
  path: string,
  name: string | undefined,
  system: System,
): Account {
  const accounts = loaded?.config.accounts ?? {};
  const names = Object.keys(accounts);
  if (names.length === 0) {
    const why = loaded === null ? `there is no config at ${path}` : `${path} holds no account`;
    throw new Failure('config', why, { hint: 'mailctl login you@example.org' });
  }
  const chosen =
    name ?? loaded?.config.default_account ?? (names.length === 1 ? names[0] : undefined);
  if (chosen === undefined) {
    throw new Failure('usage', `which account? There are ${names.join(', ')}`, {
      hint: `name one with --account ${names[0]}`,
    });
  }
  const entry = Object.hasOwn(accounts, chosen) ? accounts[chosen] : undefined;
  if (entry === undefined) {
    const near = nearest(chosen, names);
    throw new Failure('config', `there is no account ${chosen} in ${path}`, {
      hint: near === null ? `the accounts are ${names.join(', ')}` : `did you mean ${near}?`,
    });
  }
  return resolveAccount(chosen, entry, {
    path,
    system,
    timeouts: loaded?.config.timeouts,
  });
}

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
export function resolveAccount(
  name: string,
  entry: AccountConfig,
  { path, system, timeouts = {} }: Surroundings,
): Account {
  const where = `${path}: accounts.${name}`;
  const provider = entry.provider === undefined ? null : knownProvider(entry.provider, where);
  const file = (value: string) => absolute(value, dirname(path), system.homeDirectory);
  return {
    name,
    address: entry.address,
    mailbox: entry.mailbox ?? entry.address,
    provider: provider?.id ?? null,
    oauth: resolveOAuth(entry, provider, where),
    imap: resolveImap(entry, provider, where, file),
    store: resolveStore(entry, where, file, system.env),
    archive: entry.archive === undefined ? join(dataDirectory(system), name) : file(entry.archive),
    timeouts: { ...defaultTimeouts, ...definedOnly(timeouts) },
  };
}

function knownProvider(id: string, where: string): Provider {
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

function resolveOAuth(
  entry: AccountConfig,
  provider: Provider | null,
  where: string,
): OAuthSettings | null {
  const { oauth = {} } = entry;
  const server = resolveServer(oauth, provider, where);
  if (entry.client_id === undefined || server === null) return null;
  return {
    clientId: entry.client_id,
    clientSecret: entry.client_secret ?? null,
    server,
    scopes: oauth.scopes ??
      provider?.oauth?.scopes.map(({ name }) => name) ?? ['openid', 'email', 'offline_access'],
    redirectHost: oauth.redirect_host ?? redirectHost(provider),
    authorizationParameters: provider?.oauth?.authorizationParameters ?? {},
  };
}

function redirectHost(provider: Provider | null): RedirectHost {
  const redirect = provider?.oauth?.redirect;
  return redirect?.kind === 'loopback' ? redirect.host : '127.0.0.1';
}

function resolveServer(
  oauth: NonNullable<AccountConfig['oauth']>,
  provider: Provider | null,
  where: string,
): AuthorizationServer | null {
  const { issuer, tenant, authorization_endpoint, token_endpoint } = oauth;
  if (authorization_endpoint === undefined && token_endpoint === undefined) {
    if (issuer !== undefined) return { kind: 'discovered', issuer };
    return provider === null ? null : providerServer(provider, tenant, where);
  }
  if (authorization_endpoint === undefined || token_endpoint === undefined) {
    const missing = token_endpoint === undefined ? 'token_endpoint' : 'authorization_endpoint';
    throw new Failure('config', `${where}.oauth.${missing} is missing`, {
      hint: 'give both endpoints, or the issuer alone to have them discovered',
    });
  }
  return {
    kind: 'given',
    issuer: issuer ?? new URL(token_endpoint).origin,
    authorizationEndpoint: authorization_endpoint,
    tokenEndpoint: token_endpoint,
    revocationEndpoint: oauth.revocation_endpoint ?? null,
    deviceAuthorizationEndpoint: oauth.device_authorization_endpoint ?? null,
  };
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
    caFile: imap.ca_file === undefined ? null : file(imap.ca_file),
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
