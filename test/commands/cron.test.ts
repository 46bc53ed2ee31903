import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../src/errors.ts';
import { verbs } from '../../src/main.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type BareOptions, type Home, newHome, type Result, startBare } from '../support/run.ts';

/** Nobody is there to answer, and nothing is waited for. */
const longestMs = 10_000;

/** A home in which starting a browser, by whatever name it has, leaves a trace. */
async function homeOfCron() {
  const home = await newHome();
  const programs = join(home.directory, 'programs');
  const trace = join(home.directory, 'browser-was-opened');
  mkdirSync(programs);
  for (const name of ['xdg-open', 'x-www-browser', 'www-browser', 'sensible-browser']) {
    writeFileSync(join(programs, name), `#!/bin/sh\n: > '${trace}'\n`);
    chmodSync(join(programs, name), 0o755);
  }
  const PATH = `${programs}:/usr/bin:/bin`;
  const cron = async (args: readonly string[], options: Partial<BareOptions> = {}) => {
    const variables = { PATH, LANG: 'C', ...options.variables };
    const startedAt = performance.now();
    // The pipe to it stays open: who reads from it waits for ever.
    const given = { home, stdin: null, ...options, variables };
    const result = await startBare(args, given).result;
    expect(existsSync(trace), `${args[0]} opened a browser`).toBe(false);
    expect(performance.now() - startedAt, args[0]).toBeLessThan(longestMs);
    return result;
  };
  return { home, cron };
}

function pathsBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).map((entry) =>
    join(entry.parentPath, entry.name),
  );
}

function expectPrivate(home: Home, known: readonly string[]): void {
  const made = pathsBelow(home.directory).filter((path) => !known.includes(path));
  expect(made.length).toBeGreaterThan(0);
  const open = made.filter((path) => {
    const stats = lstatSync(path);
    return (stats.mode & 0o7777) !== (stats.isDirectory() ? 0o700 : 0o600);
  });
  expect(open).toEqual([]);
}

/** A failure that is told once, with a way out, and no question. */
function expectTold({ stdout, stderr }: Result, verb: string): void {
  expect(stdout, verb).toBe('');
  expect(stderr, verb).toMatch(/^mailctl: [^\n]+\n( {2}→ [^\n]+\n)?$/);
}

/** What each verb says of a computer account where nothing is set up. */
const withoutConfig: Readonly<Record<string, readonly [code: number, ...args: string[]]>> = {
  login: [64],
  log: [0],
  store: [78, 'move', '--to', 'file', '--key-file', 'key'],
  search: [78, 'from:bob'],
  show: [78, '1'],
};
const otherVerbs = ['logout', 'status', 'token', 'folders', 'list', 'fetch'];

describe.skipIf(process.platform === 'win32')('in cron', () => {
  test('every verb ends by itself where nothing is set up', async () => {
    const { cron } = await homeOfCron();
    await Promise.all(
      verbs.map(async ({ name }) => {
        const known = withoutConfig[name];
        const [code, ...args] = known ?? [78];
        const isKnown = known !== undefined || otherVerbs.includes(name);
        // A verb this test has not heard of may read its input, but must not ask.
        const result = await cron([name, ...args], isKnown ? {} : { stdin: '' });
        if (isKnown) expect(result.code, `${name}: ${result.stderr}`).toBe(code);
        const codes = exitCodes.map((one) => one.code).filter((one) => one !== 70);
        expect(codes, `${name}: ${result.stderr}`).toContain(result.code);
        if (result.code !== 0) expectTold(result, name);
      }),
    );
  });

  test('what only a person could give is told as missing', async () => {
    const { home, cron } = await homeOfCron();
    const google = ['login', 'ada@gmail.com', '--client-id', 'x', '--store', 'file'];
    const secret = await cron([...google, '--key-file', join(home.directory, 'key')]);
    expect(secret.code).toBe(64);
    expect(secret.stderr).toContain('--client-secret-file');
    mkdirSync(join(home.config, 'mailctl'), { mode: 0o700 });
    writeFileSync(
      join(home.config, 'mailctl', 'config.toml'),
      `[accounts.club]
address = "ada@example.org"
client_id = "mailctl"
store = "file"
passphrase = "ask"
imap = { host = "imap.example.org" }
oauth = { issuer = "https://login.example.org" }
`,
      { mode: 0o600 },
    );
    const login = await cron(['login']);
    expect(login.code, login.stderr).toBe(71);
    expect(login.stderr).toContain('nobody can be asked');
  });
});

describeWith('dovecot', 'in cron, logged in', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider();
    provider.imap.deliver(ada, 'INBOX', Buffer.from('Subject: Supper\r\n\r\nAt seven?\r\n'));
  });

  /** Told on stdout, but for what is silent. In this order: the last one ends the login. */
  const lines: readonly (readonly [line: string, stdout: RegExp])[] = [
    ['fetch', /^$/],
    ['fetch', /^$/],
    ['token', /^[\x21-\x7e]+\n$/],
    ['status', /^club\t.*\n$/],
    ['folders', /^INBOX\t/],
    ['list', /\tSupper\n$/],
    ['search subject:supper', /\tSupper\n$/],
    ['show 1', /At seven\?/],
    ['store move --to file --key-file KEY', /^club: tokens moved to /],
    ['log', /\tlogin\t/],
    ['logout', /^club: login revoked/],
  ];

  test.each([
    ['000', /./],
    ['077', /^(fetch|token|logout)/],
  ])('under umask %s all of it works, and is private', async (umask, some) => {
    const { home, cron } = await homeOfCron();
    const known = pathsBelow(home.directory);
    const flags = provider.loginArguments(home, { name: 'club', args: ['--timeout', '1s'] });
    // Not even where a desktop is near: nobody may be at it.
    const unanswered = await cron(flags, { umask, variables: { DISPLAY: ':99' } });
    expect(unanswered.code).toBe(75);
    expect(unanswered.stderr).toMatch(/^Open this page/);
    expect((await provider.login(home, { name: 'club' })).code).toBe(0);
    // The mail server refuses the token, so that the first of it has to be renewed.
    provider.oauth.expireAccessTokens();
    for (const [line, stdout] of lines.filter(([line]) => some.test(line))) {
      const args = line.replace('KEY', join(home.directory, 'other-key')).split(' ');
      const result = await cron(args, { umask });
      expect(result, `${line}: ${result.stderr}`).toMatchObject({ code: 0, stderr: '' });
      expect(result.stdout, line).toMatch(stdout);
    }
    expectPrivate(home, known);
    const renewals = provider.oauth.tokenRequests.filter(
      ({ grantType }) => grantType === 'refresh_token',
    );
    expect(renewals.length).toBeGreaterThan(0);
  });
});
