import { isIPv6 } from 'node:net';
import * as v from 'valibot';
import { plainFingerprint } from '../system/fingerprint.ts';
import { isLoopback } from '../system/loopback.ts';
import { parseProxy } from '../system/proxy.ts';
import { nearest } from './nearest.ts';

/** The shape of config.toml; README.md and this file say the same. */
const text = v.pipe(
  v.string('must be a text in quotes'),
  v.nonEmpty('must not be empty'),
  v.check((value) => !/[\u0000-\u001f\u007f]/.test(value), 'must not hold control characters'),
);

const address = v.pipe(
  text,
  v.regex(/^[^\s@]+@[^\s@]+$/, 'must be a mail address such as ada@example.org'),
);

const host = v.pipe(
  text,
  v.maxLength(253, 'is too long for a host name'),
  v.check(isHost, 'must be a host name, without scheme, port or brackets'),
);

/** Also with letters of other scripts; IPv6 without brackets. */
export function isHost(value: string): boolean {
  // Letters of every script are a class that takes a millisecond to build; most names have none.
  if (/^(?!-)[\w-]+(\.[\w-]+)*\.?$/.test(value)) return true;
  const name = /^(?!-)[\p{L}\p{M}\p{N}_-]+(\.[\p{L}\p{M}\p{N}_-]+)*\.?$/u;
  return name.test(value) || (isIPv6(value) && !value.includes('%'));
}

/** https, or http on loopback; nothing that could smuggle a password or a second meaning. */
export const endpoint = v.pipe(
  text,
  v.check((value) => isEndpoint(value), 'must be an https:// URL (http:// only on loopback)'),
);

function isEndpoint(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const secure =
    url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
  return secure && url.username === '' && url.password === '' && url.hash === '';
}

/** valibot takes lists and dates for tables; `[[accounts]]` would be accounts called 0, 1 … */
const tableOnly = v.pipe(
  v.unknown(),
  v.check((value) => !Array.isArray(value) && !(value instanceof Date), 'must be a table'),
);

const seconds = v.pipe(
  v.number('must be a number of seconds'),
  v.minValue(0.1, 'must be more than 0'),
  v.maxValue(86_400, 'must be at most 86400 (a day)'),
);

const timeouts = v.strictObject({
  connect: v.optional(seconds),
  greeting: v.optional(seconds),
  auth: v.optional(seconds),
  command: v.optional(seconds),
  idle: v.optional(seconds),
});

const port = v.pipe(
  v.number('must be a number'),
  v.integer('must be a whole number'),
  v.minValue(1, 'must be 1 to 65535'),
  v.maxValue(65_535, 'must be 1 to 65535'),
);

/** How a server is known, and how it knows us: the same for mail and for login servers. */
const tls = {
  ca_file: v.optional(text),
  client_cert_file: v.optional(text),
  client_key_file: v.optional(text),
  tls_fingerprint: v.optional(
    v.pipe(
      text,
      v.check(
        (value) => plainFingerprint(value) !== null,
        'must be the SHA-256 of a certificate: 64 hex digits',
      ),
    ),
  ),
};

const oauth = v.strictObject({
  ...tls,
  issuer: v.optional(endpoint),
  tenant: v.optional(v.pipe(text, v.regex(/^[\w.-]+$/, 'must be a tenant: a number or a domain'))),
  authorization_endpoint: v.optional(endpoint),
  token_endpoint: v.optional(endpoint),
  revocation_endpoint: v.optional(endpoint),
  device_authorization_endpoint: v.optional(endpoint),
  scopes: v.optional(v.array(v.pipe(text, v.regex(/^\S+$/, 'must be scopes without spaces')))),
  redirect_host: v.optional(
    v.picklist(['127.0.0.1', 'localhost'], 'must be "127.0.0.1" or "localhost"'),
  ),
  redirect_port: v.optional(port),
  redirect_uri: v.optional(endpoint),
  resource: v.optional(endpoint),
  data_centres: v.optional(v.array(endpoint)),
});

const imap = v.strictObject({
  host: v.optional(host),
  user: v.optional(text),
  port: v.optional(port),
  security: v.optional(
    v.picklist(['tls', 'starttls', 'none'], 'must be "tls", "starttls" or "none"'),
  ),
  mechanism: v.optional(
    v.picklist(['XOAUTH2', 'OAUTHBEARER'], 'must be "XOAUTH2" or "OAUTHBEARER"'),
  ),
  connections: v.optional(
    v.pipe(
      v.number('must be a number'),
      v.integer('must be a whole number'),
      v.minValue(1, 'must be 1 to 15'),
      v.maxValue(15, 'must be 1 to 15'),
    ),
  ),
  ...tls,
});

const command = v.pipe(v.array(text), v.minLength(1, 'must name a program'));

const account = v.strictObject({
  address,
  mailbox: v.optional(address),
  provider: v.optional(text),
  client_id: v.optional(text),
  proxy: v.optional(
    v.pipe(
      text,
      v.check(
        (value) => value === 'none' || parseProxy(value) !== null,
        'must be the URL of a proxy (http://, https:// or socks5://), or "none"',
      ),
    ),
  ),
  login: v.optional(
    v.picklist(
      ['oauth', 'password', 'client-credentials', 'service-account'],
      'must be "oauth", "password", "client-credentials" or "service-account"',
    ),
  ),
  client_secret: v.optional(text),
  client_secret_file: v.optional(text),
  client_secret_command: v.optional(command),
  signing_key_file: v.optional(text),
  signing_key_command: v.optional(command),
  signing_certificate_file: v.optional(text),
  service_account_file: v.optional(text),
  service_account_command: v.optional(command),
  archive: v.optional(text),
  read_only: v.optional(v.boolean('must be true or false')),
  store: v.optional(
    v.picklist(['keychain', 'file', 'command'], 'must be "keychain", "file" or "command"'),
  ),
  key_file: v.optional(text),
  key_credential: v.optional(v.pipe(text, v.regex(/^[^/]+$/, 'must be a name, not a path'))),
  key_command: v.optional(command),
  passphrase: v.optional(v.picklist(['ask'], 'must be "ask"')),
  passphrase_env: v.optional(text),
  passphrase_fd: v.optional(v.pipe(v.number('must be a number'), v.integer(), v.minValue(0))),
  store_read: v.optional(command),
  store_write: v.optional(command),
  store_delete: v.optional(command),
  oauth: v.optional(v.pipe(tableOnly, oauth)),
  imap: v.optional(v.pipe(tableOnly, imap)),
});

const config = v.strictObject({
  default_account: v.optional(text),
  timeouts: v.optional(v.pipe(tableOnly, timeouts)),
  accounts: v.optional(v.pipe(tableOnly, v.record(v.string(), v.pipe(tableOnly, account)))),
});

export type Config = v.InferOutput<typeof config>;
export type AccountConfig = v.InferOutput<typeof account>;

/** Names that a record in JavaScript cannot have are left out by valibot, so nobody may have them. */
export const accountNamePattern =
  /^(?!(?:constructor|prototype)$)[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/** The checked config, or one sentence that says where it is wrong and what would be right. */
export function checkConfig(value: unknown): { config: Config } | { problem: string } {
  const result = v.safeParse(v.pipe(tableOnly, config), value);
  if (!result.success) return { problem: describe(result.issues[0]) };
  const wrong = writtenNames(value).find((name) => !accountNamePattern.test(name));
  if (wrong === undefined) return { config: result.output };
  return {
    problem: `accounts.${wrong}: no account can be called that; a name is letters, digits and . _ @ -, at most 64`,
  };
}

/** Before valibot has left any out. */
function writtenNames(value: unknown): string[] {
  const accounts = isObject(value) ? Reflect.get(value, 'accounts') : undefined;
  return isObject(accounts) ? Object.keys(accounts) : [];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function describe(issue: v.BaseIssue<unknown>): string {
  const keys = issue.path?.map((item) => String(item.key)) ?? [];
  const path = keys.join('.');
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const near = nearest(keys.at(-1) ?? '', keysAt(keys.slice(0, -1)));
    return near === null
      ? `${path} is not a setting of mailctl`
      : `${path} is not a setting of mailctl; did you mean ${near}?`;
  }
  if (issue.type === 'strict_object' && issue.received === 'undefined') return `${path} is missing`;
  if (issue.type === 'strict_object' || issue.type === 'record') return `${path} must be a table`;
  return issue.type === 'array' ? `${path} must be a list` : `${path} ${issue.message}`;
}

function keysAt(path: readonly string[]): string[] {
  const tables = { timeouts, oauth, imap };
  const [first, , third] = path;
  if (first === undefined) return Object.keys(config.entries);
  if (first === 'timeouts') return Object.keys(tables.timeouts.entries);
  if (third === 'oauth') return Object.keys(tables.oauth.entries);
  if (third === 'imap') return Object.keys(tables.imap.entries);
  return Object.keys(account.entries);
}
