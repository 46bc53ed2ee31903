import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { type OAuthServer, type OAuthServerOptions, startOAuthServer } from './oauth-server.ts';
import { approve } from './person.ts';

const person = { login: 'ann@example.org', decision: 'allow' } as const;

async function server(options?: OAuthServerOptions): Promise<OAuthServer> {
  const started = await startOAuthServer(options);
  onTestFinished(() => started.close());
  return started;
}

/** Goes through a login as far as the redirect; gives its parameters and how to redeem the code. */
async function login(oauth: OAuthServer, decision: 'allow' | 'refuse') {
  const arrivals: URL[] = [];
  const listener = createServer((request, response) => {
    arrivals.push(new URL(request.url ?? '', 'http://127.0.0.1'));
    response.end('You can close this page.');
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;

  const verifier = randomBytes(32).toString('base64url');
  const request = {
    client_id: 'mailctl',
    response_type: 'code',
    redirect_uri: `http://127.0.0.1:${port}/callback`,
    scope: 'openid email mail',
    state: 'the-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  const lastPage = await approve(`${oauth.issuer}/auth?${new URLSearchParams(request)}`, {
    ...person,
    decision,
  });
  listener.closeAllConnections();
  listener.close();

  const parameters = Object.fromEntries(arrivals[0]?.searchParams ?? []);
  const redeem = () =>
    requestTokens(oauth, {
      grant_type: 'authorization_code',
      code: parameters.code ?? '',
      redirect_uri: request.redirect_uri,
      code_verifier: verifier,
    });
  return { lastPage, parameters, redeem };
}

async function requestTokens(oauth: OAuthServer, parameters: Record<string, string>) {
  const response = await fetch(`${oauth.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'mailctl', ...parameters }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const body: Record<string, string> = isJson ? JSON.parse(text) : {};
  return { status: response.status, headers: response.headers, text, body };
}

const refresh = (oauth: OAuthServer, refreshToken = '') =>
  requestTokens(oauth, { grant_type: 'refresh_token', refresh_token: refreshToken });

test('a person who allows it is led to the program, which gets tokens for the code', async () => {
  const oauth = await server();
  const { lastPage, parameters, redeem } = await login(oauth, 'allow');

  expect(lastPage).toMatchObject({ status: 200, body: 'You can close this page.' });
  expect(parameters).toMatchObject({ state: 'the-state', iss: oauth.issuer });
  const tokens = await redeem();
  expect(tokens.status).toBe(200);
  expect(await oauth.isActive(tokens.body.access_token ?? '')).toBe(true);
  expect(oauth.authorizationRequests()).toBe(1);
  expect(oauth.tokenRequests).toMatchObject([{ grantType: 'authorization_code', status: 200 }]);
});

test('a person who refuses is led to the program with access_denied, the state and the issuer', async () => {
  const oauth = await server();
  const { parameters } = await login(oauth, 'refuse');

  expect(parameters).toMatchObject({
    error: 'access_denied',
    state: 'the-state',
    iss: oauth.issuer,
  });
  expect(parameters.code).toBeUndefined();
});

test('using a refresh token twice ends the grant, also for the token that replaced it', async () => {
  const oauth = await server();
  const first = await (await login(oauth, 'allow')).redeem();
  const second = await refresh(oauth, first.body.refresh_token);
  expect(second.body.refresh_token).not.toBe(first.body.refresh_token);

  const replay = await refresh(oauth, first.body.refresh_token);
  expect(replay).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  const successor = await refresh(oauth, second.body.refresh_token);
  expect(successor).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  expect(await oauth.isActive(second.body.access_token ?? '')).toBe(false);
});

test('of two uses of one refresh token at the same time one is a reuse', async () => {
  const oauth = await server({ tokenDelayMs: 20 });
  const { body } = await (await login(oauth, 'allow')).redeem();

  const answers = await Promise.all([1, 2].map(() => refresh(oauth, body.refresh_token)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
});

test('without rotation a refresh token stays good', async () => {
  const oauth = await server({ rotateRefreshTokens: false });
  const first = await (await login(oauth, 'allow')).redeem();
  const second = await refresh(oauth, first.body.refresh_token);
  expect(second.body.refresh_token).toBe(first.body.refresh_token);
  expect((await refresh(oauth, first.body.refresh_token)).status).toBe(200);
});

test('access tokens can be made inactive while the refresh token stays good', async () => {
  const oauth = await server();
  const { body } = await (await login(oauth, 'allow')).redeem();
  oauth.expireAccessTokens();
  expect(await oauth.isActive(body.access_token ?? '')).toBe(false);

  const renewed = await refresh(oauth, body.refresh_token);
  expect(await oauth.isActive(renewed.body.access_token ?? '')).toBe(true);
  oauth.revokeGrants();
  expect(await oauth.isActive(renewed.body.access_token ?? '')).toBe(false);
  expect((await refresh(oauth, renewed.body.refresh_token)).body.error).toBe('invalid_grant');
});

test('a failure told in advance is the answer to one request, and is counted', async () => {
  const oauth = await server();
  const { body } = await (await login(oauth, 'allow')).redeem();
  oauth.failNext(503, '<h1>Busy</h1>', { 'content-type': 'text/html', 'retry-after': '7' });

  const failed = await refresh(oauth, body.refresh_token);
  expect(failed).toMatchObject({ status: 503, text: '<h1>Busy</h1>' });
  expect(failed.headers.get('retry-after')).toBe('7');
  expect((await refresh(oauth, body.refresh_token)).status).toBe(200);
  expect(oauth.tokenRequests.map(({ grantType, status }) => [grantType, status])).toEqual([
    ['authorization_code', 200],
    ['refresh_token', 503],
    ['refresh_token', 200],
  ]);
});

test('its pages load nothing from anywhere', async () => {
  const oauth = await server();
  const query = new URLSearchParams({
    client_id: 'mailctl',
    response_type: 'code',
    redirect_uri: 'http://localhost:1/callback',
    code_challenge: 'x'.repeat(43),
    code_challenge_method: 'S256',
    scope: 'openid',
    login_hint: '"><script>alert(1)</script>',
  });
  const start = await fetch(`${oauth.issuer}/auth?${query}`, { redirect: 'manual' });
  const cookie = start.headers.getSetCookie().map((line) => line.split(';')[0]);
  const page = await fetch(new URL(start.headers.get('location') ?? '', oauth.issuer), {
    headers: { cookie: cookie.join('; ') },
  });
  const html = await page.text();
  expect(html).toContain('name="login"');
  expect(html).not.toMatch(/<script|@import|\bsrc=|<link|url\(/);
});
