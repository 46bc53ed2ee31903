import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeCertificates } from '../sandbox/certificates.ts';
import * as families from '../sandbox/families.ts';
import { approve } from '../sandbox/person.ts';
import { address, type Family, logIn, prepare, scripted, writeConfig } from '../support/family.ts';
import { describeWith } from '../support/parts.ts';
import { newHome, run, start } from '../support/run.ts';
import { idImap } from '../support/token-imap.ts';

const both = 'IMAP4rev1 SASL-IR AUTH=XOAUTH2 AUTH=OAUTHBEARER';

const rows: Readonly<Record<string, Family>> = {
  'Google: a secret, consent for a refresh token, XOAUTH2 before OAUTHBEARER': {
    provider: 'google',
    server: families.google,
    imap: { capabilities: both, refused: /^AUTHENTICATE OAUTHBEARER/ },
    secret: true,
    given: true,
    revokes: true,
    rotates: false,
    commands: /^AUTHENTICATE XOAUTH2 /m,
  },
  'Microsoft: localhost alone, no secret, tokens replaced, nothing to revoke at': {
    provider: 'microsoft',
    server: families.microsoft,
    imap: { capabilities: 'IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2' },
    revokes: false,
    rotates: true,
  },
  'Yahoo: a redirect to https, which is pasted': {
    provider: 'yahoo',
    server: families.yahoo,
    imap: { capabilities: 'IMAP4rev1 AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2' },
    secret: true,
    given: true,
    pasted: (url) => url.href,
    revokes: false,
    rotates: true,
  },
  'Yandex: reads only, a code to paste, no initial response': {
    provider: 'yandex',
    server: families.yandex,
    imap: { capabilities: `${both} AUTH=PLAIN`, refused: /^AUTHENTICATE \S+ \S/ },
    secret: true,
    given: true,
    pasted: (url) => url.searchParams.get('code') ?? '',
    revokes: false,
    rotates: true,
    commands: /^AUTHENTICATE XOAUTH2$/m,
  },
  'Mail.ru: a redirect whose port is compared': {
    provider: 'mail-ru',
    server: families.mailRu,
    imap: 'xoauth2',
    secret: true,
    given: true,
    revokes: false,
    rotates: true,
  },
  'Zoho: commas between scopes, and the data centre that has the mailbox': {
    provider: 'zoho',
    server: families.zoho,
    imap: { capabilities: 'IMAP4rev1 SASL-IR AUTH=XOAUTH2' },
    secret: true,
    given: true,
    dataCentres: true,
    args: ['--scope', 'ZOHOMAIL.PROTOCOL.IMAP', '--scope', 'AaaServer.profile.READ'],
    revokes: true,
    rotates: false,
  },
  'Fastmail: registers us, its token endpoint is /oauth/refresh, tokens are used once': {
    provider: 'fastmail',
    server: families.fastmail,
    imap: 'xoauth2 oauthbearer',
    client: false,
    revokes: true,
    rotates: true,
  },
  'Keycloak: a port that was not registered, a realm in the path': {
    provider: 'keycloak',
    server: families.keycloak,
    imap: 'xoauth2 oauthbearer',
    revokes: true,
    rotates: false,
  },
  'authentik: a slash behind the issuer, a refresh token for offline_access': {
    provider: 'authentik',
    server: families.authentik,
    imap: 'oauthbearer',
    revokes: true,
    rotates: true,
  },
  'Stalwart: metadata by RFC 8414 alone, OAUTHBEARER': {
    provider: 'stalwart',
    server: families.stalwart,
    imap: { capabilities: both, refused: /^AUTHENTICATE XOAUTH2/ },
    revokes: false,
    rotates: false,
    commands: /^AUTHENTICATE OAUTHBEARER /m,
  },
};

describeWith('dovecot', 'an account of the family of', () => {
  it.each(Object.entries(rows))('%s: logs in, lists, renews, logs out', async (_, family) => {
    const { home, oauth, commands, env } = await prepare(family);
    const login = await logIn(home, family, env);
    expect(login).toMatchObject({ code: 0, stderr: expect.not.stringContaining('error') });

    const list = () => run(['list', '--json'], { home });
    const first = await list();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.rows.length).toBeGreaterThan(0);

    const renewals = () =>
      oauth.tokenRequests.filter(({ grantType }) => grantType === 'refresh_token');
    oauth.expireAccessTokens();
    expect(await list()).toMatchObject({ code: 0, stderr: '' });
    expect(renewals()).toMatchObject([{ status: 200 }]);
    if (family.rotates) {
      oauth.expireAccessTokens();
      expect(await list()).toMatchObject({ code: 0, stderr: '' });
      const [one, two] = renewals().map(({ parameters }) => parameters['refresh_token']);
      expect(two).not.toBe(one);
    }
    if (family.commands !== undefined) expect(commands()).toMatch(family.commands);

    const logout = await run(['logout', '--json'], { home });
    expect(logout.rows).toMatchObject([{ removed: true, revoked: family.revokes }]);
    expect(oauth.revocations).toHaveLength(family.revokes ? 1 : 0);
    expect((await run(['list'], { home })).code).toBe(77);
  });

  it('NetEase: says what it is after the login, or no folder opens', async () => {
    const home = await newHome();
    const certificates = await makeCertificates(join(home.directory, 'certificates'));
    const imap = await scripted(certificates, idImap('the authorization code'));
    writeConfig(home, { provider: 'netease-163', imap: imap.port, certificates, oauth: {} });
    const login = await run(['login', '-a', 'club', '--password-stdin'], {
      home,
      stdin: 'the authorization code\n',
    });
    expect(login).toMatchObject({ code: 0, stderr: '' });
    expect((await run(['list', '--json'], { home })).rows).toHaveLength(3);
    expect((await run(['logout', '--json'], { home })).rows).toMatchObject([{ removed: true }]);
  });
});

describeWith('dovecot', 'what a family refuses is told', () => {
  const family = (provider: string): Family => {
    const found = Object.values(rows).find((row) => row.provider === provider);
    if (found === undefined) throw new Error(`there is no row for ${provider}`);
    return found;
  };

  it('Google has no login by device code for mail, though it has the endpoint', async () => {
    const { home, oauth, env } = await prepare({ ...family('google'), given: false });
    const { code, stderr } = await run(['login', '-a', 'club', '--device'], { home, env });
    expect({ code, stderr }).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('has no login by device code for mail'),
    });
    expect(oauth.tokenRequests).toEqual([]);
  });

  it('Google says that the secret is missing, and mailctl what to type', async () => {
    const { home, oauth } = await prepare({ ...family('google'), provider: 'keycloak' });
    const login = await logIn(home, { ...family('google'), args: ['--scope', 'email'] }, {});
    expect(login).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('client_secret is missing.'),
    });
    expect(JSON.parse(login.stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({
      hint: 'this client needs its secret: mailctl login --client-secret-file FILE',
    });
    expect(oauth.tokenRequests).toMatchObject([{ status: 400 }]);
  });

  it('Google without its secret is not even asked', async () => {
    const { home, oauth } = await prepare(family('google'));
    const { code, stderr } = await run(['login', '-a', 'club'], { home });
    expect({ code, stderr }).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('wants the client secret too'),
    });
    expect(oauth.authorizationRequests()).toBe(0);
  });

  it('Microsoft gets no secret', async () => {
    const { home, oauth } = await prepare(family('microsoft'));
    const env = { MAILCTL_CLIENT_SECRET: 'one too many' };
    const { code, stderr } = await run(['login', '-a', 'club'], { home, env });
    expect({ code, stderr }).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('refuses a client secret'),
    });
    expect(oauth.authorizationRequests()).toBe(0);
  });

  it('Microsoft has its own word for a device that was turned away', async () => {
    const { home } = await prepare(family('microsoft'));
    const login = start(['login', '-a', 'club', '--device', '--json'], { home });
    const [line] = await login.waitForStdout(/^\{"type":"device".*\}$/m);
    const device = JSON.parse(line);
    expect(device.verificationUriComplete).toBeNull();
    await approve(new URL(device.verificationUri), {
      login: address,
      decision: 'refuse',
      userCode: device.userCode,
    });
    expect(await login.result).toMatchObject({
      code: 77,
      stderr: expect.stringContaining('refused in the browser (authorization_declined)'),
    });
  });

  it('Microsoft takes a login, and then does not open the mailbox', async () => {
    const { home, oauth } = await prepare({
      ...family('microsoft'),
      imap: {
        capabilities: 'IMAP4rev1 SASL-IR NAMESPACE AUTH=XOAUTH2',
        on: [[/^NAMESPACE/, '<tag> BAD User is authenticated but not connected.\r\n']],
      },
    });
    const login = await logIn(home, family('microsoft'), {});
    expect(login).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('took the login, but does not open ada@example.org'),
    });
    const list = await run(['list'], { home });
    expect(list).toMatchObject({ code: 69, stderr: expect.stringContaining('IMAP may be off') });
    // A new token would change nothing.
    expect(oauth.tokenRequests).toHaveLength(1);
  });

  it('Zoho’s data centres are those that are known; no other gets the code', async () => {
    const { home, oauth } = await prepare({ ...family('zoho'), dataCentres: false });
    const login = await logIn(home, family('zoho'), { MAILCTL_CLIENT_SECRET: 'x' });
    expect(login).toMatchObject({
      code: 76,
      stderr: expect.stringContaining('oauth.data_centres'),
    });
    expect(oauth.tokenRequests).toEqual([]);
  });
});
