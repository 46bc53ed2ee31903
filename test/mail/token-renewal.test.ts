import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeCertificates } from '../sandbox/certificates.ts';
import { startOAuthServer } from '../sandbox/oauth-server.ts';
import { approve } from '../sandbox/person.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { newHome, run, start } from '../support/run.ts';
import { type Script, startScriptedImap } from '../support/scripted-imap.ts';

const refusal = '<tag> NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n';

test('B3 a token that is refused once is renewed once, and the other one is used', async () => {
  const { oauth, imap, list } = await loggedIn({
    on: [
      [
        /^AUTHENTICATE/,
        (talk) => talk.send(imap.connections() === 1 ? refusal : '<tag> OK welcome\r\n'),
      ],
    ],
  });
  expect(await list()).toMatchObject({ code: 0, stderr: '' });
  expect(refreshes(oauth)).toBe(1);
  const given = imap.commands.filter((command) => command.startsWith('AUTHENTICATE'));
  expect(new Set(given).size).toBe(2); // never the refused one again
});

test('B1 a token that is refused again after renewal needs a login, and is not tried a third time', async () => {
  const { oauth, imap, list } = await loggedIn({ on: [[/^AUTHENTICATE/, refusal]] });
  const { code, stderr } = await list();
  expect({ code, stderr }).toMatchObject({
    code: 77,
    stderr: expect.stringMatching(/Invalid credentials .*\n.*→ mailctl login -a club/),
  });
  expect(imap.connections()).toBe(2);
  expect(refreshes(oauth)).toBe(1);
});

test.each(['UNAVAILABLE', 'INUSE', 'THROTTLED', 'LIMIT', 'OVERQUOTA', 'SERVERBUG'])(
  'B5 a login that fails with %s is no reason to renew the token',
  async (responseCode) => {
    const { oauth, imap, list } = await loggedIn({
      on: [[/^AUTHENTICATE/, `<tag> NO [${responseCode}] not now\r\n`]],
    });
    expect(await list()).toMatchObject({ code: 75, stderr: expect.stringContaining('not now') });
    expect(imap.connections()).toBe(1);
    expect(refreshes(oauth)).toBe(0);
  },
);

async function loggedIn(script: Script) {
  const home = await newHome();
  const certificates = await makeCertificates(join(home.directory, 'certificates'));
  const oauth = await startOAuthServer();
  const imap = await startScriptedImap(certificates, script);
  cleanUpLater(() => oauth.close());
  cleanUpLater(() => imap.close());
  const login = start(
    [
      ...['login', 'ada@example.org', '--name', 'club', '--no-browser', '--no-check'],
      ...['--issuer', oauth.issuer, '--client-id', 'mailctl'],
      ...['--imap-host', 'localhost', '--imap-port', String(imap.port)],
      ...['--ca-file', certificates.caFile],
      ...['--store', 'file', '--key-file', join(home.config, 'key')],
    ],
    { home },
  );
  const [url] = await login.waitForStderr(/http:\/\/\S+/);
  await approve(url, { login: 'ada@example.org', decision: 'allow' });
  expect((await login.result).code).toBe(0);
  return { oauth, imap, list: () => run(['list'], { home }) };
}

function refreshes({ tokenRequests }: { tokenRequests: readonly { grantType: string }[] }): number {
  return tokenRequests.filter(({ grantType }) => grantType === 'refresh_token').length;
}
