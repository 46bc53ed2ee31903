import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { cleanUpLater } from '../support/clean-up.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';
import { startScriptedOAuth } from '../support/scripted-oauth.ts';

const password = 'pw-canary-8Kd';

describeWith('dovecot', 'an account that is logged in to in another way', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider({ password });
    provider.imap.deliver(ada, 'INBOX', Buffer.from('Subject: hello\r\n\r\nhello\r\n'));
  });
  const configOf = (home: Home) => join(home.config, 'mailctl', 'config.toml');
  const edit = (home: Home, change: (text: string) => string, file = configOf(home)) =>
    writeFileSync(file, change(readFileSync(configOf(home), 'utf8')));
  const statusOf = async (home: Home) => (await run(['status', '--json'], { home })).rows[0];
  const loggedIn = async () => {
    const home = await newHome();
    expect((await provider.login(home, { name: 'club' })).code).toBe(0);
    return home;
  };

  it('goes from OAuth to a password and back', async () => {
    const home = await loggedIn();
    const toPassword = ['login', '-a', 'club', '--password-stdin'];
    expect((await run(toPassword, { home, stdin: password })).code).toBe(0);
    expect((await run(['list'], { home })).stdout).toContain('hello');
    const token = await run(['token'], { home });
    expect([token.code, token.stdout]).toEqual([77, '']);
    expect(token.stderr).toContain('mailctl login -a club --oauth');

    const back = { arguments: ['login', '-a', 'club', '--oauth'] };
    expect((await provider.login(home, back)).code).toBe(0);
    expect((await run(['token'], { home })).code).toBe(0);
    expect((await run(['list'], { home })).stdout).toContain('hello');
  });

  it.each([
    ['--password', '--device'],
    ['--password-stdin', '--oauth'],
    ['--client-credentials', '--device'],
    ['--signing-key=k', '--password'],
  ])('is not by %s and %s at once', async (...flags) => {
    const home = await newHome();
    const login = await run(provider.loginArguments(home, { args: flags }), { home });
    expect([login.code, login.stderr]).toEqual([64, expect.stringContaining('at a time')]);
  });

  it('is not logged in when only its config says another way', async () => {
    const home = await loggedIn();
    const text = readFileSync(configOf(home), 'utf8');
    edit(home, () => text.replace('[accounts.club]', '[accounts.club]\nlogin = "password"'));
    for (const verb of ['token', 'list']) {
      expect(await run([verb], { home })).toMatchObject({ code: 77, stdout: '' });
    }
    expect(await statusOf(home)).toMatchObject({
      login: 'none',
      problem: 'no password of club is stored',
    });
    expect((await run(['status', '--expires-within', '1d'], { home })).code).toBe(77);
    expect((await run(['status', '--check'], { home })).code).toBe(77);
    edit(home, () => text);
    expect((await run(['list'], { home })).code).toBe(0);
  });

  it('does not send to another server what one has given', async () => {
    const other = await startScriptedOAuth();
    cleanUpLater(() => other.close());
    const home = await loggedIn();
    edit(home, (text) => text.replaceAll(provider.oauth.issuer, other.issuer));
    const token = await run(['token', '--min-valid', '1d'], { home });
    expect([token.code, token.stdout]).toEqual([77, '']);
    expect(token.stderr).toContain(`was given by ${provider.oauth.issuer}`);
    const logout = await run(['logout', '--json'], { home });
    expect(logout.rows).toMatchObject([{ removed: true, revoked: false }]);
    expect(logout.stderr).toContain('the provider was not told');
    expect(other.requests).toEqual([]);
  });

  it('does not send to another client’s name what was given to one', async () => {
    const home = await loggedIn();
    edit(home, (text) => text.replace('client_id = "mailctl"', 'client_id = "other"'));
    const token = await run(['token', '--min-valid', '1d'], { home });
    expect([token.code, token.stderr]).toEqual([77, expect.stringContaining('client mailctl')]);
  });

  it('is not taken for an account of the same name in another config', async () => {
    const home = await loggedIn();
    const second = join(home.directory, 'second.toml');
    edit(home, (text) => text.replaceAll(ada, 'eve@example.org'), second);
    const there = { home, env: { MAILCTL_CONFIG: second } };
    for (const verb of [['token'], ['list'], ['status', '--expires-within', '1d']]) {
      const result = await run(verb, there);
      expect([result.code, result.stderr], verb[0]).toEqual([
        77,
        expect.stringContaining(`is the login of ${ada}`),
      ]);
    }
    const login = await run(['login', '-a', 'club', '--password-stdin'], {
      ...there,
      stdin: password,
    });
    expect([login.code, login.stderr]).toEqual([64, expect.stringContaining('--name')]);
    expect((await run(['list'], { home })).code).toBe(0);
  });

  it('asks nobody where the config could not be written afterwards', async () => {
    const home = await newHome();
    const words = provider.loginArguments(home, { args: ['--config', '/proc/mailctl/c.toml'] });
    const login = await run([...words, '--no-browser', '--json'], { home });
    expect([login.code, login.stdout]).toEqual([78, '']);
    expect(login.stderr).toContain('cannot write the config');
    expect(existsSync(join(home.state, 'mailctl', 'tokens', 'example.json'))).toBe(false);
  });
});
