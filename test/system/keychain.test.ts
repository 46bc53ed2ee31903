import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cleanUpLater } from '../support/clean-up.ts';
import { describeWith } from '../support/parts.ts';
import { type Home, newHome, type Result, run } from '../support/run.ts';
import { goodTokens } from '../support/scripted-oauth.ts';
import { type SecretServiceOptions, startSecretService } from '../support/secret-service.ts';
import { logIn, startLogin } from '../support/waiting-login.ts';

type State = SecretServiceOptions['state'];

describeWith('secretService', 'the OS keychain', () => {
  test('keeps a login from one command to the next, and nothing of it is in a file', async () => {
    const { env } = await session('unlocked');
    const { home, oauth } = await logIn({ store: 'keychain', env });

    expect(await run(['token'], { home, env })).toMatchObject({
      code: 0,
      stdout: `${goodTokens.access_token}\n`,
      stderr: '',
    });
    const [account] = (await run(['status', '--json'], { home, env })).rows;
    expect(account).toMatchObject({ account: 'club', store: 'keychain', login: 'ok' });
    expectNoSecretIn(home);

    const logout = await run(['logout'], { home, env });
    expect(logout).toMatchObject({
      code: 0,
      stdout: 'club: login revoked at the provider and removed here\n',
    });
    expect(oauth.requests).toContain('POST /revoke');
    expect(await run(['token'], { home, env })).toMatchObject({
      code: 77,
      stderr: expect.stringMatching(/club is not logged in\n.*mailctl login -a club/),
    });
    expectNoSecretIn(home);
  });

  test.each([
    ['4 KB', `a-canary-${'x'.repeat(4096)}`],
    ['64 KB', `a-canary-${'y'.repeat(65_536)}`],
    ['every character a token may have', String.fromCharCode(...visible())],
  ])('gives back a token of %s as it was', async (_, accessToken) => {
    const { env } = await session('unlocked');
    const { home } = await logIn({
      store: 'keychain',
      env,
      oauth: { token: [{ status: 200, body: { ...goodTokens, access_token: accessToken } }] },
    });
    expect((await run(['token'], { home, env })).stdout).toBe(`${accessToken}\n`);
  });

  test.each<[string, State | 'no-bus', RegExp]>([
    ['is locked', 'locked', /the keychain is locked/],
    ['has nobody behind it', 'no-provider', /there is no keychain in this session/],
    ['has no bus to be reached by', 'no-bus', /there is no keychain in this session/],
  ])('that %s is told apart from a login that is missing', async (_, state, sentence) => {
    const home = await loggedInHome();
    const { env } = await session(state);
    for (const verb of ['token', 'logout', 'list', 'fetch', 'folders']) {
      const startedAt = performance.now();
      const result = await run([verb], { home, env });
      expectToldOnce(result, sentence);
      expect(performance.now() - startedAt, verb).toBeLessThan(5_000);
    }
    // Looking at the accounts is no failure: the trouble of one is a word in its row.
    const status = await run(['status', '--json'], { home, env });
    expect(status.code).toBe(0);
    expect(status.rows).toMatchObject([
      { account: 'club', login: 'store-error', problem: expect.stringMatching(sentence) },
    ]);
  });

  test.each<[string, State | 'no-bus', RegExp]>([
    ['is locked', 'locked', /the keychain is locked/],
    ['has nobody behind it', 'no-provider', /there is no keychain in this session/],
    ['has no bus to be reached by', 'no-bus', /there is no keychain in this session/],
  ])(
    'that %s is found out before the person is sent to the browser',
    async (_, state, sentence) => {
      const { env } = await session(state);
      const { login, oauth, home } = await startLogin({ store: 'keychain', env });
      const result = await login.result;
      expectToldOnce(result, sentence);
      expect(result.stderr).toContain('--store file');
      expect(oauth.requests).toEqual([]);
      expect(readdirSync(join(home.config, 'mailctl'))).toEqual(['config.toml']);
      expect(readFileSync(join(home.config, 'mailctl', 'config.toml'), 'utf8')).not.toContain(
        'club',
      );
    },
  );

  test('keeps its entry when it was locked for a while', async () => {
    const directory = (await newHome()).directory;
    const first = await session('unlocked', directory);
    const { home } = await logIn({ store: 'keychain', env: first.env });
    await first.close();

    const locked = await session('locked', directory);
    expectToldOnce(await run(['token'], { home, env: locked.env }), /locked/);
    expectToldOnce(await run(['logout'], { home, env: locked.env }), /locked/);
    await locked.close();

    const again = await session('unlocked', directory);
    expect((await run(['token'], { home, env: again.env })).stdout).toBe(
      `${goodTokens.access_token}\n`,
    );
  });

  test('is not needed for help, nor where a token is given', async () => {
    const home = await newHome();
    expect((await run(['token', '--help'], { home })).code).toBe(0);
    const given = await run(['token'], { home, env: { MAILCTL_ACCESS_TOKEN: 'given-token' } });
    expect(given).toMatchObject({ code: 0, stdout: 'given-token\n' });
  });
});

/** What a program of this session has in its environment. Closed at the end of the test. */
async function session(state: State | 'no-bus', directory?: string) {
  if (state === 'no-bus') return { env: {}, close: async () => {} };
  const service = await startSecretService({
    directory: directory ?? (await newHome()).directory,
    state,
  });
  cleanUpLater(service.close);
  return service;
}

/** A home whose config has an account that keeps its login in the keychain. */
async function loggedInHome(): Promise<Home> {
  const { env } = await session('unlocked');
  return (await logIn({ store: 'keychain', env })).home;
}

function expectToldOnce({ code, signal, stdout, stderr }: Result, sentence: RegExp): void {
  expect({ code, signal, stdout, stderr }).toEqual({
    code: 71,
    signal: null,
    stdout: '',
    stderr: expect.stringMatching(/^mailctl: [^\n]+\n {2}→ [^\n]+\n$/),
  });
  expect(stderr).toMatch(sentence);
}

function expectNoSecretIn(home: Home): void {
  const files = readdirSync(home.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expect(readFileSync(file, 'latin1'), file).not.toMatch(/canary/);
}

/** RFC 6749 App. A.12: VSCHAR. */
function visible(): number[] {
  return Array.from({ length: 0x7e - 0x21 + 1 }, (_, index) => 0x21 + index);
}
