import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type ExpectedFailure, expectFailure, runBoth } from '../support/failure.ts';
import { describeWith } from '../support/parts.ts';
import { freePorts } from '../support/processes.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';

interface Case extends ExpectedFailure {
  name: string;
  args: readonly string[];
  /** What is done to the config of a person who is logged in as `club`. */
  config?: (text: string) => string;
}

const notFound = { code: 66, kind: 'not-found' } as const;

const cases: readonly Case[] = [
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
  {
    ...notFound,
    name: 'a folder that is called nearly so',
    args: ['fetch', '--folder', 'inbxo'],
    message: /^there is no folder inbxo$/,
    hint: /^did you mean INBOX\?$/,
  },
  {
    code: 64,
    kind: 'usage',
    name: 'a query of fetch, shown as it was typed',
    args: ['fetch', 'form:grace', '--since', '2026'],
    message: /^the search cannot be read: .+\n {2}form:grace\n {2}\^$/,
    hint: /^mailctl search --help/,
  },
  {
    code: 64,
    kind: 'usage',
    name: 'a day that is none',
    args: ['fetch', '--since', 'tomorrow'],
    message: /^--since tomorrow is no date: a date is written 2026-11-30, .* or monday$/,
    hint: /^mailctl fetch --since 2026-11-30$/,
  },
  {
    ...notFound,
    name: 'a folder name with a line end',
    args: ['list', '--folder', 'INBOX\r\nA9 LOGOUT'],
    message: /control characters$/,
    hint: /^mailctl folders/,
  },
  {
    code: 78,
    kind: 'config',
    name: 'a certificate file that is not there',
    args: ['list'],
    config: (text) => text.replace(/ca_file = .*/, 'ca_file = "nowhere.pem"'),
    message: /certificate file \/.*nowhere\.pem/,
    hint: /./,
  },
];

describeWith('dovecot', 'mail that cannot be had: why, and the way out', () => {
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

  /** For a person and for a program, with the config changed. */
  async function both(args: readonly string[], change: Case['config'] = (text) => text) {
    const path = join(home.directory, 'changed', 'config.toml');
    await writeFile(path, change(goodConfig));
    return runBoth(args, { home, env: { MAILCTL_CONFIG: path } });
  }

  for (const { name, args, config, ...expected } of cases) {
    test(name, async () => {
      const [plain, json] = await both(args, config);
      expectFailure(plain, json, expected);
    });
  }

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
});
