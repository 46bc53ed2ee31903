import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountNamePattern, checkConfig } from '../../src/account/config-schema.ts';

const club = { address: 'ada@example.org' };

/** A config with these settings added to its one account. */
function account(settings: object): object {
  return { accounts: { club: { ...club, ...settings } } };
}
const imap = (settings: object) => account({ imap: settings });
const oauth = (settings: object) => account({ oauth: settings });

function problem(value: unknown): string {
  const checked = checkConfig(value);
  if ('problem' in checked) return checked.problem;
  throw new Error('it was accepted');
}

describe('a config is accepted', () => {
  it.each([
    ['empty', {}],
    ['with an account and no more than its address', account({})],
    ['with no account', { accounts: {} }],
    ['with a default account', { default_account: 'club', ...account({}) }],
    [
      'with timeouts',
      { timeouts: { connect: 20, greeting: 0.1, auth: 30, command: 86_400, idle: 5 } },
    ],
    [
      'with everything',
      account({
        provider: 'google',
        client_id: 'mailctl',
        client_secret: 's',
        archive: '~/Mail/club',
        store: 'file',
        key_file: 'key',
        oauth: {
          issuer: 'https://login.example.org',
          authorization_endpoint: 'https://login.example.org/auth?tenant=a',
          token_endpoint: 'https://login.example.org/token',
          revocation_endpoint: 'https://login.example.org/revoke',
          device_authorization_endpoint: 'https://login.example.org/device',
          scopes: ['email', 'https://mail.google.com/'],
          redirect_host: 'localhost',
        },
        imap: { host: 'imap.example.org', port: 993, security: 'tls', ca_file: 'ca.pem' },
      }),
    ],
    ['with an issuer on loopback', oauth({ issuer: 'http://127.0.0.1:8080/' })],
    ['with an issuer on localhost', oauth({ issuer: 'http://localhost:8080' })],
    ['with an issuer on ::1', oauth({ issuer: 'http://[::1]:8080' })],
    ['with an IPv4 address as host', imap({ host: '127.0.0.1' })],
    ['with an IPv6 address as host', imap({ host: '::1' })],
    ['with an IPv6 address as host', imap({ host: '2001:db8::25' })],
    ['with an international host', imap({ host: 'imap.bücher.example' })],
    ['with a host that ends in a dot', imap({ host: 'imap.example.org.' })],
    ['with a host of one word', imap({ host: 'mail-1' })],
    ['with the first port', imap({ port: 1 })],
    ['with the last port', imap({ port: 65_535 })],
    ['with no scopes', oauth({ scopes: [] })],
    ['with an address beyond ASCII', account({ address: 'ada@bücher.example' })],
  ])('%s', (_, value) => {
    expect(checkConfig(value)).toEqual({ config: value });
  });
});

describe('a config is refused with the path of what is wrong', () => {
  const missing = { accounts: { club: {} } };
  it.each([
    // what is no setting
    [{ colour: 'red' }, 'colour is not a setting of mailctl'],
    [
      { default_acount: 'club' },
      'default_acount is not a setting of mailctl; did you mean default_account?',
    ],
    [{ Accounts: {} }, 'Accounts is not a setting of mailctl; did you mean accounts?'],
    [{ timeout: {} }, 'timeout is not a setting of mailctl; did you mean timeouts?'],
    [
      { timeouts: { conect: 1 } },
      'timeouts.conect is not a setting of mailctl; did you mean connect?',
    ],
    [{ timeouts: { socket: 1 } }, 'timeouts.socket is not a setting of mailctl'],
    [
      account({ adress: 'x' }),
      'accounts.club.adress is not a setting of mailctl; did you mean address?',
    ],
    [
      account({ clientid: 'x' }),
      'accounts.club.clientid is not a setting of mailctl; did you mean client_id?',
    ],
    [
      account({ 'client-id': 'x' }),
      'accounts.club.client-id is not a setting of mailctl; did you mean client_id?',
    ],
    [account({ host: 'x' }), 'accounts.club.host is not a setting of mailctl'],
    [account({ password: 'x' }), 'accounts.club.password is not a setting of mailctl'],
    [
      account({ password_command: 'x' }),
      'accounts.club.password_command is not a setting of mailctl',
    ],
    [account({ exec: 'x' }), 'accounts.club.exec is not a setting of mailctl'],
    [oauth({ issuer_url: 'x' }), 'accounts.club.oauth.issuer_url is not a setting of mailctl'],
    [
      oauth({ scope: 'x' }),
      'accounts.club.oauth.scope is not a setting of mailctl; did you mean scopes?',
    ],
    [
      oauth({ TOKEN_ENDPOINT: 'x' }),
      'accounts.club.oauth.TOKEN_ENDPOINT is not a setting of mailctl; did you mean token_endpoint?',
    ],
    [
      imap({ prot: 993 }),
      'accounts.club.imap.prot is not a setting of mailctl; did you mean port?',
    ],
    [
      imap({ Host: 'x' }),
      'accounts.club.imap.Host is not a setting of mailctl; did you mean host?',
    ],
    [imap({ insecure: true }), 'accounts.club.imap.insecure is not a setting of mailctl'],
    // what is missing, or of another kind
    [missing, 'accounts.club.address is missing'],
    [[], /must be a table/],
    [{ accounts: [] }, 'accounts must be a table'],
    [{ accounts: 'club' }, 'accounts must be a table'],
    [{ accounts: { club: 'ada@example.org' } }, 'accounts.club must be a table'],
    [{ accounts: { club: [club] } }, 'accounts.club must be a table'],
    [{ timeouts: 20 }, 'timeouts must be a table'],
    [account({ oauth: 'x' }), 'accounts.club.oauth must be a table'],
    [account({ oauth: new Date(0) }), 'accounts.club.oauth must be a table'],
    [account({ imap: [] }), 'accounts.club.imap must be a table'],
    [oauth({ scopes: 'email' }), 'accounts.club.oauth.scopes must be a list'],
    [oauth({ scopes: [7] }), 'accounts.club.oauth.scopes.0 must be a text in quotes'],
    [
      oauth({ scopes: ['email profile'] }),
      'accounts.club.oauth.scopes.0 must be scopes without spaces',
    ],
    [account({ client_id: 7 }), 'accounts.club.client_id must be a text in quotes'],
    [account({ client_id: '' }), 'accounts.club.client_id must not be empty'],
    [account({ client_id: 'a\nb' }), 'accounts.club.client_id must not hold control characters'],
    [account({ archive: new Date(0) }), 'accounts.club.archive must be a text in quotes'],
    [{ default_account: true }, 'default_account must be a text in quotes'],
    // addresses, stores
    [account({ address: 7 }), 'accounts.club.address must be a text in quotes'],
    [account({ address: '' }), 'accounts.club.address must not be empty'],
    [account({ address: 'ada' }), /^accounts\.club\.address must be a mail address/],
    [account({ address: 'a@b@c' }), /^accounts\.club\.address must be a mail address/],
    [account({ address: 'a b@c' }), /^accounts\.club\.address must be a mail address/],
    [account({ address: '@c' }), /^accounts\.club\.address must be a mail address/],
    [account({ address: 'a@c\r\nA1 LOGOUT' }), /^accounts\.club\.address must not hold control/],
    [account({ address: 'a\u0001auth=x@c' }), /^accounts\.club\.address must not hold control/],
    [account({ store: 'plain' }), 'accounts.club.store must be "keychain", "file" or "command"'],
    [account({ store: 'Keychain' }), 'accounts.club.store must be "keychain", "file" or "command"'],
    // hosts and ports (K7)
    ...[
      ...[
        'imap example.org',
        'user@host',
        'https://imap.example.org',
        '[::1]',
        'a/b',
        'a\\b',
        'a?b',
      ],
      ...[
        'imap.example.org:993',
        'localhost:143',
        '127.0.0.1:143',
        ':993',
        ':',
        '::1:x',
        'a:b:c:d',
      ],
      ...['a,b', 'a%b', '$(id)', '*', '-rf', '.', '..', 'a..b', '.a', '::1%eth0'],
    ].map((host) => [imap({ host }), /^accounts\.club\.imap\.host must be a host name/] as const),
    [imap({ host: '' }), 'accounts.club.imap.host must not be empty'],
    [imap({ host: 'a\r\nb' }), 'accounts.club.imap.host must not hold control characters'],
    [imap({ host: `${'a'.repeat(300)}` }), 'accounts.club.imap.host is too long for a host name'],
    [imap({ host: 7 }), 'accounts.club.imap.host must be a text in quotes'],
    [imap({ port: 0 }), 'accounts.club.imap.port must be 1 to 65535'],
    [imap({ port: -1 }), 'accounts.club.imap.port must be 1 to 65535'],
    [imap({ port: 65_536 }), 'accounts.club.imap.port must be 1 to 65535'],
    [imap({ port: 99.5 }), 'accounts.club.imap.port must be a whole number'],
    [imap({ port: '993' }), 'accounts.club.imap.port must be a number'],
    [imap({ port: Number.NaN }), 'accounts.club.imap.port must be a number'],
    [imap({ security: 'ssl' }), 'accounts.club.imap.security must be "tls", "starttls" or "none"'],
    [imap({ security: true }), 'accounts.club.imap.security must be "tls", "starttls" or "none"'],
    // endpoints
    ...[
      ...[
        'http://login.example.org',
        'ftp://login.example.org',
        'login.example.org',
        '/token',
        'x',
      ],
      ...[
        'https://user@login.example.org',
        'https://u:p@login.example.org',
        'https://h/#f',
        'https://',
      ],
      ...['http://127.0.0.1.example.org', 'http://localhost@example.org', 'javascript:alert(1)'],
      ...[
        'file:///etc/passwd',
        'http://0.0.0.0',
        'http://192.168.0.1',
        'https://accounts.google.com@host/',
      ],
    ].map(
      (issuer) => [oauth({ issuer }), /^accounts\.club\.oauth\.issuer must be an https/] as const,
    ),
    [
      oauth({ token_endpoint: 'http://h' }),
      /^accounts\.club\.oauth\.token_endpoint must be an https/,
    ],
    [
      oauth({ redirect_host: '0.0.0.0' }),
      'accounts.club.oauth.redirect_host must be "127.0.0.1" or "localhost"',
    ],
    // times
    [{ timeouts: { connect: 0 } }, 'timeouts.connect must be more than 0'],
    [{ timeouts: { auth: -5 } }, 'timeouts.auth must be more than 0'],
    [{ timeouts: { idle: 86_401 } }, 'timeouts.idle must be at most 86400 (a day)'],
    [
      { timeouts: { idle: Number.POSITIVE_INFINITY } },
      'timeouts.idle must be at most 86400 (a day)',
    ],
    [{ timeouts: { idle: Number.NaN } }, 'timeouts.idle must be a number of seconds'],
    [{ timeouts: { command: '60' } }, 'timeouts.command must be a number of seconds'],
    [{ timeouts: { command: '60s' } }, 'timeouts.command must be a number of seconds'],
    // names
    [{ accounts: { '': club } }, /a name is letters, digits/],
    [{ accounts: { 'a b': club } }, /^accounts\.a b: .*a name is letters, digits/],
    [{ accounts: { '../x': club } }, /a name is letters, digits/],
    [{ accounts: { 'a/b': club } }, /a name is letters, digits/],
    [{ accounts: { '.x': club } }, /a name is letters, digits/],
    [{ accounts: { '-a': club } }, /a name is letters, digits/],
    [{ accounts: { ä: club } }, /a name is letters, digits/],
    [{ accounts: { ['a'.repeat(65)]: club } }, /at most 64/],
  ] as const)('%j: %s', (value, sentence) => {
    expect(problem(value)).toMatch(sentence);
    if (typeof sentence === 'string') expect(problem(value)).toBe(sentence);
  });

  it('never with what is written there, which may be a secret', () => {
    const secret = 'cs-canary-91';
    for (const value of [
      account({ client_secret: `${secret}\n` }),
      account({ client_secret: [secret] }),
      account({ password: secret }),
      account({ store: secret }),
      imap({ host: `https://${secret}` }),
      oauth({ issuer: `https://user:${secret}@h` }),
    ]) {
      expect(problem(value)).not.toContain(secret);
    }
  });

  it.each([null, undefined, 7, 'text', true])('that is %s', (value) => {
    expect(problem(value)).toMatch(/./);
  });
});

describe('an account may be called what every object already has', () => {
  it.each(['toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf'])('%s', (name) => {
    const value = { accounts: { [name]: club } };
    expect(checkConfig(value)).toEqual({ config: value });
  });

  it.each(['__proto__', 'constructor', 'prototype'])('but not %s, and it is said', (name) => {
    const accounts = Object.fromEntries([[name, { ...club, insecure: true }]]);
    expect(problem({ accounts })).toMatch(`accounts.${name}`);
    expect(accountNamePattern.test(name)).toBe(false);
    expect(Reflect.get({}, 'insecure')).toBe(undefined);
    expect(Reflect.get({}, 'address')).toBe(undefined);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('nor a setting %s', (name) => {
    const settings = Object.fromEntries([[name, 'x']]);
    for (const value of [settings, account(settings), imap(settings), { timeouts: settings }]) {
      expect(problem(value)).toContain(name);
    }
  });
});

it('whatever a config holds, it is accepted or refused with one line', () => {
  const key = fc.oneof(
    fc.constantFrom('accounts', 'club', 'imap', 'oauth', 'host', 'timeouts', '__proto__', 'scopes'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.double(), fc.date()),
      fc.array(tie('value'), { maxLength: 3 }),
      fc
        .array(fc.tuple(key, tie('value')), { maxLength: 4 })
        .map((entries): unknown => Object.fromEntries(entries)),
    ),
  }));
  fc.assert(
    fc.property(value, (one) => {
      const checked = checkConfig(one);
      if ('problem' in checked) expect(checked.problem).not.toBe('');
      else expect(checked.config).toEqual(one);
    }),
    { numRuns: 1000 },
  );
});
