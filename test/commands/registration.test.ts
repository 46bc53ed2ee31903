import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import * as families from '../sandbox/families.ts';
import { startOAuthServer } from '../sandbox/oauth-server.ts';
import { approve } from '../sandbox/person.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { address, type Family, logIn, prepare } from '../support/family.ts';
import { newHome, run, start } from '../support/run.ts';

const needs = { redirectPort: 0, dataCentre: () => '' };
const google: Family = {
  provider: 'google',
  server: families.google,
  imap: { capabilities: 'IMAP4rev1 SASL-IR AUTH=XOAUTH2' },
  client: false,
  given: true,
  revokes: true,
  rotates: false,
};

/** A login by the addresses of the servers alone, without a client. */
async function prepareBare(server: Parameters<typeof startOAuthServer>[0]) {
  const oauth = await startOAuthServer(server);
  cleanUpLater(oauth.close);
  const home = await newHome();
  const args = [
    ...['login', address, '--name', 'club', '--issuer', oauth.issuer, '--imap-host', 'localhost'],
    ...['--store', 'file', '--key-file', join(home.directory, 'key'), '--no-check'],
  ];
  const config = () => readFileSync(join(home.config, 'mailctl', 'config.toml'), 'utf8');
  return { oauth, home, args, config };
}

it('a server that lets anybody register needs no client: profile, scopes and redirect are its own', async () => {
  const registrations: unknown[] = [];
  const usual = families.fastmail(needs);
  const { home, args, config } = await prepareBare({
    ...usual,
    around: async (ctx, next, endpoint) => {
      await (usual.around ?? (async () => {}))(ctx, next, endpoint);
      if (endpoint === 'registration') registrations.push(ctx.oidc.body);
    },
  });
  const finish = async (login: ReturnType<typeof start>) => {
    const [line] = await login.waitForStdout(/^\{"type":"authorization".*\}$/m);
    const url = new URL(JSON.parse(line).url);
    await approve(url, { login: address, decision: 'allow' });
    return { url, result: await login.result };
  };
  const first = await finish(start([...args, '--no-browser', '--json', '-v'], { home }));
  expect(first.result).toMatchObject({ code: 0 });
  expect(first.url.searchParams.get('scope')).toBe(
    'urn:ietf:params:oauth:scope:mail offline_access',
  );
  // What was asked for came back spelled otherwise, which is told and kept.
  expect(first.url.searchParams.get('redirect_uri')).toMatch(/^http:\/\/localhost:\d+\/callback$/);
  expect(first.result.stderr).toMatch(/"asked":"127\.0\.0\.1","registered":"localhost"/);
  expect(registrations).toMatchObject([
    {
      client_name: 'mailctl',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/callback'],
      token_endpoint_auth_method: 'none',
      scope: 'urn:ietf:params:oauth:scope:mail offline_access',
    },
  ]);
  expect(config()).toContain(`client_id = "${first.url.searchParams.get('client_id')}"`);

  const again = await finish(
    start(['login', '-a', 'club', '--no-browser', '--json', '--no-check'], { home }),
  );
  expect(again.result).toMatchObject({ code: 0 });
  expect(again.url.searchParams.get('client_id')).toBe(first.url.searchParams.get('client_id'));
  expect(registrations).toHaveLength(1);
});

it('a server that registers nobody wants a client named', async () => {
  const { home, args, oauth } = await prepareBare({});
  expect(await run([...args, '--no-browser'], { home })).toMatchObject({
    code: 64,
    stderr: `mailctl: login to ${address} needs --client-id\n  → the login server lets nobody register; register a client with it by hand\n`,
  });
  expect(oauth.authorizationRequests()).toBe(0);
});

it('a registration that is refused is told, with the way out', async () => {
  const { home, args } = await prepareBare({
    ...families.fastmail(needs),
    around: async (ctx, next, endpoint) => {
      if (endpoint !== 'registration') return next();
      ctx.status = 400;
      ctx.body = { error: 'invalid_redirect_uri', error_description: 'not to our taste' };
    },
  });
  const { code, stderr } = await run([...args, '--no-browser'], { home });
  expect(code).toBe(78);
  expect(stderr).toMatch(
    /registers no client: invalid_redirect_uri: not to our taste\n.*--client-id/,
  );
});

it('the file Google lets people download is a client; its secret goes to the store', async () => {
  const { home } = await prepare(google);
  const { id, secret } = families.familyClient;
  const file = join(home.directory, 'client_secret_1.json');
  const downloaded = {
    client_id: id,
    project_id: 'p',
    client_secret: secret,
    redirect_uris: ['http://localhost'],
  };
  writeFileSync(file, JSON.stringify({ installed: downloaded }));
  const login = await logIn(home, { ...google, args: ['--client-file', file] }, {});
  expect(login).toMatchObject({ code: 0 });
  const config = readFileSync(join(home.config, 'mailctl', 'config.toml'), 'utf8');
  expect(config).toContain(`client_id = "${id}"`);
  expect(config).not.toContain(secret);
  // Once is enough: the store has it.
  expect(await logIn(home, google, {})).toMatchObject({ code: 0 });

  writeFileSync(file, JSON.stringify({ web: downloaded }));
  expect(await run(['login', '-a', 'club', '--client-file', file], { home })).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('make one of the type "Desktop app"'),
  });
  writeFileSync(file, '{"installed": {}}');
  expect(await run(['login', '-a', 'club', '--client-file', file], { home })).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('holds no OAuth client'),
  });
});
