import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { startWaitingLogin, type WaitingLogin } from '../support/waiting-login.ts';

/** Requests of a stranger at the listener of a login. None may end it, enter it, or be echoed. */
const strangers: readonly {
  readonly name: string;
  readonly request: (login: WaitingLogin) => string | Buffer;
  readonly status: RegExp;
}[] = [
  { name: 'G1 a wrong state', request: get({ state: 'wrong' }), status: /^400$/ },
  { name: 'G1 no state', request: get({ state: undefined }), status: /^400$/ },
  { name: 'G1 an empty state', request: get({ state: '' }), status: /^400$/ },
  {
    name: 'G2 an error without a state',
    request: get({ state: undefined, code: undefined, error: 'access_denied' }),
    status: /^400$/,
  },
  {
    name: 'G2 an error with a wrong state',
    request: get({ state: 'x'.repeat(43), code: undefined, error: 'access_denied' }),
    status: /^400$/,
  },
  ...['evil.example', 'evil.example:80', '127.0.0.1', 'localhost', '[::1]', ''].map((host) => ({
    name: `G3 the right path for the host ${JSON.stringify(host)}`,
    request: (login: WaitingLogin) => head('GET', target(login), { Host: host }),
    status: /^400$/,
  })),
  {
    name: 'G3 two Host headers',
    request: (login) =>
      `GET ${target(login)} HTTP/1.1\r\nHost: ${login.redirectUri.host}\r\nHost: evil.example\r\n\r\n`,
    status: /^400$/,
  },
  {
    name: 'G3 no Host header',
    request: (login) => `GET ${target(login)} HTTP/1.1\r\n\r\n`,
    status: /^400$/,
  },
  {
    name: 'G4 a URL of another host in the request line',
    request: (login) =>
      head('GET', `http://evil.example${target(login)}`, { Host: login.redirectUri.host }),
    status: /^40[04]$/,
  },
  ...['HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE'].map((method) => ({
    name: `G5 ${method}`,
    request: (login: WaitingLogin) =>
      head(method, target(login), { Host: login.redirectUri.host, 'Content-Length': '0' }),
    status: /^405$/,
  })),
  {
    name: 'G5 a preflight from a web page',
    request: (login) =>
      head('OPTIONS', target(login), {
        Host: login.redirectUri.host,
        Origin: 'https://evil.example',
        'Access-Control-Request-Method': 'GET',
        'Access-Control-Request-Private-Network': 'true',
      }),
    status: /^405$/,
  },
  {
    name: 'G5 CONNECT',
    request: (login) => head('CONNECT', 'evil.example:443', { Host: login.redirectUri.host }),
    status: /^(40[05]|)$/,
  },
  {
    name: 'G5 an upgrade to another protocol',
    request: (login) =>
      head('GET', '/', {
        Host: login.redirectUri.host,
        Connection: 'Upgrade',
        Upgrade: 'websocket',
      }),
    status: /^40[04]$|^$/,
  },
  {
    name: 'G7 a URL of 1 MiB',
    request: (login) =>
      head('GET', `${target(login)}&x=${'x'.repeat(1 << 20)}`, { Host: login.redirectUri.host }),
    status: /^(431|414|400|)$/,
  },
  {
    name: 'G7 100,000 headers',
    request: (login) =>
      `GET / HTTP/1.1\r\nHost: ${login.redirectUri.host}\r\n${'X: y\r\n'.repeat(100_000)}\r\n`,
    status: /^(431|400|)$/,
  },
  {
    name: 'G9 a script in the error',
    request: get({
      state: 'wrong',
      code: undefined,
      error: '<script>alert(1)</script>',
      error_description: '<img src=x onerror=alert(1)>',
    }),
    status: /^400$/,
  },
  ...[
    '/',
    '/callback/',
    '/callback/../callback/x',
    '/favicon.ico',
    '/CALLBACK',
    '*',
    '//callback',
  ].map((path) => ({
    name: `G10 the path ${path}`,
    request: (login: WaitingLogin) =>
      head('GET', `${path}${login.redirect().search}`, { Host: login.redirectUri.host }),
    status: /^40[04]$/,
  })),
  {
    name: 'G12 garbage',
    request: () => '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n',
    status: /^(400|)$/,
  },
  {
    name: 'G13 no code',
    request: get({ code: undefined }),
    status: /^400$/,
  },
  {
    name: 'G13 a code twice',
    request: (login) =>
      head('GET', `${target(login)}&code=another`, { Host: login.redirectUri.host }),
    status: /^400$/,
  },
  {
    name: 'G13 a code and an error',
    request: (login) =>
      head('GET', `${target(login)}&error=access_denied`, { Host: login.redirectUri.host }),
    status: /^400$/,
  },
  {
    name: 'G13 a state twice',
    request: (login) =>
      head('GET', `${target(login)}&state=another`, { Host: login.redirectUri.host }),
    status: /^400$/,
  },
  {
    name: 'G13 a code of 60,000 bytes',
    request: get({ code: 'x'.repeat(60_000) }),
    status: /^(431|414|400|)$/,
  },
];

test('strangers at the listener neither end a login nor enter it', async () => {
  const waiting = await startWaitingLogin();
  for (const { name, request, status } of strangers) {
    const answer = await exchange(waiting, request(waiting));
    const [, given = ''] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? [];
    expect(given, `${name}: ${answer.slice(0, 300)}`).toMatch(status);
    expect(answer, name).not.toMatch(/access-control-/i);
    expect(answer, name).not.toMatch(/<script|onerror=|evil\.example|canary/);
  }
  expect(waiting.oauth.tokenRequests).toEqual([]);
  expect(waiting.login.child.exitCode).toBeNull();

  const page = await fetch(waiting.redirect());
  expect(await page.text()).toContain('Signed in');
  const { code, stderr } = await waiting.login.result;
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/canary/) });
  expect(waiting.oauth.tokenRequests.map((form) => form.get('code'))).toEqual(['code-canary-2Jf7']);
}, 30_000);

test('the person is told of each redirect that does not belong to the login', async () => {
  const waiting = await startWaitingLogin();
  await fetch(waiting.redirect({ state: 'wrong' }));
  await waiting.login.waitForStderr(/turned away a redirect that does not belong to this login/);
  await fetch(waiting.redirect());
  expect((await waiting.login.result).code).toBe(0);
});

test('each page of the listener is kept by nobody, framed by nobody and loads nothing', async () => {
  const waiting = await startWaitingLogin();
  for (const url of [waiting.redirect({ state: 'wrong' }), waiting.redirect()]) {
    const { headers } = await fetch(url);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; .*frame-ancestors 'none'/,
    );
    expect(headers.get('connection')).toBe('close');
  }
  expect((await waiting.login.result).code).toBe(0);
});

test('what the provider says in its refusal reaches the page as text', async () => {
  const waiting = await startWaitingLogin();
  const page = await fetch(
    waiting.redirect({
      code: undefined,
      error: 'access_denied',
      error_description: '<script>alert(1)</script>\u001b[31m',
    }),
  );
  expect(await page.text()).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  const { code, stderr } = await waiting.login.result;
  expect(code).toBe(77);
  expect(stderr).not.toContain('\u001b');
});

test('the second redirect is turned away, and the login is redeemed once', async () => {
  const waiting = await startWaitingLogin({
    oauth: {
      token: [
        async (_request, response) => {
          // The first is being redeemed: what comes now is a replay.
          const replay = await fetch(waiting.redirect({ code: 'another' }));
          response.writeHead(200, {
            'content-type': 'application/json',
            'x-replay': replay.status,
          });
          response.end(
            JSON.stringify({ access_token: `replay-${replay.status}`, token_type: 'Bearer' }),
          );
        },
      ],
    },
  });
  expect((await fetch(waiting.redirect())).status).toBe(200);
  expect((await waiting.login.result).code).toBe(0);
  expect(waiting.oauth.tokenRequests).toHaveLength(1);
});

test('a connection kept open does not keep the login from ending, nor the listener from closing', async () => {
  const waiting = await startWaitingLogin();
  const { hostname, port } = waiting.redirectUri;
  const idle = connect(Number(port), hostname);
  idle.on('error', () => {});
  await once(idle, 'connect');
  const slow = connect(Number(port), hostname);
  slow.on('error', () => {});
  await once(slow, 'connect');
  slow.write(`GET ${target(waiting)} HTTP/1.1\r\nHost: `);

  await fetch(waiting.redirect());
  const answeredAt = performance.now();
  expect((await waiting.login.result).code).toBe(0);
  expect(performance.now() - answeredAt).toBeLessThan(5_000);
  await expect(fetch(waiting.redirect())).rejects.toThrow('fetch failed');
  idle.destroy();
  slow.destroy();
});

test('G11 only this machine reaches the listener', async () => {
  const waiting = await startWaitingLogin();
  expect(waiting.redirectUri.hostname).toBe('127.0.0.1');
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80'));
  for (const { address } of others) {
    const host = address.includes(':') ? `[${address}]` : address;
    const url = `http://${host}:${waiting.redirectUri.port}/callback`;
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  }
  waiting.login.kill('SIGINT');
  expect((await waiting.login.result).code).toBe(130);
  await expect(fetch(waiting.redirect())).rejects.toThrow('fetch failed');
});

test('a login nobody finishes ends in time and leaves no listener', async () => {
  const waiting = await startWaitingLogin({ args: ['--timeout', '1s'] });
  const { code, stderr } = await waiting.login.result;
  expect({ code, stderr }).toMatchObject({
    code: 75,
    stderr: expect.stringContaining('nobody finished the login within 1 s'),
  });
  await expect(fetch(waiting.redirect())).rejects.toThrow('fetch failed');
});

test('two logins at a time have a listener and a state each', async () => {
  const [one, other] = await Promise.all([startWaitingLogin(), startWaitingLogin()]);
  expect(one.redirectUri.port).not.toBe(other.redirectUri.port);
  expect(one.state).not.toBe(other.state);
  const swapped = new URL(one.redirect());
  swapped.port = other.redirectUri.port;
  expect((await fetch(swapped)).status).toBe(400);
  await Promise.all([fetch(one.redirect()), fetch(other.redirect())]);
  expect((await one.login.result).code).toBe(0);
  expect((await other.login.result).code).toBe(0);
});

test('P39 the request carries PKCE S256, 128 bits of state, and no secret', async () => {
  const { url, login } = await startWaitingLogin();
  const parameters = Object.fromEntries(url.searchParams);
  expect(parameters).toMatchObject({
    response_type: 'code',
    client_id: 'mailctl',
    code_challenge_method: 'S256',
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    state: expect.stringMatching(/^[\w-]{22,}$/),
  });
  login.kill('SIGINT');
});

/** The right redirect with some parameters changed. */
function get(parameters: Record<string, string | undefined>) {
  return (login: WaitingLogin) => {
    const url = login.redirect();
    for (const [name, value] of Object.entries(parameters)) {
      if (value === undefined) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    return head('GET', `${url.pathname}${url.search}`, { Host: login.redirectUri.host });
  };
}

function target(login: WaitingLogin): string {
  const { pathname, search } = login.redirect();
  return `${pathname}${search}`;
}

function head(method: string, path: string, headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Sends the bytes; gives back everything that comes until the listener closes the connection. */
async function exchange({ redirectUri }: WaitingLogin, bytes: string | Buffer): Promise<string> {
  const socket = connect(Number(redirectUri.port), redirectUri.hostname);
  socket.on('error', () => {});
  socket.write(bytes);
  socket.setTimeout(8_000, () => socket.destroy());
  return text(socket).catch(() => '');
}
