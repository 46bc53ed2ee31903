import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cleanUpLater } from '../support/clean-up.ts';
import { newHome, run, start } from '../support/run.ts';
import { startScriptedOAuth } from '../support/scripted-oauth.ts';

test('a resource the config names is named wherever a token is asked for (RFC 8707)', async () => {
  const oauth = await startScriptedOAuth();
  cleanUpLater(() => oauth.close());
  const home = await newHome();
  mkdirSync(join(home.config, 'mailctl'), { mode: 0o700 });
  const resource = 'https://api.example.org/session';
  writeFileSync(
    join(home.config, 'mailctl', 'config.toml'),
    `[accounts.club]
address = "ada@example.org"
client_id = "mailctl"
store = "file"
key_file = "key"
oauth = { issuer = "${oauth.issuer}", scopes = ["mail"], resource = "${resource}" }
imap = { host = "imap.example.org" }
`,
    { mode: 0o600 },
  );
  const login = start(['login', '-a', 'club', '--no-browser', '--no-check', '--json'], { home });
  const [line] = await login.waitForStdout(/^\{"type":"authorization".*\}$/m);
  const { searchParams } = new URL(JSON.parse(line).url);
  expect(searchParams.get('resource')).toBe(resource);
  const redirect = new URL(searchParams.get('redirect_uri') ?? '');
  redirect.search = new URLSearchParams({
    state: searchParams.get('state') ?? '',
    iss: oauth.issuer,
    code: 'a-code',
  }).toString();
  await fetch(redirect);
  expect((await login.result).code).toBe(0);
  expect((await run(['token', '--min-valid', '2h'], { home })).code).toBe(0);
  expect(oauth.tokenRequests.map((form) => form.get('resource'))).toEqual([resource, resource]);
});
