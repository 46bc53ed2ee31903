import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { type ExpectedFailure, expectFailure, runBoth } from '../support/failure.ts';
import { newHome } from '../support/run.ts';

interface Case extends ExpectedFailure {
  name: string;
  args: readonly string[];
  /** What is done to a config that is good. */
  config?: (text: string) => string;
  env?: Record<string, string>;
}

const goodConfig = `[accounts.club]
address = "ada@example.org"
client_id = "mailctl"
[accounts.club.oauth]
issuer = "https://login.example.org"
[accounts.club.imap]
host = "imap.example.org"
port = 993
`;
const config = { code: 78, kind: 'config' } as const;
const usage = { code: 64, kind: 'usage' } as const;

const cases: readonly Case[] = [
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

describe('a config that cannot be used: where it is wrong, and what would be right', () => {
  for (const { name, args, config: change, env = {}, ...expected } of cases) {
    test(name, async () => {
      const home = await newHome();
      await mkdir(join(home.config, 'mailctl'));
      const text = change === undefined ? goodConfig : change(goodConfig);
      await writeFile(join(home.config, 'mailctl', 'config.toml'), text);
      const [plain, json] = await runBoth(args, { home, env });
      expectFailure(plain, json, expected);
    });
  }
});
