import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { TokenRequest } from '../sandbox/oauth-server.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';

describeWith('dovecot', 'the access token', () => {
  let provider: Provider;
  let home: Home;
  /** Requests to the token endpoint since the test began. */
  let since: number;

  beforeAll(async () => {
    provider = await startProvider();
    provider.imap.deliver(ada, 'INBOX', Buffer.from('Subject: Supper\r\n\r\nAt seven?\r\n'));
  });
  beforeEach(async () => {
    provider.oauth.setAccessTokenTtl(3600);
    home = await newHome();
    since = provider.oauth.tokenRequests.length;
  });

  const refreshes = (): TokenRequest[] =>
    provider.oauth.tokenRequests
      .slice(since)
      .filter(({ grantType }) => grantType === 'refresh_token');
  const token = async () => {
    const { code, stdout } = await run(['token'], { home });
    expect(code).toBe(0);
    return stdout.trim();
  };
  /** Logs in; the access token has run out when this resolves, those that follow are good. */
  async function loginWithStaleToken(): Promise<void> {
    provider.oauth.setAccessTokenTtl(1);
    await provider.login(home, { name: 'club' });
    await pause(1000);
    provider.oauth.setAccessTokenTtl(3600);
  }

  test('is printed alone on a line, and with its end under --json', async () => {
    await provider.login(home);
    const plain = await run(['token'], { home });
    expect(plain.stdout).toMatch(/^[\x21-\x7e]+\n$/);
    expect(await provider.oauth.isActive(plain.stdout.trim())).toBe(true);
    const json = await run(['token', '--json'], { home });
    expect(json.rows).toEqual([
      { type: 'token', accessToken: plain.stdout.trim(), expiresAt: expect.any(String) },
    ]);
    expect(refreshes()).toEqual([]);
  });

  test('is refreshed when its time is over, each time with the newest refresh token', async () => {
    await loginWithStaleToken();
    provider.oauth.setAccessTokenTtl(1);
    const first = await token();
    await pause(1000);
    provider.oauth.setAccessTokenTtl(3600);
    // This server ends the grant when a refresh token is used a second time.
    const second = await token();
    expect(second).not.toBe(first);
    expect(await token()).toBe(second);
    expect(await provider.oauth.isActive(second)).toBe(true);
    expect(refreshes().map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(refreshes().map(({ parameters }) => parameters['refresh_token'])).size).toBe(2);
  });

  test('is refreshed by the verbs that read mail, too', async () => {
    await loginWithStaleToken();
    const list = await run(['list'], { home });
    expect(list).toMatchObject({ code: 0, stderr: '' });
    expect(list.stdout).toContain('Supper');
    expect(refreshes()).toHaveLength(1);
    await run(['folders'], { home });
    expect(refreshes()).toHaveLength(1);
  });

  test('that the mail server refuses is renewed once, and the command succeeds', async () => {
    await provider.login(home);
    const refused = await token();
    provider.oauth.expireAccessTokens();
    const list = await run(['list'], { home });
    expect(list).toMatchObject({ code: 0, stderr: '' });
    expect(list.stdout).toContain('Supper');
    expect(refreshes()).toHaveLength(1);
    expect(await token()).not.toBe(refused);
  });

  test('that the mail server refuses again after a renewal is not tried for ever', async () => {
    await provider.login(home, { name: 'club' });
    // Good tokens, but of another person than the mailbox.
    const config = `${home.config}/mailctl/config.toml`;
    await writeFile(
      config,
      (await readFile(config, 'utf8')).replace(
        'address = ',
        'mailbox = "bea@example.net"\naddress = ',
      ),
    );
    const list = await run(['list'], { home });
    expect(list).toMatchObject({ code: 77, stdout: '' });
    expect(list.stderr).toMatch(/^mailctl: localhost refuses the login of bea@example\.net/);
    expect(list.stderr).toContain('→ mailctl login -a club');
    expect(refreshes()).toHaveLength(1);
  });

  test('cannot be had when the grant was revoked: a login is needed, and the hint is it', async () => {
    await provider.login(home, { name: 'club' });
    provider.oauth.expireAccessTokens();
    provider.oauth.revokeGrants();
    for (const verb of ['list', 'folders', 'fetch']) {
      const result = await run([verb], { home });
      expect(result).toMatchObject({ code: 77, stdout: '' });
      expect(result.stderr).toMatch(
        /^mailctl: the login of club has ended.*\n {2}→ mailctl login -a club\n$/,
      );
    }
    // The command of the hint is the way out.
    await provider.login(home, { arguments: ['login', '-a', 'club'] });
    expect((await run(['list'], { home })).code).toBe(0);
  });

  test('and its login survive an authorization server that fails for a while', async () => {
    await loginWithStaleToken();
    const html = { 'content-type': 'text/html' };
    const faults = [
      [75, 500, { error: 'server_error' }, {}],
      [75, 502, '<html><h1>Bad Gateway</h1></html>', html],
      [75, 503, { error: 'temporarily_unavailable' }, { 'retry-after': '30' }],
      [75, 429, { error: 'slow_down' }, { 'retry-after': '30' }],
      [75, 429, 'Too Many Requests', {}],
      [75, 200, '<html><form>Accept our terms</form></html>', html],
      [76, 200, '{"access_token": "half', { 'content-type': 'application/json' }],
      [75, 408, '', {}],
    ] as const;
    let expected = 0;
    for (const [code, status, body, headers] of faults) {
      // What may be over in a moment is tried three times; not what says when to come back.
      const attempts = code === 75 && !('retry-after' in headers) ? 3 : 1;
      for (let n = 0; n < attempts; n++) provider.oauth.failNext(status, body, headers);
      expected += attempts;
      const result = await run(['list'], { home });
      expect(result, `${status} ${JSON.stringify(body)}`).toMatchObject({ code, stdout: '' });
      expect(result.stderr).toMatch(/^mailctl: .+\n {2}→ .+\n$/);
    }
    expect(refreshes()).toHaveLength(expected);
    expect((await run(['list'], { home })).code).toBe(0);
  }, 120_000);

  test('is asked for once when ten need it at the same moment', async () => {
    await loginWithStaleToken();
    const results = await Promise.all(
      Array.from({ length: 10 }, () => run(['token'], { home, timeoutMs: 60_000 })),
    );
    expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      results.map(() => ({ code: 0, stderr: '' })),
    );
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
    expect(refreshes().map(({ status }) => status)).toEqual([200]);
    expect(await provider.oauth.isActive(await token())).toBe(true);
  });

  test('is renewed once when the mail server refuses it to ten at the same moment', async () => {
    await provider.login(home);
    provider.oauth.expireAccessTokens();
    const results = await Promise.all(
      Array.from({ length: 10 }, () => run(['list'], { home, timeoutMs: 60_000 })),
    );
    expect(results.map(({ code }) => code)).toEqual(results.map(() => 0));
    expect(refreshes().map(({ status }) => status)).toEqual([200]);
  });

  test('ends the login where the server gives no refresh token', async () => {
    const strict = await startProvider({
      oauth: { issueRefreshTokens: false, accessTokenTtlSeconds: 1 },
    });
    await strict.login(home, { name: 'club' });
    await pause(1000);
    expect((await run(['status', '--json'], { home })).rows).toMatchObject([{ login: 'ended' }]);
    const result = await run(['list'], { home });
    expect(result).toMatchObject({ code: 77, stdout: '' });
    expect(result.stderr).toContain('→ mailctl login -a club');
  });
});
