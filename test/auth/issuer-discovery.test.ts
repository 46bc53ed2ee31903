import { expect, test } from 'vitest';
import { startLogin, startWaitingLogin } from '../support/waiting-login.ts';

const path = '/tenant/v2';

test('metadata is looked for where OpenID Connect and RFC 8414 put it below an issuer with a path', async () => {
  const { oauth, login } = await startWaitingLogin({
    oauth: {
      path,
      discovery: ({ url, headers }, response) => {
        const origin = `http://${headers.host}`;
        if (url !== `/.well-known/oauth-authorization-server${path}`) {
          response.writeHead(404).end();
          return;
        }
        const endpoints = {
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
        };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ issuer: `${origin}${path}`, ...endpoints }));
      },
    },
  });
  login.kill();
  await login.result;
  expect(oauth.requests).toEqual([
    `GET ${path}/.well-known/openid-configuration`,
    `GET /.well-known/oauth-authorization-server${path}`,
  ]);
});

test.each([
  ['a slash more', (origin: string) => `${origin}${path}/`],
  ['a path less', (origin: string) => origin],
  ['capitals', (origin: string) => `${origin}${path.toUpperCase()}`],
])('an issuer with %s is another one', async (_, spelled) => {
  const { oauth, login } = await startLogin({
    args: ['--no-browser'],
    oauth: {
      path,
      discovery: ({ headers }, response) => {
        const origin = `http://${headers.host}`;
        const metadata = {
          issuer: spelled(origin),
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
        };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(metadata));
      },
    },
  });
  const { code, stderr } = await login.result;
  expect(code).toBe(76);
  expect(stderr).toMatch(/issuer/);
  expect(stderr).not.toContain(`${oauth.origin}/authorize`);
});
