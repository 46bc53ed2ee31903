import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Account } from '../../src/account/account.ts';
import { chooseAccount, loadConfig } from '../../src/account/config.ts';
import { configPath } from '../../src/account/config-path.ts';
import type { AccountConfig } from '../../src/account/config-schema.ts';
import { resolveAccount } from '../../src/account/resolve-account.ts';
import { Failure } from '../../src/errors.ts';
import { Secrets } from '../../src/system/secrets.ts';
import type { System } from '../../src/system/system.ts';
import { usualTls } from '../../src/system/tls.ts';

const home = resolve('/home/ada');

function systemWith(env: Readonly<Record<string, string>>): System {
  return {
    env,
    platform: 'linux',
    homeDirectory: home,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: new AbortController().signal,
    keychain: { get: async () => null, set: async () => {}, delete: async () => false },
    secrets: new Secrets(),
    now: () => new Date(0),
    openBrowser: async () => false,
  };
}

async function failureOf(work: () => Promise<unknown>): Promise<Failure> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it went well');
}

describe('where the config is', () => {
  it.each([
    [{}, undefined, join(home, '.config/mailctl/config.toml')],
    [{ XDG_CONFIG_HOME: resolve('/x') }, undefined, resolve('/x/mailctl/config.toml')],
    [{ XDG_CONFIG_HOME: 'x' }, undefined, join(home, '.config/mailctl/config.toml')],
    [{ XDG_CONFIG_HOME: '' }, undefined, join(home, '.config/mailctl/config.toml')],
    [{ MAILCTL_CONFIG: resolve('/c.toml') }, undefined, resolve('/c.toml')],
    [{ MAILCTL_CONFIG: '' }, undefined, join(home, '.config/mailctl/config.toml')],
    [{ MAILCTL_CONFIG: resolve('/c.toml') }, resolve('/flag.toml'), resolve('/flag.toml')],
    [{}, 'here.toml', resolve('here.toml')],
    [{}, '~/c.toml', resolve('~/c.toml')],
  ])('%j with --config %s', (env, flag, expected) => {
    expect(configPath(systemWith(env), flag)).toBe(expected);
  });
});

describe('a config file', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mailctl-config-'));
    path = join(directory, 'config.toml');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const failure = async (content: string | Buffer): Promise<Failure> => {
    writeFileSync(path, content);
    const error: unknown = await loadConfig(path).catch((reason: unknown) => reason);
    if (error instanceof Failure) return error;
    throw new Error('it was read');
  };

  it('that is not there is none', async () => {
    expect(await loadConfig(path)).toBe(null);
    expect(await loadConfig(join(directory, 'no', 'folder', 'config.toml'))).toBe(null);
  });

  const club = '[accounts.club]\naddress = "ada@example.org"\n';
  it.each([
    ['empty', '', {}],
    ['blank', ' \n\n\t\n', {}],
    ['only a comment', '# nothing yet', {}],
    ['only a byte order mark', '\ufeff', {}],
    [
      'with a byte order mark',
      `\ufeff${club}`,
      { accounts: { club: { address: 'ada@example.org' } } },
    ],
    [
      'with CRLF',
      club.replaceAll('\n', '\r\n'),
      { accounts: { club: { address: 'ada@example.org' } } },
    ],
    [
      'without a last line end',
      club.trimEnd(),
      { accounts: { club: { address: 'ada@example.org' } } },
    ],
    [
      'with an inline table',
      'accounts = { club = { address = "ada@example.org" } }',
      { accounts: { club: { address: 'ada@example.org' } } },
    ],
    [
      'with dotted keys',
      'accounts.club.address = "ada@example.org"',
      { accounts: { club: { address: 'ada@example.org' } } },
    ],
    [
      'with a quoted name',
      '[accounts."ada@example.org"]\naddress = "ada@example.org"',
      { accounts: { 'ada@example.org': { address: 'ada@example.org' } } },
    ],
    [
      'with every kind of text',
      `[accounts.club]\naddress = 'ada@example.org'\nclient_id = """a"""\narchive = '''~/Mail'''`,
      { accounts: { club: { address: 'ada@example.org', client_id: 'a', archive: '~/Mail' } } },
    ],
    [
      'that calls an account toString',
      '[accounts.toString]\naddress = "ada@example.org"',
      { accounts: { toString: { address: 'ada@example.org' } } },
    ],
  ])('%s is read', async (_, content, config) => {
    writeFileSync(path, content);
    const loaded = await loadConfig(path);
    expect(loaded).toMatchObject({ path });
    expect(JSON.parse(JSON.stringify(loaded?.config))).toEqual(config);
  });

  it.each([
    // what is no TOML
    ['no TOML', 'address: ada@example.org', /, line 1: /],
    ['JSON', '{"accounts":{}}', /, line 1: /],
    ['an open text, on its line', '# one\n# two\ndefault_account = "club\n', /, line 3: /],
    ['an open table', '[accounts.club\naddress = "a@b"\n', /, line [12]: /],
    [
      'a key twice',
      'default_account = "a"\ndefault_account = "b"\n',
      /, line 2: .*default_account/,
    ],
    ['a table twice', `${club}${club}`, /, line 3: .*accounts\.club/],
    ['a bare word', `${club}store = file\n`, /, line 3: /],
    ['no value', 'default_account =\n', /, line 1: /],
    // what is no config
    [
      'a list of accounts',
      `[${club.replace('[accounts.club]', '[[accounts]]').slice(1)}`,
      /: accounts/,
    ],
    ['an unknown key', 'colour = "red"', /: colour is not a setting of mailctl$/],
    [
      'a misspelled key',
      `${club}adress = "x"`,
      /: accounts\.club\.adress is not a setting of mailctl; did you mean address\?$/,
    ],
    ['a key in capitals', `${club}Store = "file"`, /did you mean store\?$/],
    ['no address', '[accounts.club]', /: accounts\.club\.address is missing$/],
    [
      'a number for a text',
      `${club}client_id = 7`,
      /: accounts\.club\.client_id must be a text in quotes$/,
    ],
    ['a date for a text', `${club}client_id = 1979-05-27`, /client_id must be a text in quotes$/],
    ['a date for a table', `${club}imap = 1979-05-27`, /imap must be a table$/],
    ['a list for a table', `${club}imap = []`, /imap must be a table$/],
    ['infinity', 'timeouts = { idle = inf }', /timeouts\.idle must be at most 86400/],
    ['nan', 'timeouts = { idle = nan }', /timeouts\.idle must be a number of seconds$/],
    [
      'an escape for a line',
      `${club}client_id = "a\\nb"`,
      /client_id must not hold control characters$/,
    ],
    ['an account __proto__', '[accounts.__proto__]\naddress = "a@b"\n', /accounts\.__proto__/],
    [
      'an account constructor',
      '[accounts.constructor]\naddress = "a@b"\n',
      /accounts\.constructor/,
    ],
    ['a table __proto__', '[__proto__]\nx = 1\n', /__proto__/],
    ['a dotted __proto__', `${club}imap.__proto__.host = "x"\n`, /__proto__/],
    // what is no text
    ['UTF-16', Buffer.from(`\ufeff${club}`, 'utf16le'), /is not UTF-8$/],
    ['Latin-1', Buffer.from('# caf\u00e9', 'latin1'), /is not UTF-8$/],
    ['NUL bytes', '\0\0\0', /line 1/],
    ['too large', `# ${'x'.repeat(1 << 20)}`, /is larger than/],
  ])('with %s is refused, with its path', async (_, content, sentence) => {
    const { kind, message } = await failure(content);
    expect(kind).toBe('config');
    expect(message).toContain(path);
    expect(message).toMatch(sentence);
    expect(message).not.toMatch(/\n|\.$|undefined|\[object/);
    expect(Reflect.get({}, 'x')).toBe(undefined);
  });

  it.each([
    'client_secret = "cs-canary-91',
    'client_secret = cs-canary-91',
    "client_secret = 'cs-canary-91",
    'client_secret = "cs-canary-91" x',
    'client_secret = "cs-\\canary-91"',
    'client_secret = ["cs-canary-91"]',
    'client_secret = "cs-canary-91"\nclient_secret = "cs-canary-91"',
    'client_secret: "cs-canary-91"',
    'client_secret "cs-canary-91"',
    'client_secret = """cs-canary-91',
  ])('that is broken is told without the line, which may hold a secret: %s', async (line) => {
    const { message, hint } = await failure(`${club}${line}\n`);
    expect(`${message}${hint}`).not.toContain('canary');
  });

  it('that is a folder, a device or a pipe is refused and not waited for', async () => {
    mkdirSync(path);
    const places =
      process.platform === 'win32' ? [path] : [path, '/dev/zero', join(directory, 'fifo')];
    if (process.platform !== 'win32') execFileSync('mkfifo', [join(directory, 'fifo')]);
    for (const place of places) {
      await expect(loadConfig(place)).rejects.toMatchObject({
        kind: 'config',
        message: expect.stringContaining(place),
      });
    }
  });

  it.skipIf(process.platform === 'win32')('may be a link', async () => {
    writeFileSync(join(directory, 'dotfile'), club);
    symlinkSync(join(directory, 'dotfile'), path);
    expect(await loadConfig(path)).toMatchObject({ path, text: club });
  });
});

describe('which account a command is about', () => {
  const path = resolve('/etc/mailctl.toml');
  const entry = (name: string): AccountConfig => ({
    address: `${name}@example.org`,
    imap: { host: 'imap.example.org' },
  });
  const loaded = (names: readonly string[], byDefault?: string) => ({
    path,
    text: '',
    config: {
      accounts: Object.fromEntries(names.map((name) => [name, entry(name)])),
      ...(byDefault === undefined ? {} : { default_account: byDefault }),
    },
  });
  const system = systemWith({});

  it.each([
    ['the only one', ['club'], undefined, undefined, 'club'],
    ['the one named', ['club', 'work'], undefined, 'work', 'work'],
    ['the default', ['club', 'work'], 'work', undefined, 'work'],
    ['the one named, not the default', ['club', 'work'], 'work', 'club', 'club'],
    ['one called toString', ['toString'], undefined, 'toString', 'toString'],
  ])('%s', async (_, names, byDefault, named, expected) => {
    expect(await chooseAccount(loaded(names, byDefault), path, named, system)).toMatchObject({
      name: expected,
    });
  });

  it.each([
    ['no config', null, undefined, 'config', `there is no config at ${path}`, /mailctl login/],
    ['no account', loaded([]), undefined, 'config', `${path} holds no account`, /mailctl login/],
    ['no account, and one named', loaded([]), 'x', 'config', `${path} holds no account`, /login/],
    [
      'two accounts',
      loaded(['club', 'work']),
      undefined,
      'usage',
      'which account? There are club, work',
      /--account club/,
    ],
    [
      'one misspelled',
      loaded(['club', 'work']),
      'wrok',
      'config',
      `there is no account wrok in ${path}`,
      /did you mean work\?/,
    ],
    [
      'one unknown',
      loaded(['club', 'work']),
      'zzzzzz',
      'config',
      `there is no account zzzzzz in ${path}`,
      /are club, work/,
    ],
    [
      'an unknown default',
      loaded(['club', 'work'], 'zzzzzz'),
      undefined,
      'config',
      `there is no account zzzzzz in ${path}`,
      /are club, work/,
    ],
    ...['toString', 'constructor', '__proto__', 'hasOwnProperty', ''].map(
      (name) =>
        [
          `one named ${name}`,
          loaded(['club', 'work']),
          name,
          'config',
          `there is no account ${name} in ${path}`,
          /club, work/,
        ] as const,
    ),
  ] as const)('is not clear with %s', async (_, config, named, kind, message, hint) => {
    const failure = await failureOf(() => chooseAccount(config, path, named, system));
    expect([failure.kind, failure.message]).toEqual([kind, message]);
    expect(failure.hint).toMatch(hint);
  });

  it('its timeouts are those of the config over the usual ones', async () => {
    const config = { ...loaded(['club']).config, timeouts: { connect: 7, idle: undefined } };
    const { timeouts } = await chooseAccount({ path, text: '', config }, path, undefined, system);
    expect(timeouts).toEqual({ connect: 7, greeting: 15, auth: 30, command: 60, idle: 300 });
  });
});

describe('an account', () => {
  const path = resolve('/etc/mailctl/config.toml');
  const own = { address: 'ada@example.org', imap: { host: 'imap.example.org' } };
  const resolved = (
    entry: AccountConfig,
    env: Readonly<Record<string, string>> = {},
  ): Promise<Account> =>
    resolveAccount('club', entry, { path, system: systemWith(env), timeouts: undefined });
  const refusal = (entry: AccountConfig) => failureOf(() => resolved(entry));

  it('of a server in the config alone has what a server usually has', async () => {
    expect(await resolved(own)).toEqual({
      name: 'club',
      address: 'ada@example.org',
      mailbox: 'ada@example.org',
      imapUser: 'ada@example.org',
      provider: null,
      login: null,
      imap: {
        ...{ host: 'imap.example.org', port: 993, security: 'tls', ...usualTls },
        ...{ mechanisms: ['OAUTHBEARER', 'XOAUTH2'], initialResponse: true },
      },
      loginTls: usualTls,
      proxy: null,
      store: { kind: 'keychain' },
      archive: join(home, '.local/share/mailctl/club'),
      connections: null,
      connectionLimit: null,
      readOnly: false,
      timeouts: { connect: 20, greeting: 15, auth: 30, command: 60, idle: 300 },
    });
  });

  it('with an issuer has its endpoints discovered', async () => {
    const entry = { ...own, client_id: 'c', oauth: { issuer: 'https://login.example.org' } };
    expect((await resolved(entry)).login).toEqual({
      kind: 'oauth',
      clientId: 'c',
      clientSecret: null,
      server: { kind: 'discovered', issuer: 'https://login.example.org' },
      scopes: ['openid', 'email', 'offline_access'],
      redirect: { kind: 'loopback', host: '127.0.0.1', port: null },
      scopeSeparator: ' ',
      resource: null,
      deviceFlow: true,
      dataCentres: [],
      trial: null,
      authorizationParameters: {},
    });
  });

  it('with endpoints uses them as they are', async () => {
    const oauth = {
      authorization_endpoint: 'https://login.example.org/auth',
      token_endpoint: 'https://token.example.org/token',
      scopes: ['mail'],
      redirect_host: 'localhost' as const,
    };
    expect(
      (await resolved({ ...own, client_id: 'c', client_secret: 's', oauth })).login,
    ).toMatchObject({
      clientSecret: { kind: 'inline', value: 's' },
      server: {
        kind: 'given',
        issuer: 'https://token.example.org',
        revocationEndpoint: null,
        deviceAuthorizationEndpoint: null,
      },
      scopes: ['mail'],
      redirect: { kind: 'loopback', host: 'localhost', port: null },
    });
  });

  it('by a password needs no client', async () => {
    const imap = { host: 'imap.example.org', user: 'ada' };
    const account = await resolved({ ...own, login: 'password', imap });
    expect(account).toMatchObject({ login: { kind: 'password' }, imapUser: 'ada' });
  });

  it('as a program in its own right has the provider’s scopes, but an issuer of its own', async () => {
    const entry = {
      address: 'team@contoso.example',
      provider: 'microsoft',
      login: 'client-credentials' as const,
      client_id: 'c',
      signing_key_file: 'key.pem',
      signing_certificate_file: '/etc/cert.pem',
      oauth: { issuer: 'https://login.microsoftonline.com/t/v2.0' },
    };
    expect((await resolved(entry)).login).toEqual({
      kind: 'client-credentials',
      clientId: 'c',
      clientSecret: null,
      server: { kind: 'discovered', issuer: 'https://login.microsoftonline.com/t/v2.0' },
      scopes: ['https://outlook.office365.com/.default'],
      signingKey: { kind: 'file', path: resolve('/etc/mailctl/key.pem') },
      signingCertificateFile: '/etc/cert.pem',
    });
    const { oauth, ...common } = entry;
    await expect(resolved(common)).rejects.toThrow('need client_id and oauth.issuer');
  });

  it('as a service account has its key from one place', async () => {
    const entry = {
      address: 'ada@example.org',
      provider: 'google',
      login: 'service-account' as const,
      service_account_command: ['pass', 'show', 'robot'],
    };
    expect((await resolved(entry)).login).toEqual({
      kind: 'service-account',
      key: { kind: 'command', command: ['pass', 'show', 'robot'] },
      scopes: ['https://mail.google.com/'],
    });
    await expect(resolved({ ...entry, service_account_file: 'k.json' })).rejects.toThrow(
      'more than once',
    );
    const { service_account_command, ...bare } = entry;
    await expect(resolved(bare)).rejects.toThrow('service_account_file or service_account_command');
  });

  it('of a known provider needs no more than a client', async () => {
    for (const provider of ['google', 'microsoft']) {
      const account = await resolved({ address: 'ada@example.org', provider, client_id: 'c' });
      expect(account.provider).toBe(provider);
      expect(account.login).toMatchObject({
        kind: 'oauth',
        scopes: expect.arrayContaining(['openid']),
      });
      expect(account.imap).toMatchObject({ port: 993, security: 'tls' });
    }
    const other = { address: 'a@b.c', provider: 'google', imap: { host: 'h', port: 1 } };
    expect((await resolved(other)).imap).toMatchObject({ host: 'h', port: 1, security: 'tls' });
  });

  it.each([
    ['tls', 993],
    ['starttls', 143],
  ] as const)('with %s has port %i', async (security, port) => {
    expect((await resolved({ ...own, imap: { ...own.imap, security } })).imap.port).toBe(port);
  });

  it('uses clear text on this machine only', async () => {
    for (const host of ['localhost', '127.0.0.1', '::1']) {
      const { imap } = await resolved({ ...own, imap: { host, security: 'none' } });
      expect(imap).toMatchObject({ security: 'none', port: 143 });
    }
    for (const host of ['imap.example.org', '127.0.0.1.example.org', '10.0.0.1', '0.0.0.0']) {
      const { kind, message } = await refusal({ ...own, imap: { host, security: 'none' } });
      expect([kind, message]).toEqual(['config', expect.stringContaining(`not ${host}`)]);
    }
    const { kind } = await refusal({
      address: 'a@b.c',
      provider: 'google',
      imap: { security: 'none' },
    });
    expect(kind).toBe('config');
  });

  it.each([
    ['~', home],
    ['~/Mail', join(home, 'Mail')],
    ['Mail', resolve('/etc/mailctl/Mail')],
    ['../Mail', resolve('/etc/Mail')],
    [resolve('/var/mail'), resolve('/var/mail')],
    // nothing else is expanded
    ['~bea/Mail', resolve('/etc/mailctl/~bea/Mail')],
    ['$HOME/Mail', resolve('/etc/mailctl/$HOME/Mail')],
    ['%h/Mail', resolve('/etc/mailctl/%h/Mail')],
    ['$(id)', resolve('/etc/mailctl/$(id)')],
  ])('its archive %s is %s', async (archive, expected) => {
    const imap = { ...own.imap, ca_file: archive };
    const account = await resolved({ ...own, archive, store: 'file', key_file: archive, imap });
    expect(account.archive).toBe(expected);
    expect(account.store).toEqual({ kind: 'file', key: { kind: 'file', path: expected } });
    expect(account.imap.caFile).toBe(expected);
  });

  it('its key file is its own, else that of the environment; an empty variable is unset', async () => {
    const env = { MAILCTL_KEY_FILE: resolve('/k') };
    const keyOf = async (entry: object, environment = {}) =>
      (await resolved({ ...own, store: 'file', ...entry }, environment)).store;
    const file = (path: string) => ({ kind: 'file', key: { kind: 'file', path: resolve(path) } });
    expect(await keyOf({}, env)).toEqual(file('/k'));
    expect(await keyOf({ key_file: 'mine' }, env)).toEqual(file('/etc/mailctl/mine'));
    expect(await keyOf({}, { MAILCTL_KEY_FILE: '' })).toEqual({ kind: 'file', key: null });
    expect((await resolved(own, env)).store).toEqual({ kind: 'keychain' });
  });

  it('its key can be a systemd credential, a command, or made of a passphrase', async () => {
    const keyOf = async (entry: object) =>
      (await resolved({ ...own, store: 'file', ...entry })).store;
    expect(await keyOf({ key_credential: 'k' })).toMatchObject({
      key: { kind: 'credential', name: 'k' },
    });
    expect(await keyOf({ key_command: ['pass', 'k'] })).toMatchObject({
      key: { command: ['pass', 'k'] },
    });
    expect(await keyOf({ passphrase: 'ask' })).toMatchObject({ key: { from: { kind: 'ask' } } });
    expect(await keyOf({ passphrase_env: 'P' })).toMatchObject({ key: { from: { name: 'P' } } });
    expect(await keyOf({ passphrase_fd: 3 })).toMatchObject({ key: { from: { fd: 3 } } });
  });

  it.each([
    ['no mail server', { address: 'a@b.c' }, 'accounts.club.imap.host is missing'],
    [
      'an unknown provider',
      { ...own, provider: 'gogle' },
      'accounts.club.provider: gogle is not known',
    ],
    [
      'a provider every object has',
      { ...own, provider: 'constructor' },
      'constructor is not known',
    ],
    [
      'one endpoint alone',
      { ...own, oauth: { token_endpoint: 'https://h/t' } },
      'authorization_endpoint is missing',
    ],
    [
      'the other alone',
      { ...own, oauth: { authorization_endpoint: 'https://h/a' } },
      'token_endpoint is missing',
    ],
  ])('with %s is refused', async (_, entry, sentence) => {
    const { kind, message, hint } = await refusal(entry);
    expect(kind).toBe('config');
    expect(message).toContain(`${path}: `);
    expect(message).toContain(sentence);
    expect(hint).not.toBe(null);
  });
});
