import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { filesWith, findSecrets } from '../support/leaks.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';
import { startInTerminal } from '../support/terminal.ts';

const ada = 'ada@example.org';
// What IMAP quotes, what base64 spells in several ways, and letters of more than one byte.
const password = 'pw-canary="8Kd\\ ü€%';

describeWith('dovecot', 'an app password', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider({ password });
    provider.imap.deliver(ada, 'INBOX', Buffer.from('Subject: hello\r\n\r\nhello\r\n'));
  });
  const words = (home: Home, port = provider.imap.port) => [
    ...['login', ada, '--name', 'club', '--imap-host', 'localhost', '--imap-port', String(port)],
    ...['--ca-file', provider.certificates.caFile],
    ...['--store', 'file', '--key-file', join(home.directory, 'key')],
  ];

  it('is read from stdin, tried, kept encrypted, and opens the mailbox', async () => {
    const home = await newHome();
    const login = await run([...words(home), '--password-stdin', '--json', '-vv'], {
      home,
      stdin: `${password}\n`,
    });
    expect(login.code).toBe(0);
    expect(login.rows).toEqual([{ type: 'login', account: 'club', address: ada, expiresAt: null }]);
    expect(login.stderr).not.toContain('canary');
    expect(filesWith(password, home.directory)).toEqual([]);
    const config = readFileSync(join(home.config, 'mailctl', 'config.toml'), 'utf8');
    expect(config).toMatch(/^login = "password"$/m);

    expect((await run(['list', '--json'], { home })).rows).toMatchObject([{ subject: 'hello' }]);
    const [status] = (await run(['status', '--check', '--json'], { home })).rows;
    expect(status).toMatchObject({ login: 'ok', works: true, expiresAt: null });

    const token = await run(['token'], { home });
    expect(token.code).toBe(77);
    expect(token.stderr).toContain('by a password, not by OAuth');

    const logout = await run(['logout', '--json'], { home });
    expect(logout.rows).toMatchObject([{ removed: true, revoked: false }]);
    expect(logout.stderr).toContain('still works');
    expect((await run(['list'], { home })).code).toBe(77);
  });

  it('is typed at a terminal without being shown', async () => {
    const home = await newHome();
    const login = startInTerminal([...words(home), '--password'], { home });
    await login.waitForStdout(/App password of ada@example\.org: /);
    login.type(password);
    const { code, stdout } = await login.result;
    expect(stdout).toContain('club: logged in as ada@example.org');
    expect(stdout).not.toContain('canary');
    expect(code).toBe(0);
  });

  it('that is wrong is refused, and the one that works stays', async () => {
    const home = await newHome();
    await run([...words(home), '--password-stdin'], { home, stdin: password });
    const wrong = await run([...words(home), '--password-stdin'], { home, stdin: 'other' });
    expect(wrong.code).toBe(77);
    expect(wrong.stderr).toContain('refuses the new login of ada@example.org');
    expect((await run(['list'], { home })).code).toBe(0);
  });

  it('that has been changed at the provider needs a new login', async () => {
    const home = await newHome();
    await run([...words(home), '--password-stdin', '--no-check'], { home, stdin: 'old' });
    const list = await run(['list'], { home });
    expect(list.code).toBe(77);
    expect(list.stderr).toContain('mailctl login -a club');
  });

  it.each([
    ['nothing', '', 'empty'],
    ['several lines', 'a\nb\n', 'one line'],
    ['a zero byte', 'a\0b', 'one line'],
    ['Latin-1', Buffer.from('pw-canary-\xfc', 'latin1'), 'not UTF-8'],
    ['a megabyte', 'x'.repeat(1 << 20), 'longer than 4096 bytes'],
  ])('that is %s is no password', async (_, stdin, said) => {
    const home = await newHome();
    const login = await run([...words(home), '--password-stdin'], { home, stdin });
    expect([login.code, login.stderr]).toEqual([64, expect.stringContaining(said)]);
  });

  it('is asked of nobody where nobody is', async () => {
    const home = await newHome();
    const login = await run([...words(home), '--password'], { home });
    expect([login.code, login.stderr]).toEqual([64, expect.stringContaining('--password-stdin')]);
  });

  it.each([
    ['LOGIN', 'IMAP4rev1'],
    ['AUTHENTICATE LOGIN', 'IMAP4rev1 AUTH=LOGIN'],
    ['AUTHENTICATE PLAIN', 'IMAP4rev1 AUTH=PLAIN'],
  ])('is told by nobody where a server repeats what came by %s', async (_, capabilities) => {
    const { home, imap } = await makeMailHome({
      lines: `login = "password"\nstore = "file"\nkey_file = "key"`,
      script: {
        capabilities,
        on: [
          [
            /^(LOGIN|AUTHENTICATE)/,
            async ({ command, line, send }) => {
              let said = command;
              const questions = { PLAIN: [''], LOGIN: ['VXNlcm5hbWU6', 'UGFzc3dvcmQ6'] };
              const mechanism = /^AUTHENTICATE (PLAIN|LOGIN)$/.exec(command)?.[1];
              for (const question of mechanism === undefined
                ? []
                : questions[mechanism === 'PLAIN' ? 'PLAIN' : 'LOGIN']) {
                await send(`+ ${question}\r\n`);
                said += await line();
              }
              const words = said.replaceAll(/\r\n|\{.*?\}/g, ' ');
              await send(`* OK [ALERT] ${words}\r\n<tag> NO [AUTHENTICATIONFAILED] ${words}\r\n`);
            },
          ],
        ],
      },
    });
    for (const more of [['-vv'], ['-vv', '--json', '--log-file', 'log']]) {
      const words = ['login', '-a', 'club', '--password-stdin', ...more];
      const { code, stdout, stderr } = await run(words, { home, stdin: password });
      expect(code, stderr).toBe(77);
      expect(findSecrets(`${stdout}${stderr}`, new Map([['password', password]]))).toEqual([]);
      expect(`${stdout}${stderr}`).not.toContain('canary');
    }
    const sent = Buffer.from(imap.received().encrypted, 'latin1').toString();
    const given = Buffer.from(password).toString('base64');
    const plain = Buffer.from(`\0${ada}\0${password}`).toString('base64');
    const quoted = password.replaceAll(/["\\]/g, '\\$&');
    expect(
      [given, plain, quoted, password].some((form) => sent.includes(form)),
      sent,
    ).toBe(true);
    expect(filesWith(password, home.directory)).toEqual([]);
    expect(filesWith('canary', home.directory)).toEqual([]);
  });

  it('is never shown to a server that takes none', async () => {
    const { home, imap, configFile } = await makeMailHome({
      lines: `login = "password"\nstore = "file"\nkey_file = "key"`,
      script: { capabilities: 'IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2' },
    });
    const login = await run(['login', '-a', 'club', '--password-stdin'], { home, stdin: password });
    expect([login.code, login.stderr]).toEqual([
      69,
      expect.stringContaining('offers no login by password'),
    ]);
    expect(imap.received().encrypted).not.toContain('canary');
    expect(readFileSync(configFile, 'utf8')).not.toContain('canary');
  });
});
