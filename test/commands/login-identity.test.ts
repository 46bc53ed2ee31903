import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { startOAuthServer } from '../sandbox/oauth-server.ts';
import { approve } from '../sandbox/person.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, type Result, run, start } from '../support/run.ts';
import { goodTokens } from '../support/scripted-oauth.ts';
import { startWaitingLogin } from '../support/waiting-login.ts';

const team = 'team@example.org';
const shared = ['--mailbox', team];

describeWith('dovecot', 'a mailbox that is shared with somebody', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider({ shared: team });
    provider.imap.deliver(ada, 'INBOX', Buffer.from('Subject: To Ada\r\n\r\nHello\r\n'));
    provider.imap.deliver(team, 'INBOX', Buffer.from('Subject: To the team\r\n\r\nHello\r\n'));
  });

  async function logInAs(person: string, home: Home, options: object): Promise<Result> {
    const { url, result } = await provider.startLogin(home, options);
    await approve(url, { login: person, decision: 'allow' });
    return result;
  }

  test('is opened by the own login of who may, and nothing else is', async () => {
    const home = await newHome();
    const login = await logInAs(ada, home, { name: 'team', args: shared });
    expect(login, login.stderr).toMatchObject({ code: 0 });
    const list = await run(['list'], { home });
    expect(list).toMatchObject({ code: 0, stderr: '' });
    expect(list.stdout).toMatch(/\tTo the team\n$/);
    expect(list.stdout).not.toContain('To Ada');

    const { stdout: token } = await run(['token'], { home });
    const sasl = await run(['token', '--format', 'xoauth2'], { home });
    // The user is the mailbox; the token is Ada's.
    expect(Buffer.from(sasl.stdout, 'base64').toString()).toBe(
      `user=${team}\x01auth=Bearer ${token.trim()}\x01\x01`,
    );
    expect((await run(['status', '--json'], { home })).rows).toMatchObject([{ address: ada }]);
  });

  test('is not opened by the login of somebody else, who is told', async () => {
    const home = await newHome();
    const eve = 'eve@example.net';
    const login = await logInAs(eve, home, { address: eve, name: 'team', args: shared });
    expect(login.code, login.stderr).toBe(77);
    expect(login.stderr).toContain(`refuses the new login of ${team}`);
  });

  test('does not make a login as somebody else good', async () => {
    const home = await newHome();
    const login = await logInAs('eve@example.org', home, { name: 'team', args: shared });
    expect(login.code, login.stderr).toBe(77);
    expect(login.stderr).toContain(`"you logged in as eve@example.org, but ${ada} was asked for"`);
    expect(login.stderr).toContain('mailctl login eve@example.org --mailbox');
    expect(existsSync(join(home.state, 'mailctl', 'tokens', 'team.json'))).toBe(false);
  });
});

test('whose login it is is asked at the userinfo endpoint where the ID token does not say it', async () => {
  const oauth = await startOAuthServer({ addressOnlyAtUserinfo: true });
  cleanUpLater(oauth.close);
  const logIn = async (person: string) => {
    const home = await newHome();
    const words = ['login', ada, '--no-browser', '--no-check', '--json', '--name', 'club'];
    const server = ['--issuer', oauth.issuer, '--client-id', 'mailctl', '--imap-host', 'localhost'];
    const store = ['--store', 'file', '--key-file', join(home.directory, 'key')];
    const login = start([...words, ...server, ...store], { home });
    const [line] = await login.waitForStdout(/^\{"type":"authorization".*\}$/m);
    await approve(new URL(JSON.parse(line).url), { login: person, decision: 'allow' });
    return login.result;
  };
  expect(await logIn(ada)).toMatchObject({ code: 0, stderr: '' });
  const other = await logIn('eve@example.org');
  expect(other.code).toBe(77);
  expect(other.stderr).toContain(`you logged in as eve@example.org, but ${ada} was asked for`);
});

test('a login whose box for mail was left unticked is refused, and nothing of it is kept', async () => {
  const body = { ...goodTokens, scope: 'openid email' };
  const { login, redirect, home } = await startWaitingLogin({
    oauth: { token: [{ status: 200, body }] },
  });
  const page = await fetch(redirect());
  const { code, stderr } = await login.result;
  expect(code).toBe(77);
  expect(stderr).toContain('the login came without mail');
  expect(stderr).toContain('leave every box ticked');
  expect(await page.text()).toContain('came without mail');
  expect(existsSync(join(home.state, 'mailctl', 'tokens', 'club.json'))).toBe(false);
});
