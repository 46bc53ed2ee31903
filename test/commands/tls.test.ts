import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import { makeCertificates } from '../sandbox/certificates.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { expectFailure, runBoth } from '../support/failure.ts';
import { keepOpen, listenOnLoopback } from '../support/loopback-server.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { newHome, run, start } from '../support/run.ts';
import { startScriptedImap } from '../support/scripted-imap.ts';
import { startScriptedOAuth } from '../support/scripted-oauth.ts';

const day = 24 * 60 * 60 * 1000;

/** A certificate that nobody has signed but itself, and for no name anybody asks for. */
async function selfSigned(notAfterDate = new Date(Date.now() + day)) {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'bridge' }], {
    ...{ keyType: 'ec', curve: 'P-256', algorithm: 'sha256', notAfterDate },
    notBeforeDate: new Date(Date.now() - 3 * day),
  });
  return { cert, key, fingerprint: new X509Certificate(cert).fingerprint256 };
}

describe('a pinned certificate', () => {
  test.each(['tls', 'starttls'] as const)(
    'is trusted for its fingerprint alone (%s), and no other is',
    async (security) => {
      const bridge = await selfSigned();
      const imap = await startScriptedImap(bridge, { security });
      cleanUpLater(() => imap.close());
      const { home, configFile, env } = await makeMailHome();
      const config = (pin: string) =>
        writeFileSync(
          configFile,
          `[accounts.club]\naddress = "ada@example.org"\n[accounts.club.imap]\nhost = "127.0.0.1"
port = ${imap.port}\nsecurity = "${security}"\ntls_fingerprint = "${pin}"\n`,
        );
      config(bridge.fingerprint);
      const good = await run(['list'], { home, env });
      expect(good, good.stderr).toMatchObject({ code: 0 });

      const other = await selfSigned();
      config(other.fingerprint.replaceAll(':', '').toLowerCase());
      const before = imap.commands.length;
      const [plain, json] = await runBoth(['list'], { home, env });
      expectFailure(plain, json, {
        code: 76,
        kind: 'protocol',
        message: new RegExp(
          `not trusted: its fingerprint is ${bridge.fingerprint.replaceAll(':', '').toLowerCase()}, not the one`,
        ),
        hint: /tls_fingerprint/,
      });
      expect(imap.commands.slice(before).join()).not.toMatch(/AUTHENTICATE|LOGIN/);
    },
  );

  test('is not trusted because a known authority has signed it', async () => {
    const { home, imap, configFile, env } = await makeMailHome();
    const other = await selfSigned();
    const text = readFileSync(configFile, 'utf8');
    writeFileSync(configFile, `${text}tls_fingerprint = "${other.fingerprint}"\n`);
    expect((await run(['list'], { home, env })).code).toBe(76);
    expect(imap.commands).toEqual([]);
  });
});

test('no variable of the environment has a certificate taken that nobody trusts', async () => {
  const { home, imap, configFile, env } = await makeMailHome();
  writeFileSync(configFile, readFileSync(configFile, 'utf8').replace(/^ca_file.*$/m, ''));
  const careless = { ...env, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  expect((await run(['list'], { home, env: careless })).code).toBe(76);
  expect(imap.commands).toEqual([]);
});

test('a certificate file that is not there ends it at once, though nobody has answered yet', async () => {
  const { home, configFile, env } = await makeMailHome();
  const open = new Set<Socket>();
  const silent = createServer((socket) => keepOpen(open, socket));
  const port = await listenOnLoopback(silent, open);
  const text = readFileSync(configFile, 'utf8').replace('localhost', 'imap.club.example');
  writeFileSync(configFile, text.replace(/^ca_file.*$/m, 'ca_file = "/nowhere.pem"'));
  // Sooner than a connection is given up.
  const proxied = { ...env, HTTPS_PROXY: `http://127.0.0.1:${port}` };
  const { code, stderr } = await run(['list'], { home, env: proxied, timeoutMs: 15_000 });
  expect({ code, stderr }).toMatchObject({ code: 78, stderr: expect.stringContaining('nowhere') });
});

test('a client certificate opens the mail server and the login server', async () => {
  const home = await newHome();
  const server = await makeCertificates(join(home.directory, 'server'));
  const client = await makeCertificates(join(home.directory, 'client'), { hosts: ['ada'] });
  const wanted = { requestCert: true, rejectUnauthorized: true, ca: client.ca };
  const imap = await startScriptedImap(server, { tls: wanted });
  cleanUpLater(() => imap.close());
  const oauth = await startScriptedOAuth({ certificates: { ...server, ...wanted } });
  cleanUpLater(() => oauth.close());
  const config = (keys: string) => `[accounts.club]
address = "ada@example.org"
client_id = "x"
store = "file"
key_file = "key"
[accounts.club.oauth]
issuer = "${oauth.issuer}"
scopes = ["mail"]
ca_file = "${server.caFile}"
${keys}
[accounts.club.imap]
host = "localhost"
port = ${imap.port}
ca_file = "${server.caFile}"
${keys}
`;
  const configFile = join(home.directory, 'config.toml');
  const keys = `client_cert_file = "${client.certFile}"\nclient_key_file = "${client.keyFile}"`;
  writeFileSync(configFile, config(keys));
  const login = start(['login', '-a', 'club', '--no-browser', '--config', configFile], { home });
  const [, address = ''] = await login.waitForStderr(/^ {2}(https:\S+)\n/m);
  const url = new URL(address);
  const redirect = new URL(url.searchParams.get('redirect_uri') ?? '');
  redirect.searchParams.set('state', url.searchParams.get('state') ?? '');
  redirect.searchParams.set('iss', oauth.issuer);
  redirect.searchParams.set('code', 'code');
  await fetch(redirect);
  const result = await login.result;
  expect(result, result.stderr).toMatchObject({ code: 0 });

  const args = ['list', '--config', configFile];
  writeFileSync(configFile, config(''));
  expect((await run(args, { home })).code).toBeGreaterThan(74);
  writeFileSync(configFile, config(keys.split('\n')[0] ?? ''));
  expect(await run(args, { home })).toMatchObject({
    code: 78,
    stderr: expect.stringMatching(/accounts\.club\.imap\.client_key_file is missing/),
  });
  writeFileSync(configFile, config(keys.replace(client.keyFile, server.keyFile)));
  expect(await run(args, { home })).toMatchObject({
    code: 78,
    stderr: expect.stringMatching(/not PEM, or of different keys/),
  });
});
