import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ExpectedFailure, expectFailure } from '../support/failure.ts';
import { describeWith } from '../support/parts.ts';
import { freePorts } from '../support/processes.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';

interface Case extends ExpectedFailure {
  name: string;
  args: readonly string[];
  /** What is done to the config of a person who is logged in as `club`. */
  config?: (text: string) => string;
  env?: Record<string, string>;
}

const config = { code: 78, kind: 'config' } as const;
const usage = { code: 64, kind: 'usage' } as const;
const notFound = { code: 66, kind: 'not-found' } as const;

const configCases: readonly Case[] = [
  {
    ...config,
    name: 'a config that is not there',
    args: ['list', '--config', 'nowhere.toml'],
    message: /^there is no config at \/.*nowhere\.toml$/,
    hint: /^mailctl login /,
  },
  {
    ...config,
    name: 'a config without an account',
    args: ['list'],
    config: () => '# later\n',
    message: /config\.toml holds no account$/,
    hint: /^mailctl login /,
  },
  {
    ...config,
    name: 'an unknown key of an account',
    args: ['list'],
    config: (text) => text.replace('[accounts.club]', '$&\narhcive = "x"'),
    message: /config\.toml: accounts\.club\.arhcive is not a setting .*; did you mean archive\?$/,
    hint: /^edit .*config\.toml$/,
  },
  {
    ...config,
    name: 'an unknown key at the top',
    args: ['list'],
    config: (text) => `defualt_account = "club"\n${text}`,
    message: /: defualt_account is not .* did you mean default_account\?$/,
    hint: /^edit /,
  },
  {
    ...config,
    name: 'an unknown key of the IMAP server',
    args: ['list'],
    config: (text) => text.replace('[accounts.club.imap]', '$&\ncafile = "x"'),
    message: /accounts\.club\.imap\.cafile is not .* did you mean ca_file\?$/,
    hint: /^edit /,
  },
  {
    ...config,
    name: 'a key like nothing that exists',
    args: ['list'],
    config: (text) => `zzzzzzzz = 1\n${text}`,
    message: /: zzzzzzzz is not a setting of mailctl$/,
    hint: /^edit /,
  },
  {
    ...config,
    name: 'a value that cannot be',
    args: ['list'],
    config: (text) => text.replace(/port = \d+/, 'port = 70000'),
    message: /: accounts\.club\.imap\.port must be 1 to 65535$/,
    hint: /^edit /,
  },
  {
    ...config,
    name: 'a missing address',
    args: ['list'],
    config: (text) => text.replace(/address = .*\n/, ''),
    message: /: accounts\.club\.address is missing$/,
    hint: /^edit /,
  },
  {
    ...config,
    name: 'broken TOML, with the line',
    args: ['list'],
    config: () => '# one\n[accounts.club]\naddress = ada@example.org\nclient_id = "mailctl"\n',
    message: /config\.toml, line 3: \S/,
    hint: /^edit /,
  },
  {
    ...config,
    name: 'a provider nobody knows',
    args: ['list'],
    config: (text) => text.replace('[accounts.club]', '$&\nprovider = "gogle"'),
    message: /gogle is not known$/,
    hint: /google, microsoft/,
  },
  {
    ...config,
    name: 'clear text to another machine',
    args: ['list'],
    config: (text) => text.replace(/host = .*/, 'host = "imap.example.org"\nsecurity = "none"'),
    message:
      /accounts\.club\.imap\.security: "none" is for this machine only, not imap\.example\.org$/,
    hint: /tls/,
  },
  {
    ...config,
    name: 'a login server in clear text on another machine',
    args: ['token'],
    config: (text) => text.replace(/issuer = .*/, 'issuer = "http://login.example.org"'),
    message: /accounts\.club\.oauth\.issuer must be an https:\/\/ URL/,
    hint: /^edit /,
  },
  {
    ...config,
    name: 'a certificate file that is not there',
    args: ['list'],
    config: (text) => text.replace(/ca_file = .*/, 'ca_file = "nowhere.pem"'),
    message: /certificate file \/.*nowhere\.pem/,
    hint: /./,
  },
  {
    ...config,
    name: 'an account that is not there',
    args: ['list', '-a', 'clup'],
    message: /^there is no account clup in /,
    hint: /^did you mean club\?$/,
  },
  {
    ...config,
    name: 'an account that is not there, in the environment',
    args: ['list'],
    env: { MAILCTL_ACCOUNT: 'somebody' },
    message: /^there is no account somebody in /,
    hint: /^the accounts are club$/,
  },
  {
    ...usage,
    name: 'no word which of two accounts',
    args: ['list'],
    config: (text) => `${text}\n[accounts.home]\naddress = "ada@example.net"\n`,
    message: /^which account\? There are club, home$/,
    hint: /--account club$/,
  },
];

const commandLineCases: readonly Case[] = [
  {
    ...usage,
    name: 'an unknown verb',
    args: ['lsit'],
    message: /^unknown command 'lsit'.*list/,
    hint: /^mailctl --help$/,
  },
  {
    ...usage,
    name: 'an unknown flag',
    args: ['list', '--limti', '3'],
    message: /^unknown option '--limti'.*--limit/,
    hint: /^mailctl .*--help$/,
  },
  {
    ...usage,
    name: 'a flag without its value',
    args: ['list', '--limit'],
    message: /--limit <number>.* missing$/,
    hint: /--help$/,
  },
  {
    ...usage,
    name: 'a number that is none',
    args: ['list', '--limit', '0x10'],
    message: /--limit.*0x10.*whole number from 1/,
    hint: /--help$/,
  },
  {
    ...usage,
    name: 'a word too many',
    args: ['folders', 'INBOX'],
    message: /^too many arguments for 'folders'/,
    hint: /--help$/,
  },
  {
    ...usage,
    name: 'a choice that is none',
    args: ['login', 'a@b.example', '--store', 'plain'],
    message: /--store.*plain.*keychain, file/,
    hint: /--help$/,
  },
  {
    ...usage,
    name: 'a UID that is none',
    args: ['show', '0'],
    message: /UID is a whole number from 1 to 4294967295/,
    hint: /--help$/,
  },
  {
    ...usage,
    name: 'a login that lacks what nobody can be asked for',
    args: ['login', 'eve@example.net'],
    message: /^login to eve@example\.net needs --issuer, --client-id, --imap-host$/,
    hint: /^mailctl login eve@example\.net --issuer … --client-id … --imap-host …$/,
  },
  {
    ...usage,
    name: 'a query that cannot be read, with a caret',
    args: ['search', 'from:grace', 'larger:huge'],
    message: /^the search cannot be read: .+\n {2}from:grace larger:huge\n {20}\^$/,
    hint: /^mailctl search --help/,
  },
  {
    ...usage,
    name: 'a folder name with a line end',
    args: ['list', '--folder', 'INBOX\r\nA9 LOGOUT'],
    message: /control characters$/,
    hint: /^mailctl folders/,
  },
];

const mailCases: readonly Case[] = [
  ...['list', 'fetch', 'search x', 'show 1'].map((verb) => ({
    ...notFound,
    name: `a folder that is not there (${verb})`,
    args: [...verb.split(' '), '--folder', 'Nowhere/Else'],
    message: /^there is no folder Nowhere\/Else$/,
    hint: /^mailctl folders/,
  })),
  {
    ...notFound,
    name: 'a UID that is not there',
    args: ['show', '4711'],
    message: /^there is no message 4711 in INBOX$/,
    hint: /^mailctl list --folder INBOX$/,
  },
  {
    ...notFound,
    name: 'a UID that is not there, asked for raw',
    args: ['show', '4711', '--raw'],
    message: /^there is no message 4711 in INBOX$/,
    hint: /^mailctl list --folder INBOX$/,
  },
  {
    code: 77,
    kind: 'login',
    name: 'an account nobody has logged in to',
    args: ['list', '-a', 'other'],
    config: (text) => `${text}\n${text.replaceAll('accounts.club', 'accounts.other')}`,
    message: /^other is not logged in$/,
    hint: /^mailctl login -a other$/,
  },
  {
    code: 71,
    kind: 'store',
    name: 'a key file that is gone',
    args: ['list'],
    config: (text) => text.replace(/key_file = .*/, 'key_file = "gone"'),
    message: /^the key file \/.*gone is not there$/,
    hint: /./,
  },
  {
    code: 65,
    kind: 'data',
    name: 'a key file with another key',
    args: ['list'],
    config: (text) => text.replace(/key_file = .*/, 'key_file = "other-key"'),
    message: /cannot be decrypted/,
    hint: /mailctl login -a club$/,
  },
];

describeWith('dovecot', 'a failure is told in one sentence with the way out', () => {
  let provider: Provider;
  let home: Home;
  let goodConfig: string;

  beforeAll(async () => {
    provider = await startProvider();
    provider.imap.deliver(ada, 'INBOX', Buffer.from('Subject: Supper\r\n\r\nAt seven?\r\n'));
    home = await newHome();
    await provider.login(home, { name: 'club' });
    goodConfig = readFileSync(join(home.config, 'mailctl', 'config.toml'), 'utf8');
    await mkdir(join(home.directory, 'changed'));
    await writeFile(join(home.directory, 'changed', 'other-key'), '0'.repeat(64));
  });

  /** Runs a command line twice, for a person and for a program, with the config changed. */
  async function both(
    args: readonly string[],
    change: Case['config'] = (text) => text,
    env: Record<string, string> = {},
  ) {
    const path = join(home.directory, 'changed', 'config.toml');
    await writeFile(path, change(goodConfig));
    const options = { home, env: { MAILCTL_CONFIG: path, ...env } };
    return Promise.all([run(args, options), run([...args, '--json'], options)]);
  }

  for (const [topic, cases] of Object.entries({ configCases, commandLineCases, mailCases })) {
    describe(topic.replace('Cases', ''), () => {
      for (const { name, args, config: change, env, ...expected } of cases) {
        test(name, async () => {
          const [plain, json] = await both(args, change, env);
          expectFailure(plain, json, expected);
        });
      }
    });
  }

  test('a verb is missing', async () => {
    const plain = await run([], { home });
    expect(plain.code).toBe(64);
    expect(plain.stderr).toContain('→ mailctl');
  });

  test('an archive is not made for a folder that is not there', async () => {
    await run(['fetch', '--folder', 'Nowhere'], { home });
    expect(existsSync(join(home.data, 'mailctl', 'club', 'Nowhere'))).toBe(false);
  });

  test('an IMAP server that is down', async () => {
    const [port = 0] = await freePorts(1);
    const [plain, json] = await both(['list'], (text) =>
      text.replace(/port = \d+/, `port = ${port}`),
    );
    expectFailure(plain, json, {
      code: 75,
      kind: 'temporary',
      message: new RegExp(`^cannot reach localhost:${port} \\(ECONNREFUSED\\)$`),
      hint: /try again/,
    });
  });

  test('an IMAP server that is not in the DNS', async () => {
    const [plain, json] = await both(['list'], (text) =>
      text.replace(/host = .*/, 'host = "imap.nowhere.invalid"'),
    );
    expectFailure(plain, json, {
      code: 75,
      kind: 'temporary',
      message: /^cannot reach imap\.nowhere\.invalid:\d+ \((ENOTFOUND|EAI_AGAIN)\)$/,
      hint: /try again/,
    });
  });

  test('a server that speaks no TLS where TLS is due', async () => {
    const [plain, json] = await both(['list'], (text) =>
      text.replace(/port = \d+/, `port = ${provider.oauth.port}`).replace('localhost', '127.0.0.1'),
    );
    expectFailure(plain, json, {
      code: 76,
      kind: 'protocol',
      message: /^127\.0\.0\.1:\d+ does not speak TLS as it should/,
      hint: /port/,
    });
  });

  test('an authority nobody has vouched for', async () => {
    const [plain, json] = await both(['list'], (text) => text.replace(/ca_file = .*/, ''));
    expectFailure(plain, json, {
      code: 76,
      kind: 'protocol',
      message: /^the certificate of localhost:\d+ is not trusted: /,
      hint: /--ca-file|ca_file/,
    });
  });

  test('a certificate that has expired', async () => {
    const expired = await startProvider({ expiredCertificate: true });
    const [plain, json] = await both(['list'], (text) =>
      text
        .replace(/ca_file = .*/, `ca_file = "${expired.certificates.caFile}"`)
        .replace(/port = \d+/, `port = ${expired.imap.port}`),
    );
    expectFailure(plain, json, {
      code: 76,
      kind: 'protocol',
      message: /^the certificate of localhost:\d+ is not trusted: .*expired/,
      hint: /./,
    });
    expect(expired.imap.log()).not.toContain('Login');
  });

  test('a server without a login by OAuth', async () => {
    const old = await startProvider({ mechanisms: 'plain' });
    const [plain, json] = await both(['list'], (text) =>
      text
        .replace(/ca_file = .*/, `ca_file = "${old.certificates.caFile}"`)
        .replace(/port = \d+/, `port = ${old.imap.port}`),
    );
    expectFailure(plain, json, {
      code: 69,
      kind: 'refused',
      message: /^localhost offers no login by OAuth/,
      hint: /OAuth/,
    });
    expect(old.imap.log()).not.toMatch(/method=PLAIN/i);
  });

  test('a log file that cannot be written', async () => {
    const [plain, json] = await both(['list', '--log-file', 'no/such/folder/log']);
    expectFailure(plain, json, {
      ...usage,
      message: /^cannot write the log no\/such\/folder\/log: /,
      hint: null,
    });
  });
});
