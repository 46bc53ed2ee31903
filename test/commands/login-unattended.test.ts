import { createHash, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import {
  makeUnattendedClients,
  robotSecret,
  type UnattendedClients,
} from '../sandbox/unattended-clients.ts';
import { filesWith } from '../support/leaks.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';

const team = 'team@example.org';

describeWith('dovecot', 'a program in its own right', () => {
  let robots: UnattendedClients;
  let provider: Provider;
  beforeAll(async () => {
    robots = await makeUnattendedClients(team);
    provider = await startProvider({ oauth: { unattended: robots, accessTokenTtlSeconds: 600 } });
    provider.imap.deliver(team, 'INBOX', Buffer.from('Subject: hello\r\n\r\nhello\r\n'));
  });

  const logInAs = (home: Home, args: readonly string[], address = team) =>
    run(
      [
        ...['login', address, '--name', 'team', '--json'],
        ...['--imap-host', 'localhost', '--imap-port', String(provider.imap.port)],
        ...['--ca-file', provider.certificates.caFile],
        ...['--store', 'file', '--key-file', join(home.directory, 'key')],
        ...args,
      ],
      { home },
    );
  const file = (home: Home, name: string, content: string) => {
    const path = join(home.directory, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const tokenRequests = () => provider.oauth.tokenRequests.length;

  it('logs in with a client secret, reads the mailbox, and asks anew when its token ends', async () => {
    const home = await newHome();
    const secret = file(home, 'secret.txt', `${robotSecret}\n`);
    const login = await logInAs(home, [
      ...['--client-credentials', '--issuer', provider.oauth.issuer, '--client-id', 'robot-secret'],
      ...['--scope', 'mail', '--client-secret-file', secret],
    ]);
    expect(login).toMatchObject({ code: 0, stderr: '' });
    expect(login.rows).toMatchObject([{ type: 'login', account: 'team', address: team }]);
    expect((await run(['list', '--json'], { home })).rows).toMatchObject([{ subject: 'hello' }]);

    const before = tokenRequests();
    const first = await run(['token'], { home });
    expect(tokenRequests()).toBe(before);
    const second = await run(['token', '--min-valid', '30m'], { home });
    expect(tokenRequests()).toBe(before + 1);
    expect(second.code).toBe(0);
    expect(second.stdout).not.toBe(first.stdout);

    const [status] = (await run(['status', '--json'], { home })).rows;
    expect(status).toMatchObject({ login: 'ok', endsAt: null, scopes: ['mail'] });
    // The secret is in the store, which is encrypted, and nowhere else.
    expect(filesWith(robotSecret, home.directory)).toEqual(['secret.txt']);
  });

  it('takes a token the mail server refuses for one that has ended', async () => {
    const home = await newHome();
    const secret = file(home, 'secret.txt', robotSecret);
    await logInAs(home, [
      ...['--client-credentials', '--issuer', provider.oauth.issuer, '--client-id', 'robot-secret'],
      ...['--scope', 'mail', '--client-secret-file', secret],
    ]);
    provider.oauth.expireAccessTokens();
    const before = tokenRequests();
    expect((await run(['list', '--json'], { home })).rows).toMatchObject([{ subject: 'hello' }]);
    expect(tokenRequests()).toBe(before + 1);
  });

  it('signs instead of having a secret, named by its certificate', async () => {
    const home = await newHome();
    const login = await logInAs(home, [
      ...['--client-credentials', '--issuer', provider.oauth.issuer, '--client-id', 'robot-key'],
      ...['--scope', 'mail', '--signing-key', file(home, 'key.pem', robots.signingKey)],
      ...['--signing-certificate', file(home, 'cert.pem', robots.signingCertificate)],
    ]);
    expect(login).toMatchObject({ code: 0, stderr: '' });
    const thumbprint = createHash('sha256')
      .update(new X509Certificate(robots.signingCertificate).raw)
      .digest('base64url');
    expect(robots.assertionHeaders.at(-1)).toMatchObject({ alg: 'PS256', 'x5t#S256': thumbprint });
    expect((await run(['list', '--json'], { home })).rows).toMatchObject([{ subject: 'hello' }]);
  });

  it('is told of a certificate that is another key’s before anything is sent', async () => {
    const home = await newHome();
    const before = tokenRequests();
    const login = await logInAs(home, [
      ...['--issuer', provider.oauth.issuer, '--client-id', 'robot-key', '--scope', 'mail'],
      ...['--signing-key', file(home, 'key.pem', robots.signingKey)],
      ...['--signing-certificate', file(home, 'cert.pem', provider.certificates.cert)],
    ]);
    expect([login.code, login.stderr]).toEqual([78, expect.stringContaining('is not the one of')]);
    expect(tokenRequests()).toBe(before);
  });

  it('acts for a mailbox as a service account', async () => {
    const home = await newHome();
    const key = file(home, 'robot.json', robots.serviceAccountKey(provider.oauth.issuer));
    const login = await logInAs(home, ['--service-account', key, '--scope', 'mail']);
    expect(login).toMatchObject({ code: 0, stderr: '' });
    const first = await run(['token'], { home });
    const second = await run(['token', '--min-valid', '30m'], { home });
    expect(second.code).toBe(0);
    expect(second.stdout).not.toBe(first.stdout);
    expect((await run(['logout', '--json'], { home })).rows).toMatchObject([
      { removed: true, revoked: false },
    ]);
  });

  it('is told when the service account may not act for that mailbox, and nothing is kept', async () => {
    const home = await newHome();
    const key = file(home, 'robot.json', robots.serviceAccountKey(provider.oauth.issuer));
    const login = await logInAs(
      home,
      ['--service-account', key, '--scope', 'mail'],
      'eve@example.org',
    );
    expect(login.code).toBe(78);
    expect(login.stderr).toContain('unauthorized_client');
    expect((await run(['status', '--json'], { home })).code).toBe(78); // no config was written
  });

  it('without a secret is told what to give', async () => {
    const home = await newHome();
    const login = await logInAs(home, [
      ...['--client-credentials', '--issuer', provider.oauth.issuer, '--client-id', 'robot-secret'],
    ]);
    expect(login.code).toBe(64);
    expect(login.stderr).toContain('--signing-key');
  });

  it.each([
    ['no JSON', 'key'],
    ['another kind of key', '{"type":"authorized_user","client_secret":"canary-9"}'],
    [
      'clear text to elsewhere',
      '{"type":"service_account","client_email":"a@b","private_key":"k","token_uri":"http://example.org/t"}',
    ],
  ])('a service account key that is %s is refused without repeating it', async (_, content) => {
    const home = await newHome();
    const key = file(home, 'robot.json', content);
    const login = await logInAs(home, ['--service-account', key]);
    expect(login.code).toBe(78);
    expect(login.stderr).toContain('not the JSON key of a service account');
    expect(login.stderr).not.toContain('canary');
  });
});
