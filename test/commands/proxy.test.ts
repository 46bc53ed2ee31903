import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectFailure, runBoth } from '../support/failure.ts';
import { startNamedProvider } from '../support/network.ts';
import { freePorts } from '../support/processes.ts';
import { startConnectProxy, startSocksProxy } from '../support/proxies.ts';
import { run } from '../support/run.ts';

const credentials = { user: 'ada', password: 'proxy-canary-4Tz' };
const kinds = [
  ['http', startConnectProxy],
  ['https', startConnectProxy],
  ['socks5', startSocksProxy],
] as const;

test.each(kinds)(
  'through %s goes all that leaves: the login and the mail',
  async (kind, startProxy) => {
    const provider = await startNamedProvider();
    const { home, hosts, env } = provider;
    const certificates = kind === 'https' ? provider.certificates : undefined;
    const proxy = await startProxy({ hosts, credentials, certificates });
    const url = `${kind}://${credentials.user}:${credentials.password}@127.0.0.1:${proxy.port}`;
    const proxied = { HTTPS_PROXY: url };
    const login = await provider.logIn(proxied, ['-vv']);
    expect(login, login.stderr).toMatchObject({ code: 0 });
    const list = await run(['list', '-vv'], { home, env: { ...env, ...proxied } });
    expect(list, list.stderr).toMatchObject({ code: 0 });
    expect(new Set(proxy.asked)).toEqual(new Set(Object.keys(hosts)));
    expect(provider.oauth.tokenRequests).toHaveLength(1);
    expect(proxy.asked.filter((one) => one === 'imap.example.org:993')).toHaveLength(
      provider.imap.connections(),
    );
    expect(`${login.stderr}${list.stderr}`).not.toMatch(/canary-4Tz/);

    // The proxy lets nobody in without the password, and the sentence says which proxy it is.
    const wrong = {
      env: { ...env, ALL_PROXY: `${kind}://ada:wrong-canary@127.0.0.1:${proxy.port}` },
    };
    const refused = await run(['list'], { home, ...wrong });
    expect(refused.code).toBe(kind === 'socks5' ? 75 : 78);
    expect(refused.stderr).toContain(`the proxy ${kind}://127.0.0.1:${proxy.port} `);
    expect(refused.stderr).toMatch(/\n {2}→ .*user.*password/);
    expect(refused.stderr).not.toContain('canary');

    const exempt = await run(['list'], {
      home,
      env: { ...env, ...proxied, NO_PROXY: 'imap.example.org' },
      timeoutMs: 60_000,
    });
    expect(exempt.code).toBe(75); // nobody on loopback is called that
    expect(exempt.stderr).toMatch(/^mailctl: cannot reach imap\.example\.org:993 /);
  },
);

test("the account's own proxy is remembered, and goes before that of the environment", async () => {
  const provider = await startNamedProvider();
  const { home, hosts, env } = provider;
  const proxy = await startSocksProxy({ hosts, credentials });
  const url = `socks5://${credentials.user}:${credentials.password}@127.0.0.1:${proxy.port}`;
  const other = { HTTPS_PROXY: 'http://127.0.0.1:1' };
  const login = await provider.logIn(other, ['--proxy', url, '-vv']);
  expect(login, login.stderr).toMatchObject({ code: 0 });
  const list = await run(['list', '-vv'], { home, env: { ...env, ...other } });
  expect(list, list.stderr).toMatchObject({ code: 0 });
  expect(new Set(proxy.asked)).toEqual(new Set(Object.keys(hosts)));
  expect(`${login.stderr}${list.stderr}`).not.toMatch(/canary-4Tz/);

  const config = join(home.config, 'mailctl', 'config.toml');
  const text = readFileSync(config, 'utf8');
  writeFileSync(config, text.replace(url, 'none'));
  expect((await run(['list'], { home, env: { ...env, ...other } })).stderr).toMatch(
    /^mailctl: cannot reach imap\.example\.org:993 /,
  );
  writeFileSync(config, text.replace(url, 'gopher://ada:proxy-canary-4Tz@h'));
  const wrong = await run(['list'], { home, env });
  expect(wrong.code).toBe(78);
  expect(wrong.stderr).toMatch(/accounts\.club\.proxy must be the URL of a proxy/);
  expect(wrong.stderr).not.toMatch(/canary/);
});

test('a proxy that is dead ends with 75, one that leads nowhere too', async () => {
  const { home, env, hosts } = await startNamedProvider();
  const [dead = 0] = await freePorts(1);
  const proxy = await startConnectProxy({ hosts: {} });
  const args = ['login', 'ada@example.org', '--issuer', 'https://login.example.org'];
  args.push('--client-id', 'x', '--imap-host', 'imap.example.org', '--store', 'file');
  args.push('--key-file', `${home.directory}/key`, '--no-browser');
  expect(Object.keys(hosts)).toHaveLength(2);
  const [plain, json] = await runBoth(args, {
    home,
    env: { ...env, https_proxy: `http://ada:canary-9@127.0.0.1:${dead}` },
  });
  expectFailure(plain, json, {
    code: 75,
    kind: 'temporary',
    message: new RegExp(
      `^cannot reach the proxy http://127\\.0\\.0\\.1:${dead} \\(ECONNREFUSED\\)$`,
    ),
    hint: /HTTPS_PROXY/,
  });
  const [refused, refusedJson] = await runBoth(args, {
    home,
    env: { ...env, https_proxy: `http://127.0.0.1:${proxy.port}` },
  });
  expectFailure(refused, refusedJson, {
    code: 75,
    kind: 'temporary',
    message: /^the proxy http:\S+ does not lead to login\.example\.org:443 \(HTTP status 403\)$/,
    hint: /NO_PROXY/,
  });
});
