import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { binary, type Home, newHome, run, startProgram } from '../support/run.ts';
import { startInTerminal } from '../support/terminal.ts';

const env = { SEAL: 'a passphrase' };

describeWith('dovecot', 'a login on its way to another machine', () => {
  let provider: Provider;
  let home: Home;
  beforeAll(async () => {
    provider = await startProvider({ oauth: { accessTokenTtlSeconds: 600 } });
    provider.imap.deliver(ada, 'INBOX', Buffer.from('Subject: hello\r\n\r\nhello\r\n'));
    home = await newHome();
    expect((await provider.login(home, { name: 'club' })).code).toBe(0);
  });

  const token = async () => (await run(['token'], { home })).stdout.trim();
  const exported = async () => {
    const { code, stdout } = await run(['export-login', '--seal-env', 'SEAL'], { home, env });
    expect(code).toBe(0);
    return stdout;
  };
  /** Into a home that trusts the mail server's certificate, which no login carries. */
  const imported = (there: Home, login: string, args: readonly string[] = []) =>
    run(
      [
        ...['import-login', '--seal-env', 'SEAL', '--json'],
        ...['--store', 'file', '--key-file', join(there.directory, 'another-key'), ...args],
      ],
      {
        home: there,
        env: { ...env, NODE_EXTRA_CA_CERTS: provider.certificates.caFile },
        stdin: login,
      },
    );

  it('is sealed, is kept there in a store of its own, and works', async () => {
    const login = await exported();
    expect(login).not.toContain(await token());
    const there = await newHome();
    const result = await imported(there, login);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.rows).toMatchObject([{ type: 'login', account: 'club', address: ada }]);
    const trusting = { NODE_EXTRA_CA_CERTS: provider.certificates.caFile };
    expect((await run(['list', '--json'], { home: there, env: trusting })).rows).toMatchObject([
      { subject: 'hello' },
    ]);
    const config = readFileSync(join(there.config, 'mailctl', 'config.toml'), 'utf8');
    expect(config).toContain('another-key');
    expect(config).not.toContain(home.directory);
    // It is still here, until it is left to the other machine alone.
    expect((await run(['list'], { home })).code).toBe(0);
    expect((await run(['logout', '--local', '--json'], { home: there })).rows).toMatchObject([
      { removed: true, revoked: false },
    ]);
    expect(provider.oauth.revocations).toEqual([]);
    expect((await run(['list'], { home })).code).toBe(0);
  });

  it('goes in clear into a pipe, and nowhere else', async () => {
    const piped = await run(['export-login', '--unencrypted'], { home });
    expect(piped.code).toBe(0);
    expect(piped.stdout).toContain(await token());
    expect(piped.stderr).toContain('--local');
    const there = await newHome();
    expect((await imported(there, piped.stdout, ['--no-check'])).code).toBe(0);

    const file = join(home.directory, 'in-clear');
    const words = [process.execPath, binary, 'export-login', '--unencrypted'].join("' '");
    const intoFile = await startProgram('sh', ['-c', `'${words}' > '${file}'`], { home }).result;
    expect(intoFile.code).toBe(64);
    expect(readFileSync(file, 'utf8')).toBe('');
    const onTerminal = await startInTerminal(['export-login', '--unencrypted'], { home }).result;
    expect(onTerminal.code).toBe(64);
    expect(onTerminal.stdout).not.toContain(await token());
  });

  it('is sealed by a passphrase typed twice', async () => {
    const session = startInTerminal(['export-login'], { home });
    await session.waitForStdout(/Passphrase to seal the login: /);
    session.type(env.SEAL);
    await session.waitForStdout(/Once more: /);
    session.type(env.SEAL);
    const { code, stdout } = await session.result;
    expect(code).toBe(0);
    const login = /^\{.*\}\r?$/m.exec(stdout)?.[0] ?? '';
    const file = join(home.directory, 'club.login');
    writeFileSync(file, login);
    const there = await newHome();
    expect((await imported(there, '', [file])).code).toBe(0);

    const slip = startInTerminal(['export-login'], { home });
    await slip.waitForStdout(/Passphrase to seal the login: /);
    slip.type('one');
    await slip.waitForStdout(/Once more: /);
    slip.type('another');
    expect(await slip.result).toMatchObject({ code: 64 });
  });

  it.each([
    ['another passphrase', (login: string) => login, { SEAL: 'other' }],
    ['one changed byte', (login: string) => login.replace('"tag":"', '"tag":"AA'), env],
    ['half of it', (login: string) => login.slice(0, 200), env],
    ['nothing', () => '', env],
    ['a stranger’s JSON', () => '{"format":"mailctl-login","version":1}', env],
    [
      'an account that is none',
      () =>
        JSON.stringify({
          ...{ format: 'mailctl-login', version: 1, account: 'club' },
          entry: { address: ada, key_command: 7 },
          credential: JSON.stringify({
            ...{ version: 1, kind: 'password', password: 'pw-canary-3' },
            storedAt: '2026-11-15T12:00:00.000Z',
          }),
        }),
      env,
    ],
  ])('with %s is refused, and nothing is written', async (_, change, passphrase) => {
    const there = await newHome();
    const result = await run(
      ['import-login', '--seal-env', 'SEAL', '--store', 'file', '--key-file', 'k'],
      { home: there, env: passphrase, stdin: change(await exported()) },
    );
    expect(result.code).toBe(65);
    expect(result.stderr).not.toContain('canary');
    expect(existsSync(join(there.config, 'mailctl', 'config.toml'))).toBe(false);
  });

  /** What a stranger may write, as no export does. */
  const forged = (entry: object, key: object | null = null) =>
    key === null
      ? JSON.stringify({
          ...{ format: 'mailctl-login', version: 1, account: 'club' },
          entry: { address: ada, login: 'password', imap: { host: 'localhost' }, ...entry },
          credential: JSON.stringify({
            ...{ version: 1, kind: 'password', password: 'pw-canary-3' },
            storedAt: '2026-11-15T12:00:00.000Z',
          }),
        })
      : JSON.stringify({
          ...{ format: 'mailctl-login', version: 1, key, nonce: 'AAAA', tag: 'AAAA', data: 'AAAA' },
        });

  it('brings no command, file or folder to a machine that did not choose it', async () => {
    const there = await newHome();
    const trace = join(there.directory, 'was-run');
    const command = ['/bin/sh', '-c', `: > '${trace}'`];
    const login = forged({
      ...{ archive: '/stranger', proxy: 'http://127.0.0.1:9', store: 'command' },
      ...{ store_read: command, store_write: command, store_delete: command },
      ...{ key_command: command, client_secret_command: command, signing_key_command: command },
      ...{ signing_certificate_file: '/stranger', service_account_command: command },
      imap: { host: 'localhost', ca_file: '/stranger', client_key_file: '/stranger' },
      oauth: { issuer: 'https://login.example.org', ca_file: '/stranger' },
    });
    for (const args of [['--no-check'], ['--no-check'], []]) {
      await imported(there, login, args);
    }
    const config = readFileSync(join(there.config, 'mailctl', 'config.toml'), 'utf8');
    expect(config).toContain('another-key');
    expect(config).not.toMatch(/stranger|_command|store_|proxy|archive/);
    const other = { home: there, env, stdin: login };
    const elsewhere = ['import-login', '--name', 'other', '--no-check', '--store'];
    expect((await run([...elsewhere, 'command'], other)).code).toBe(78);
    expect((await run([...elsewhere, 'file'], other)).code).toBe(78);
    expect(existsSync(trace)).toBe(false);
  });

  it('sends no secret of an account that is here to where a stranger says', async () => {
    const there = await newHome();
    const trace = join(there.directory, 'was-run');
    const own = ['[accounts.club]', `address = "${ada}"`, 'client_id = "mailctl"'];
    const secret = `client_secret_command = ["/bin/sh", "-c", ": > '${trace}'; echo mine"]`;
    const archive = 'archive = "own"\n[accounts.club.imap]\nhost = "localhost"\n';
    mkdirSync(join(there.config, 'mailctl'));
    const file = join(there.config, 'mailctl', 'config.toml');
    writeFileSync(file, [...own, secret, archive].join('\n'));
    const { issuer } = provider.oauth;
    const { credential } = JSON.parse(
      (await run(['export-login', '--unencrypted'], { home })).stdout,
    );
    const login = JSON.stringify({
      ...{ format: 'mailctl-login', version: 1, account: 'club', credential },
      entry: { address: ada, client_id: 'mailctl', oauth: { issuer }, imap: { host: 'localhost' } },
    });
    expect((await imported(there, login, ['--no-check'])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('archive = "own"');
    await run(['token', '--min-valid', '1d'], { home: there });
    expect(existsSync(trace)).toBe(false);
  });

  it.each([
    [
      'a passphrase that takes a GiB to try',
      forged({}, { kind: 'scrypt', salt: 'AA', logN: 20 }),
      65,
    ],
    ['a name that is none', forged({}).replace('"club"', '"../club"'), 64],
    ['no end', 'x'.repeat(2_000_000), 64],
  ])('with %s is refused', async (_, login, code) => {
    const there = await newHome();
    const result = await imported(there, login);
    expect([result.code, result.stderr]).toEqual([code, expect.not.stringContaining('bug')]);
    expect(existsSync(join(there.config, 'mailctl', 'config.toml'))).toBe(false);
  });

  it('never takes the place of another mailbox’s', async () => {
    const there = await newHome();
    const file = join(there.config, 'mailctl', 'config.toml');
    await imported(there, await exported());
    const text = readFileSync(file, 'utf8').replaceAll(ada, 'eve@example.org');
    writeFileSync(file, text);
    const again = await imported(there, await exported());
    expect([again.code, again.stderr]).toEqual([64, expect.stringContaining('--name')]);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('is not written where nobody is logged in, or can say a passphrase', async () => {
    expect((await run(['export-login', '--no-input'], { home })).code).toBe(64);
    const there = await newHome();
    expect((await run(['export-login', '--seal-env', 'SEAL'], { home: there, env })).code).toBe(78);
  });
});
