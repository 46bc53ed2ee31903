import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';

const letter = Buffer.from('From: bea@example.net\r\nSubject: Supper\r\n\r\nAt seven?\r\n');
const bea = 'bea@example.net';

describeWith('dovecot', 'the config', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider();
    provider.imap.deliver(ada, 'INBOX', letter);
    provider.imap.createMailbox(bea, 'INBOX');
  });

  const configOf = (home: Home) => join(home.config, 'mailctl', 'config.toml');
  const accountsOf = async (home: Home, ...args: string[]) => {
    const { rows } = await run(['status', '--json', ...args], { home });
    return rows.map(({ account, address, login }) => ({ account, address, login }));
  };
  async function write(path: string, text: string): Promise<void> {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, text);
  }
  /** What stands in a config for an account of this provider. */
  const tables = (home: Home, name: string, address: string) => `[accounts.${name}]
address = "${address}"
client_id = "mailctl"
store = "file"
key_file = "${home.directory}/key"
[accounts.${name}.oauth]
issuer = "${provider.oauth.issuer}"
[accounts.${name}.imap]
host = "localhost"
port = ${provider.imap.port}
ca_file = "${provider.certificates.caFile}"
`;

  test('a first login writes a config that only its owner can read, and no secret into it', async () => {
    const home = await newHome();
    expect((await provider.login(home)).code).toBe(0);

    const config = readFileSync(configOf(home), 'utf8');
    expect(config).toContain(`address = "${ada}"`);
    expect(config).toContain(`issuer = "${provider.oauth.issuer}"`);
    expect(config).not.toMatch(/token|secret/i);
    expect(statSync(configOf(home)).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(home.config, 'mailctl'))).toEqual(['config.toml']);
    expect(await accountsOf(home)).toEqual([{ account: 'example', address: ada, login: 'ok' }]);
    expect((await run(['list'], { home })).stdout).toContain('Supper');
  });

  test('a login keeps each comment and each other line of the config, byte for byte', async () => {
    const home = await newHome();
    const written = `# my mail
default_account = 'club'   # the one I read

timeouts = { connect = 7,  command = 50 } # slow line

  [accounts.club]     # indented by hand
  address="grace@example.org" # no blanks
  imap.host = "imap.example.org"
  # client_id = "later"
# the end`;
    await write(configOf(home), written);
    expect((await provider.login(home, { name: 'bee', address: bea })).code).toBe(0);

    const after = readFileSync(configOf(home), 'utf8');
    expect(after.startsWith(written)).toBe(true);
    expect(after.slice(written.length)).toContain(`address = "${bea}"`);
    expect(await accountsOf(home)).toEqual([
      { account: 'club', address: 'grace@example.org', login: 'store-error' },
      { account: 'bee', address: bea, login: 'ok' },
    ]);
  });

  test('a login to an address the config has is about that account and leaves the config as it is', async () => {
    const home = await newHome();
    await provider.login(home, { name: 'club' });
    const before = `# mine\n${readFileSync(configOf(home), 'utf8')}# really\n`;
    await write(configOf(home), before);

    const second = await provider.login(home);
    expect(second.rows.at(-1)).toMatchObject({ type: 'login', account: 'club' });
    expect(readFileSync(configOf(home), 'utf8')).toBe(before);
    const third = await provider.login(home, { address: 'Ada@Example.org' });
    expect(third.rows.at(-1)).toMatchObject({ type: 'login', account: 'club' });
    expect(await accountsOf(home)).toHaveLength(1);
  });

  test('a login that changes a setting changes that line alone', async () => {
    const home = await newHome();
    const before = `# top\n${tables(home, 'club', ada).replace('port', '# the port\nport')}# end\n`;
    await write(configOf(home), before.replace(/port = \d+/, 'port = 9'));
    const result = await provider.login(home, { name: 'club' });

    expect(result.code).toBe(0);
    const after = readFileSync(configOf(home), 'utf8');
    expect(after).toContain(`# the port\nport = ${provider.imap.port}\n`);
    expect(after.startsWith('# top\n[accounts.club]\n')).toBe(true);
    expect(after.endsWith('# end\n')).toBe(true);
    expect((await run(['list'], { home })).code).toBe(0);
  });

  test('a second account of one domain is called by its address', async () => {
    const home = await newHome();
    await provider.login(home);
    await provider.login(home, { address: 'grace@example.org' });
    const accounts = await accountsOf(home);
    expect(accounts.map(({ account }) => account)).toEqual(['example', 'grace@example.org']);
    expect((await run(['list', '-a', 'grace@example.org'], { home })).code).toBe(0);
  });

  test('login -a NAME needs no other word when the config has the account', async () => {
    const home = await newHome();
    await write(configOf(home), tables(home, 'club', ada));
    const before = readFileSync(configOf(home), 'utf8');
    const result = await provider.login(home, { arguments: ['login', '-a', 'club'] });
    expect(result.rows.at(-1)).toMatchObject({ type: 'login', account: 'club', address: ada });
    expect(readFileSync(configOf(home), 'utf8')).toBe(before);
  });

  test('--config goes before MAILCTL_CONFIG, and that before the usual place', async () => {
    const home = await newHome();
    const [usual, named, flagged] = [configOf(home), 'named.toml', 'flagged.toml'];
    for (const [path, name] of [
      [usual, 'usual'],
      [join(home.directory, named), 'named'],
      [join(home.directory, flagged), 'flagged'],
    ] as const) {
      await write(path, tables(home, name, ada));
    }
    const chosen = async (args: string[], env: Record<string, string>) => {
      const { rows } = await run(['status', '--json', ...args], { home, env });
      return rows[0]?.['account'];
    };
    expect(await chosen([], {})).toBe('usual');
    expect(await chosen([], { MAILCTL_CONFIG: '' })).toBe('usual');
    expect(await chosen([], { MAILCTL_CONFIG: named })).toBe('named');
    expect(await chosen(['--config', flagged], { MAILCTL_CONFIG: named })).toBe('flagged');
  });

  test('login writes the config that is named, and no other', async () => {
    const home = await newHome();
    const result = await provider.login(home, { args: ['--config', 'deep/er/mine.toml'] });
    expect(result.code).toBe(0);
    expect(readFileSync(join(home.directory, 'deep/er/mine.toml'), 'utf8')).toContain(ada);
    expect(existsSync(configOf(home))).toBe(false);
  });

  test('--account goes before MAILCTL_ACCOUNT, that before default_account', async () => {
    const home = await newHome();
    const names = ['one', 'two', 'three'];
    const all = names.map((name) => tables(home, name, ada)).join('');
    await write(configOf(home), `default_account = "one"\n${all}`);
    const used = async (args: string[], env: Record<string, string>) => {
      const result = await run(['list', ...args], { home, env });
      expect(result.code).toBe(77);
      return /^mailctl: (\w+) is not logged in$/m.exec(result.stderr)?.[1];
    };
    expect(await used([], {})).toBe('one');
    expect(await used([], { MAILCTL_ACCOUNT: '' })).toBe('one');
    expect(await used([], { MAILCTL_ACCOUNT: 'two' })).toBe('two');
    expect(await used(['-a', 'three'], { MAILCTL_ACCOUNT: 'two' })).toBe('three');
  });

  test('MAILCTL_ACCESS_TOKEN wins over the stored login and is not kept', async () => {
    const home = await newHome();
    await provider.login(home);
    const stored = (await run(['token'], { home })).stdout.trim();
    const other = await newHome();
    await provider.login(other);
    const given = (await run(['token'], { home: other })).stdout.trim();
    expect(given).not.toBe(stored);
    const env = { MAILCTL_ACCESS_TOKEN: given };

    expect((await run(['token'], { home, env })).stdout).toBe(`${given}\n`);
    expect((await run(['list'], { home, env })).stdout).toContain('Supper');
    const bad = await run(['list'], { home, env: { MAILCTL_ACCESS_TOKEN: 'made-up-token' } });
    expect(bad).toMatchObject({ code: 77, stdout: '' });
    expect(bad.stderr).toMatch(/MAILCTL_ACCESS_TOKEN: .*\n {2}→ /);
    expect((await run(['token'], { home })).stdout.trim()).toBe(stored);
  });

  test('with MAILCTL_ACCESS_TOKEN no login and no OAuth client is needed', async () => {
    const other = await newHome();
    await provider.login(other);
    const env = { MAILCTL_ACCESS_TOKEN: (await run(['token'], { home: other })).stdout.trim() };
    const home = await newHome();
    const imap = tables(home, 'club', ada).replace(
      /client_id.*\n|\[accounts.club.oauth\]\nissuer.*\n/g,
      '',
    );
    await write(configOf(home), imap.replace(/store.*\nkey_file.*\n/, ''));
    expect((await run(['list'], { home, env })).stdout).toContain('Supper');
  });
});
