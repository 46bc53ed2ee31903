import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificates } from '../sandbox/certificates.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { clientConfig } from '../support/client-config.ts';
import { mx, srv, startDns } from '../support/dns-server.ts';
import { expectFailure, runBoth } from '../support/failure.ts';
import {
  type DomainOptions,
  type MailDomain,
  type Page,
  startMailDomain,
  startSilence,
} from '../support/mail-domain.ts';
import { startConnectProxy } from '../support/proxies.ts';
import { type Result, type Running, run, start } from '../support/run.ts';
import { startScriptedImap } from '../support/scripted-imap.ts';
import { startScriptedOAuth } from '../support/scripted-oauth.ts';
import { startInTerminal } from '../support/terminal.ts';

const ada = 'ada@example.org';
const autoconfig = 'autoconfig.example.org/mail/config-v1.1.xml';
const wellKnown = 'example.org/.well-known/autoconfig/mail/config-v1.1.xml';
const issuer = '<issuer>https://login.example.org</issuer>';

async function setting(options: DomainOptions, records: Parameters<typeof startDns>[0] = {}) {
  const domain = await startMailDomain(options);
  const dns = await startDns(records);
  const { home } = domain;
  const env = { ...domain.env, MAILCTL_DNS: dns.address };
  const args = ['login', ada, '--name', 'club', '--store', 'file', '--no-browser'];
  args.push('--key-file', join(home.config, 'key'));
  const config = () => {
    const path = join(home.config, 'mailctl', 'config.toml');
    return existsSync(path) ? readFileSync(path, 'utf8') : null;
  };
  return { domain, dns, env, home, args, config };
}

/** The person says yes. Resolves to where the person was sent. */
async function answer(login: Running, { oauth }: MailDomain): Promise<URL> {
  const [, address = ''] = await login.waitForStderr(/^ {2}(https:\/\/login\S+)\n/m);
  const url = new URL(address);
  const redirect = new URL(url.searchParams.get('redirect_uri') ?? '');
  redirect.searchParams.set('state', url.searchParams.get('state') ?? '');
  redirect.searchParams.set('iss', oauth.issuer);
  redirect.searchParams.set('code', 'code');
  await fetch(redirect);
  return url;
}

interface Timed {
  readonly results: readonly Result[];
  readonly ms: number;
}

async function timed(runs: readonly Promise<Result>[]): Promise<Timed> {
  const started = Date.now();
  return { results: await Promise.all(runs), ms: Date.now() - started };
}

// These two mostly wait, so they run beside the others.
let endless: Promise<Timed>;
let dead: Promise<Timed>;
beforeAll(async () => {
  const drip = await setting({
    pages: {
      [autoconfig]: (response) => {
        const timer = setInterval(() => response.write(' '), 20);
        response.once('close', () => clearInterval(timer));
      },
    },
  });
  const silent = await setting({}, null);
  const port = await startSilence();
  const hosts = { 'autoconfig.example.org:443': port, 'example.org:443': port };
  const proxy = await startConnectProxy({ hosts });
  const env = { ...silent.env, HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
  endless = timed([run([...drip.args, '-v'], { home: drip.home, env: drip.env })]);
  dead = timed(
    [silent.args, [...silent.args, '--json']].map((args) => run(args, { home: silent.home, env })),
  );
});

test("the domain's own autoconfig is all that a login needs, beside the client", async () => {
  const pages = { [autoconfig]: { body: clientConfig({ oauth: issuer }) } };
  const { domain, dns, env, home, args, config } = await setting({ pages });
  const login = start([...args, '--client-id', 'x', '--scope', 'mail', '-v'], { home, env });
  await answer(login, domain);
  const result = await login.result;
  expect(result, result.stderr).toMatchObject({ code: 0 });
  expect(result.stderr).toContain(
    'mailctl: https://autoconfig.example.org says mail at imap.example.org:993, login at login.example.org\n',
  );
  // Each step is told, and no later one was taken.
  expect(result.stderr).toMatch(/"step":"mx","outcome":"none".*\n(.*\n)*.*"step":"autoconfig"/);
  expect(dns.questions).toContain('MX example.org');
  expect(dns.questions.join()).not.toMatch(/SRV/);
  expect(domain.requests).toContain(`${autoconfig}?emailaddress=ada%40example.org`);
  expect(config()).toMatch(/issuer = "https:\/\/login\.example\.org"/);
  expect(config()).toMatch(/\[accounts\.club\.imap\]\nhost = "imap\.example\.org"\n/);
  const list = await run(['list'], { home, env });
  expect(list, list.stderr).toMatchObject({ code: 0 });
});

test('a server of the profile for open public clients needs the address alone', async () => {
  const mail = 'urn:ietf:params:oauth:scope:mail';
  const { domain, env, home, args, config } = await setting({
    pages: { [autoconfig]: { body: clientConfig({ oauth: issuer }) } },
    oauth: {
      metadata: {
        registration_endpoint: 'https://login.example.org/register',
        scopes_supported: [mail, 'offline_access'],
      },
      registration: {
        status: 201,
        body: { client_id: 'registered', redirect_uris: ['http://127.0.0.1/callback'] },
      },
    },
  });
  const login = start(args, { home, env });
  const url = await answer(login, domain);
  expect(url.searchParams.get('client_id')).toBe('registered');
  expect(url.searchParams.get('scope')).toBe(`${mail} offline_access`);
  const result = await login.result;
  expect(result, result.stderr).toMatchObject({ code: 0 });
  expect(config()).toContain('client_id = "registered"');
  const list = await run(['list'], { home, env });
  expect(list, list.stderr).toMatchObject({ code: 0 });
});

test('what the server calls the mailbox goes into the config, and the well-known address serves too', async () => {
  const body = clientConfig({
    ...{ socket: 'STARTTLS', port: '1143', user: '%EMAILLOCALPART%', oauth: issuer },
  });
  const { domain, env, home, args, config } = await setting({ pages: { [wellKnown]: { body } } });
  const login = start([...args, '--client-id', 'x', '--scope', 'mail', '--no-check'], {
    home,
    env,
  });
  await answer(login, domain);
  expect((await login.result).code).toBe(0);
  for (const line of ['host = "imap.example.org"', 'port = 1143', 'security = "starttls"']) {
    expect(config()).toContain(`${line}\n`);
  }
  expect(config()).toContain('user = "ada"\n');
});

test('where the domain names passwords alone, a password is asked for', async () => {
  const pages = { [autoconfig]: { body: clientConfig({ authentication: 'password-cleartext' }) } };
  const { env, home, args } = await setting({ pages });
  const { code, stderr } = await run(args, { home, env });
  expect(code).toBe(64);
  expect(stderr).toMatch(/--password-stdin/);
  const own = await run([...args, '--client-id', 'x'], { home, env });
  expect(own.stderr).toMatch(/needs --issuer\n/);
});

test('a redirect within the domain is followed', async () => {
  const pages = {
    [wellKnown]: { status: 302, headers: { location: 'https://autoconfig.example.org/x.xml' } },
    'autoconfig.example.org/x.xml': { body: clientConfig({ oauth: issuer }) },
  };
  const { env, home, args } = await setting({ pages });
  const result = await run(args, { home, env });
  expect(result.stderr).toMatch(/mailctl: https:\S+ says mail at imap\.example\.org:993, login at/);
  expect(result.stderr).toMatch(/needs --client-id\n/);
});

test('the mail exchangers of a known provider decide, and nobody else is asked', async () => {
  const pages = { [autoconfig]: { body: clientConfig() } };
  const { domain, env, home, args } = await setting(
    { pages },
    mx('example.org', 'aspmx.l.google.com'),
  );
  const { code, stderr } = await run(args, { home, env });
  expect(code).toBe(64);
  expect(stderr).toMatch(
    /^mailctl: the mail exchanger aspmx\.l\.google\.com says that example\.org is at Gmail and Google Workspace\n/,
  );
  expect(stderr).toMatch(/needs --client-id\n/);
  expect(domain.requests).toEqual([]);
});

test('PACC serves where its digest is in DNS, and is refused where it is another', async () => {
  const body = JSON.stringify({
    protocols: { imap: { host: 'imap.example.org' } },
    authentication: { 'oauth-public': { issuer: 'https://login.example.org' } },
  });
  const pages = {
    'ua-auto-config.example.org/.well-known/user-agent-configuration.json': {
      type: 'application/json',
      body,
    },
  };
  const txt = (digest: string) => ({
    'TXT _ua-auto-config.example.org': [
      {
        type: 'TXT' as const,
        name: '_ua-auto-config.example.org',
        data: `v=UAAC1; a=sha256; d=${digest}`,
      },
    ],
  });
  const digest = createHash('sha256').update(body).digest('base64');
  const good = await setting({ pages }, txt(digest));
  const found = await run(good.args, { home: good.home, env: good.env });
  expect(found.stderr).toMatch(/https:\/\/ua-auto-config\.example\.org says mail at imap\.example/);
  expect(found.stderr).toMatch(/needs --client-id\n/);
  const forged = await setting({ pages }, txt(digest.replace(/^./, 'x')));
  const refused = await run(forged.args, { home: forged.home, env: forged.env });
  expect(refused.stderr).toMatch(/is not used: it is not the one whose digest is in the domain/);
  expect(refused.stderr).toMatch(/needs --issuer, --client-id, --imap-host\n/);
});

describe('what the mail server says of its login server', () => {
  const records = srv('_imaps._tcp.example.org', 'imap.example.org', 993);
  const challenge = (metadata: string) =>
    `+ ${Buffer.from(JSON.stringify({ status: 'invalid_token', 'openid-configuration': metadata })).toString('base64')}\r\n`;
  const imap = (metadata: string) => ({
    capabilities: 'IMAP4rev1 SASL-IR AUTH=OAUTHBEARER',
    on: [
      [
        /^AUTHENTICATE/,
        async (talk: { send(bytes: string): Promise<void>; line(): Promise<string> }) => {
          await talk.send(challenge(metadata));
          await talk.line();
          await talk.send('<tag> NO [AUTHENTICATIONFAILED] no\r\n');
        },
      ],
    ] as const,
  });

  test('the error of OAUTHBEARER, after an SRV record (RFC 6186, RFC 7628)', async () => {
    const metadata = 'https://login.example.org/.well-known/openid-configuration';
    const { domain, env, home, args } = await setting({ imap: imap(metadata) }, records);
    const more = ['--client-id', 'x', '--scope', 'mail', '--no-check'];
    const login = start([...args, ...more], { home, env });
    const url = await answer(login, domain);
    expect(url.origin).toBe('https://login.example.org');
    const { code, stderr } = await login.result;
    expect(code).toBe(0);
    expect(stderr).toMatch(/the SRV record _imaps\._tcp\.example\.org says mail at imap\.example/);
  });

  test('the same of a server the person names, with an authority of its own', async () => {
    const { home, env, args } = await setting({});
    const { caFile, ...pair } = await makeCertificates(join(home.directory, 'own'));
    const oauth = await startScriptedOAuth({ certificates: pair });
    cleanUpLater(() => oauth.close());
    const metadata = `${oauth.issuer}/.well-known/openid-configuration`;
    const server = await startScriptedImap(pair, imap(metadata));
    cleanUpLater(() => server.close());
    const named = ['--imap-host', 'localhost', '--imap-port', String(server.port)];
    const trusted = { ...env, HTTPS_PROXY: '', NODE_EXTRA_CA_CERTS: caFile };
    const login = start(
      [...args, ...named, '--ca-file', caFile, '--client-id', 'x', '--no-check'],
      { home, env: trusted },
    );
    const [, sent = ''] = await login.waitForStderr(/^ {2}(https:\/\/localhost\S+)\n/m);
    expect(new URL(sent).origin).toBe(oauth.origin);
    login.kill();
    await login.result;
  });

  test('an error that points to another house is refused', async () => {
    const metadata = 'https://accounts.google.com/.well-known/openid-configuration';
    const { env, home, args } = await setting({ imap: imap(metadata) }, records);
    const { code, stderr } = await run(args, { home, env });
    expect(code).toBe(64);
    expect(stderr).toMatch(
      /names the login server accounts\.google\.com, which is of another house/,
    );
    expect(stderr).toMatch(/needs --issuer, --client-id\n/);
  });

  test('the metadata of a protected resource (RFC 9728), and the interoperable scopes', async () => {
    const mail = 'urn:ietf:params:oauth:scope:mail';
    const body = JSON.stringify({
      resource: 'https://imap.example.org',
      authorization_servers: ['https://login.example.org'],
    });
    const { domain, env, home, args, config } = await setting(
      {
        pages: {
          'imap.example.org/.well-known/oauth-protected-resource': {
            type: 'application/json',
            body,
          },
        },
        oauth: { metadata: { scopes_supported: [mail, 'offline_access', 'other'] } },
      },
      records,
    );
    const login = start([...args, '--client-id', 'x', '--no-check'], { home, env });
    const url = await answer(login, domain);
    expect(url.searchParams.get('scope')).toBe('urn:ietf:params:oauth:scope:mail offline_access');
    expect((await login.result).code).toBe(0);
    expect(config()).toMatch(
      /scopes = \[ ?"urn:ietf:params:oauth:scope:mail", "offline_access" ?\]/,
    );
    expect(domain.imap.connections()).toBe(0);
  });

  test('an issuer whose metadata are those of another is refused', async () => {
    const { env, home, args } = await setting({
      pages: { [autoconfig]: { body: clientConfig({ oauth: issuer }) } },
      oauth: { metadata: { issuer: 'https://accounts.google.com' } },
    });
    const result = await run([...args, '--client-id', 'x'], { home, env });
    expect(result).toMatchObject({ code: 76 });
    expect(result.stderr).toMatch(/login\.example\.org answered wrongly/);
  });
});

test.skipIf(process.platform !== 'linux')(
  'at a terminal the person says whether it is right; of what is safe Enter is enough',
  async () => {
    const pages = { [autoconfig]: { body: clientConfig({ oauth: issuer }) } };
    const { env, home, args } = await setting({ pages });
    const login = startInTerminal(args, { home, env });
    await login.waitForStdout(
      /says mail at imap\.example\.org:993, login at login\.example\.org\. Is that right\? \[Y\/n\] /,
    );
    login.type('');
    await login.waitForStdout(/OAuth client id/);
    login.kill();
    await login.result;
  },
);

describe('a mail server that is not of the domain', () => {
  const records = srv('_imaps._tcp.example.org', 'imap.hoster.example', 993);

  test('is not taken where nobody can be asked', async () => {
    const { domain, env, home, args, config } = await setting({}, records);
    const [plain, json] = await runBoth([...args, '--issuer', domain.oauth.issuer], { home, env });
    expectFailure(plain, json, {
      code: 64,
      kind: 'usage',
      message: /SRV record .* says mail at imap\.hoster\.example:993; nobody is here to say/,
      hint: /--yes.*--imap-host imap\.hoster\.example/,
    });
    expect(domain.imap.connections()).toBe(0);
    expect(config()).toBe(null);
  });

  test('is taken with --yes', async () => {
    const { domain, env, home, args, config } = await setting({}, records);
    const login = start(
      [...args, '--issuer', domain.oauth.issuer, '--client-id', 'x', '--scope', 'mail', '--yes'],
      { home, env },
    );
    await answer(login, domain);
    const result = await login.result;
    expect(result, result.stderr).toMatchObject({ code: 0 });
    expect(config()).toContain('host = "imap.hoster.example"');
  });

  test.skipIf(process.platform !== 'linux')('is asked about at a terminal', async () => {
    const { domain, env, home, args, config } = await setting({}, records);
    const more = ['--issuer', domain.oauth.issuer, '--client-id', 'x', '--scope', 'mail'];
    const no = startInTerminal([...args, ...more], { home, env });
    await no.waitForStdout(/says mail at imap\.hoster\.example:993\. Is that right\? \[y\/N\] /);
    no.type('');
    await no.waitForStdout(/IMAP server: /);
    no.kill();
    await no.result;
    expect(config()).toBe(null);
    expect(domain.imap.connections()).toBe(0);
  });
});

const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>${clientConfig()}`;
const redirect = (location: string): Page => ({ status: 302, headers: { location } });
const hostile: readonly (readonly [string, Page, RegExp])[] = [
  ['a redirect to http:', redirect('http://autoconfig.example.org/x'), /redirects to http:/],
  ['a redirect to file:', redirect('file:///etc/passwd'), /redirects to file:/],
  ['a redirect to somebody else', redirect('https://evil.example/x'), /redirects to evil\.example/],
  ['a redirect to itself', redirect(`https://${autoconfig}`), /redirects again and again/],
  ['too much', { body: Buffer.alloc(1 << 18, ' ') }, /more than 131072 bytes/],
  ['a bomb of entities', { body: bomb }, /has a DTD/],
  ['another type', { type: 'application/zip', body: clientConfig() }, /type application\/zip/],
  ['bytes that are no text', { body: Buffer.from([0xff, 0xfe, 0xfd]) }, /not UTF-8/],
  [
    'what is compressed without being asked for',
    { body: gzipSync(clientConfig()), headers: { 'content-encoding': 'gzip' } },
    /not UTF-8/,
  ],
  ['mail in clear text', { body: clientConfig({ socket: 'plain' }) }, /clear text only/],
  [
    'the login server of somebody else',
    { body: clientConfig({ oauth: '<issuer>accounts.google.com</issuer>' }) },
    /login server accounts\.google\.com, which is of another house than imap\.example\.org/,
  ],
  [
    'a login server in clear text',
    { body: clientConfig({ oauth: '<issuer>http://login.example.org</issuer>' }) },
    /not an https/,
  ],
  [
    'the mail server of somebody else',
    { body: clientConfig({ host: 'imap.evil.example' }) },
    /says mail at imap\.evil\.example:993; nobody is here to say whether that is right/,
  ],
];

test.each(hostile)('an autoconfig with %s is refused with a reason', async (_, page, reason) => {
  const { domain, env, home, args, config } = await setting({ pages: { [autoconfig]: page } });
  const { code, stderr } = await run([...args, '-v'], { home, env, timeoutMs: 15_000 });
  expect(stderr).toMatch(reason);
  expect(code).toBe(64);
  expect(stderr).toMatch(/--(issuer|imap-host) /);
  expect(domain.oauth.requests).toEqual([]);
  expect(domain.proxy.asked.filter((one) => /evil|:80$|google/.test(one))).toEqual([]);
  expect(config()).toBe(null);
});

test('an autoconfig without an end is left when its time is up', async () => {
  const { results, ms } = await endless;
  expect(results[0]).toMatchObject({ code: 64 });
  expect(results[0]?.stderr).toMatch(/autoconfig\.example\.org: no answer in time/);
  expect(ms).toBeLessThan(10_000);
});

test('with a dead DNS and a dead web it ends within 10 s with the flags to type', async () => {
  const { results, ms } = await dead;
  const [plain, json] = results;
  if (plain === undefined || json === undefined) throw new Error('two runs give two results');
  expect(ms).toBeLessThan(10_000);
  expectFailure(plain, json, {
    code: 64,
    kind: 'usage',
    message: /^login to ada@example\.org needs --issuer, --client-id, --imap-host$/,
    hint: /^mailctl login ada@example\.org --issuer … --client-id … --imap-host …$/,
  });
});

test('without a proxy a name nobody has is not looked for any further', async () => {
  const { dns, home, env, args } = await setting({});
  const { code, stderr } = await run([...args, '-v'], { home, env: { ...env, HTTPS_PROXY: '' } });
  expect(code).toBe(64);
  expect(stderr).toMatch(/autoconfig\.example\.org: no such host/);
  expect(dns.questions).toContain('AAAA autoconfig.example.org');
  expect(dns.questions).toContain('SRV _imaps._tcp.example.org');
});

test("Mozilla's database is asked only when the person says so", async () => {
  const pages = {
    'v1.ispdb.net/example.org': { body: clientConfig({ host: 'imap.hoster.example' }) },
  };
  const { domain, home, env, args } = await setting({ pages });
  expect((await run(args, { home, env })).stderr).toMatch(/needs --issuer/);
  expect(domain.requests.filter((one) => one.includes('ispdb'))).toEqual([]);
  const asked = await run([...args, '--ispdb'], { home, env });
  expect(asked.stderr).toMatch(
    /https:\/\/v1\.ispdb\.net says mail at imap\.hoster\.example:993; nob/,
  );
});

test('nobody is asked with --no-discover, nor for what is given', async () => {
  const { domain, dns, home, env, args } = await setting({});
  expect((await run([...args, '--no-discover'], { home, env })).code).toBe(64);
  const given = ['--issuer', 'https://login.example.org', '--imap-host', 'imap.example.org'];
  expect((await run([...args, ...given], { home, env })).stderr).toMatch(/needs --client-id\n/);
  expect(dns.questions).toEqual([]);
  expect(new Set(domain.proxy.asked)).toEqual(new Set(['login.example.org:443']));
});

test('MAILCTL_DNS that is no address is a mistake of the person', async () => {
  const { home, env, args } = await setting({});
  const result = await run(args, { home, env: { ...env, MAILCTL_DNS: 'dns.example.org' } });
  expect(result).toMatchObject({ code: 64, stderr: expect.stringMatching(/MAILCTL_DNS is not/) });
});
