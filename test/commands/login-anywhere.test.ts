import { describe, expect, it } from 'vitest';
import { run } from '../support/run.ts';
import { goodTokens } from '../support/scripted-oauth.ts';
import { startInTerminal } from '../support/terminal.ts';
import { prepareLogin, startWaitingLogin } from '../support/waiting-login.ts';

describe('over SSH', () => {
  it.each([
    ['192.0.2.7 51000 198.51.100.4 22', '', 'ada@198.51.100.4'],
    ['2001:db8::7 51000 2001:db8::4 22', '', 'ada@2001:db8::4'],
    ['fe80::1%eth0 51000 ::ffff:198.51.100.4 2200', ' -p 2200', 'ada@::ffff:198.51.100.4'],
  ])('a login from %s prints the line that brings the browser here', async (ssh, port, host) => {
    const env = { SSH_CONNECTION: ssh, USER: 'ada' };
    const { login, redirectUri, redirect } = await startWaitingLogin({ env });
    const { port: listening, hostname } = redirectUri;
    const [line] = await login.waitForStderr(/^ {2}ssh .*$/m);
    expect(line).toBe(`  ssh -N -L ${listening}:${hostname}:${listening}${port} ${host}`);
    // Where the tunnel ends somebody listens.
    await fetch(redirect());
    expect(await login.result).toMatchObject({ code: 0 });
  });

  it.each(['1 2 $(id) 22', '192.0.2.7 51000', '1 2 ::1 22;id'])(
    'nothing is printed for somebody to type of SSH_CONNECTION=%j',
    async (ssh) => {
      const { login, redirect } = await startWaitingLogin({ env: { SSH_CONNECTION: ssh } });
      await fetch(redirect());
      const { code, stderr } = await login.result;
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: expect.not.stringMatching(/ssh|id\b.*22/),
      });
    },
  );
});

describe.skipIf(process.platform !== 'linux')('at a terminal without a browser', () => {
  /** A login that asks for the address its person's browser, somewhere else, ended up at. */
  async function startAskingLogin() {
    const { oauth, home, args } = await prepareLogin({ args: ['--no-browser'] });
    const login = startInTerminal(args, { home });
    const [, address = ''] = await login.waitForStdout(/^ {2}(http\S+)\r\n/m);
    await login.waitForStdout(/Address: /);
    const url = new URL(address);
    const redirect = new URL(url.searchParams.get('redirect_uri') ?? '');
    redirect.search = new URLSearchParams({
      ...{ code: 'code-canary-9Qm2', iss: oauth.issuer },
      state: url.searchParams.get('state') ?? '',
    }).toString();
    return { oauth, home, login, redirect };
  }

  async function expectLoggedIn({
    oauth,
    home,
    login,
  }: Awaited<ReturnType<typeof startAskingLogin>>) {
    const { code, stdout } = await login.result;
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/logged in as/) });
    expect(oauth.tokenRequests.at(-1)?.get('code')).toBe('code-canary-9Qm2');
    const { stdout: token } = await run(['token'], { home });
    expect(token).toBe(`${goodTokens.access_token}\n`);
  }

  it('the address can be pasted', async () => {
    const asking = await startAskingLogin();
    asking.login.type(asking.redirect.href);
    await expectLoggedIn(asking);
  });

  it('the code alone can be pasted, after slips that cost nothing', async () => {
    const asking = await startAskingLogin();
    const { login, redirect, oauth } = asking;
    login.type('what is this?');
    await login.waitForStdout(/neither an address nor a code/);
    const other = new URL(redirect);
    other.searchParams.set('state', 'of-another-login');
    login.type(other.href);
    await login.waitForStdout(/does not belong to this login[\s\S]*Address: /);
    expect(oauth.tokenRequests).toEqual([]);
    login.type('code-canary-9Qm2');
    await expectLoggedIn(asking);
  });

  it('the browser of this machine may be faster', async () => {
    const asking = await startAskingLogin();
    await fetch(asking.redirect);
    await expectLoggedIn(asking);
  });

  it('Ctrl-C at the question ends it', async () => {
    const { login } = await startAskingLogin();
    login.child.stdin?.write('\x03');
    expect(await login.result).toMatchObject({ code: 130 });
  });
});
