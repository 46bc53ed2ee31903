import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startOAuthServer } from '../sandbox/oauth-server.ts';
import { approve } from '../sandbox/person.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { newHome, run, start } from '../support/run.ts';

async function startDeviceLogin(address = 'ada@example.org') {
  const oauth = await startOAuthServer();
  cleanUpLater(oauth.close);
  const home = await newHome();
  const login = start(
    [
      ...['login', address, '--device', '--json', '--no-check', '--name', 'club'],
      ...['--issuer', oauth.issuer, '--client-id', 'mailctl', '--imap-host', 'localhost'],
      ...['--store', 'file', '--key-file', join(home.directory, 'key')],
    ],
    { home, timeoutMs: 60_000 },
  );
  const [line] = await login.waitForStdout(/^\{"type":"device".*\}$/m);
  return { home, login, device: JSON.parse(line) };
}

it('login --device takes a code typed on another device', async () => {
  const { home, login, device } = await startDeviceLogin();
  await approve(new URL(device.verificationUri), {
    login: 'ada@example.org',
    decision: 'allow',
    userCode: device.userCode,
  });
  expect(await login.result).toMatchObject({ code: 0, stderr: '' });
  expect((await run(['token'], { home })).code).toBe(0);
});

it('login --device that is refused says so', async () => {
  const { login, device } = await startDeviceLogin();
  await approve(new URL(device.verificationUri), {
    login: 'ada@example.org',
    decision: 'refuse',
    userCode: device.userCode,
  });
  const { code, stderr } = await login.result;
  expect(code).toBe(77);
  expect(stderr).toContain('refused');
});
