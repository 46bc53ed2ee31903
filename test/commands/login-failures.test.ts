import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { approve } from '../sandbox/person.ts';
import { expectFailure } from '../support/failure.ts';
import { describeWith } from '../support/parts.ts';
import { freePorts } from '../support/processes.ts';
import { ada, type LoginOptions, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, type Result, run } from '../support/run.ts';

describeWith('dovecot', 'a login that fails', () => {
  let provider: Provider;
  let home: Home;
  beforeAll(async () => {
    provider = await startProvider();
  });
  beforeEach(async () => {
    home = await newHome();
  });

  /** Without where the person was sent, which is said before anything can fail. */
  const withoutUrl = (result: Result): Result => ({
    ...result,
    stdout: result.stdout.replace(/^\{"type":"authorization".*\n/, ''),
    stderr: result.stderr.replace(/^Open this page.*\n {2}http.*\nWaiting for.*\n/, ''),
  });
  /** A login for a person and one for a program, each with what happens while it waits. */
  async function both(options: LoginOptions, meanwhile: (url: URL) => Promise<unknown>) {
    const [plain, json] = await Promise.all(
      [false, true].map(async (json) => {
        const { url, result } = await provider.startLogin(home, { ...options, json });
        await meanwhile(url);
        return withoutUrl(await result);
      }),
    );
    if (plain === undefined || json === undefined) throw new Error('two logins give two results');
    return { plain, json };
  }
  const nothingIsKept = () => {
    expect(existsSync(join(home.config, 'mailctl', 'config.toml'))).toBe(false);
    const tokens = join(home.state, 'mailctl', 'tokens');
    expect(existsSync(tokens) ? readdirSync(tokens) : []).toEqual([]);
  };
  const tokenRequests = () => provider.oauth.tokenRequests.length;
  const redirectOf = (url: URL, parameters: Record<string, string>) => {
    const redirect = new URL(url.searchParams.get('redirect_uri') ?? '');
    for (const [name, value] of Object.entries(parameters)) redirect.searchParams.set(name, value);
    return redirect;
  };

  test('because the person refuses ends with 77, and the browser says so', async () => {
    const requests = tokenRequests();
    const bodies: string[] = [];
    const { plain, json } = await both({}, async (url) => {
      bodies.push((await approve(url, { login: ada, decision: 'refuse' })).body);
    });
    expectFailure(plain, json, {
      code: 77,
      kind: 'login',
      message: /^the login was refused in the browser/,
      hint: /mailctl login/,
    });
    for (const body of bodies) expect(body).toContain('Not signed in');
    expect(tokenRequests()).toBe(requests);
    nothingIsKept();
  });

  test('is not ended by a redirect with a forged state; nobody who can come ends it with 75', async () => {
    const requests = tokenRequests();
    const forged: number[] = [];
    const started = Date.now();
    const { plain, json } = await both({ args: ['--timeout', '2s'] }, async (url) => {
      for (const parameters of [
        { state: 'forged', code: 'stolen', iss: provider.oauth.issuer },
        { state: 'forged', error: 'access_denied' },
        { code: 'stolen' },
      ]) {
        forged.push((await fetch(redirectOf(url, parameters))).status);
      }
    });
    expect(new Set(forged)).toEqual(new Set([400]));
    expect(Date.now() - started).toBeGreaterThan(2000);
    const warning = /^mailctl: turned away a redirect .*\(wrong state\)\n/gm;
    expect(plain.stderr.match(warning)).toHaveLength(3);
    const cleaned = [plain, json].map((result) => ({
      ...result,
      stderr: result.stderr.replace(warning, ''),
    }));
    expectFailure(cleaned[0] ?? plain, cleaned[1] ?? json, {
      code: 75,
      kind: 'temporary',
      message: /^nobody finished the login within 2 s$/,
      hint: /--timeout/,
    });
    expect(tokenRequests()).toBe(requests);
    nothingIsKept();
  });

  test('never happens to who comes with the right state after a forged one', async () => {
    const { url, result } = await provider.startLogin(home);
    await fetch(redirectOf(url, { state: 'forged', code: 'stolen' }));
    const page = await approve(url, { login: ada, decision: 'allow' });
    expect(page.body).toContain('Signed in');
    expect(await result).toMatchObject({ code: 0 });
    expect((await run(['list'], { home })).code).toBe(0);
  });

  test('because the redirect names another issuer ends without a token request', async () => {
    const requests = tokenRequests();
    const { plain, json } = await both({}, (url) =>
      fetch(
        redirectOf(url, {
          state: url.searchParams.get('state') ?? '',
          code: 'from-elsewhere',
          iss: 'https://evil.example',
        }),
      ),
    );
    expectFailure(plain, json, { code: 76, kind: 'protocol', message: /iss/, hint: /issuer/ });
    expect(tokenRequests()).toBe(requests);
    nothingIsKept();
  });

  test('because the code is not good ends with a way to try again', async () => {
    const { plain, json } = await both({}, (url) =>
      fetch(
        redirectOf(url, {
          state: url.searchParams.get('state') ?? '',
          code: 'made-up',
          iss: provider.oauth.issuer,
        }),
      ),
    );
    expectFailure(plain, json, {
      code: 77,
      kind: 'login',
      message: /invalid_grant/,
      hint: /mailctl login/,
    });
    nothingIsKept();
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'by %s ends at once, and leaves nothing',
    async (signal) => {
      const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
      const running = await provider.startLogin(home);
      const started = Date.now();
      running.kill(signal);
      const result = withoutUrl(await running.result);
      expect(Date.now() - started).toBeLessThan(2000);
      expect(result).toMatchObject({ code: codes[signal], signal: null, stdout: '' });
      expect(JSON.parse(result.stderr)).toMatchObject({ type: 'error', kind: 'cancelled' });
      nothingIsKept();
      await expect(fetch(redirectOf(running.url, {}))).rejects.toThrow();
    },
  );

  test('because the login server is down ends with 75 before anybody is asked', async () => {
    const [port = 0] = await freePorts(1);
    const args = provider.loginArguments(home, { args: ['--issuer', `http://127.0.0.1:${port}`] });
    const [plain, json] = await Promise.all([
      run([...args, '--no-browser'], { home }),
      run([...args, '--no-browser', '--json'], { home }),
    ]);
    expectFailure(plain, json, {
      code: 75,
      kind: 'temporary',
      message: new RegExp(`^cannot reach 127\\.0\\.0\\.1:${port} \\(ECONNREFUSED\\)$`),
      hint: /try again/,
    });
    nothingIsKept();
  });

  test('later, because the login server is down, keeps the login for another time', async () => {
    const other = await startProvider({ oauth: { accessTokenTtlSeconds: 1 } });
    await other.login(home, { name: 'club' });
    await pause(1000);
    await other.oauth.close();
    const [plain, json] = await Promise.all([
      run(['list'], { home }),
      run(['list', '--json'], { home }),
    ]);
    expectFailure(plain, json, {
      code: 75,
      kind: 'temporary',
      message: /^cannot reach 127\.0\.0\.1:\d+ \(ECONNREFUSED\)$/,
      hint: /try again/,
    });
    expect((await run(['status', '--json'], { home })).rows).toMatchObject([{ login: 'expired' }]);
  });

  test('later, because the grant has ended, says how to log in again', async () => {
    await provider.login(home, { name: 'club' });
    provider.oauth.expireAccessTokens();
    provider.oauth.revokeGrants();
    const plain = await run(['list'], { home });
    const json = await run(['list', '--json'], { home });
    expectFailure(plain, json, {
      code: 77,
      kind: 'login',
      message: /^the login of club has ended: /,
      hint: /^mailctl login -a club$/,
    });
  });

  test('because nobody knows the client ends with what to check', async () => {
    const args = ['--client-id', 'nobody', '--timeout', '2s'];
    const { url, result } = await provider.startLogin(home, { args });
    // The server tells the person: it must not redirect for a client it does not know.
    expect((await fetch(url)).status).toBe(400);
    expect(await result).toMatchObject({ code: 75 });
  });
});
