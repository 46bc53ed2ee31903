import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { beforeAll, expect, it } from 'vitest';
import { cleanUpLater } from '../support/clean-up.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { snippet } from '../support/readme.ts';
import { binary, type Home, newHome, startProgram } from '../support/run.ts';

describeWith(['dovecot', 'mailPrograms'], 'with what the README says, and mailctl’s tokens', () => {
  let provider: Provider;
  let home: Home;
  let env: Record<string, string>;
  beforeAll(async () => {
    provider = await startProvider();
    provider.imap.deliver(
      ada,
      'INBOX',
      Buffer.from('From: bea@example.org\r\nSubject: Lighthouse keys\r\n\r\nhello\r\n'),
    );
    home = await newHome();
    await provider.login(home, { name: 'club' });
    const programs = join(home.directory, 'bin');
    mkdirSync(programs);
    symlinkSync(binary, join(programs, 'mailctl'));
    env = { PATH: `${programs}:${process.env.PATH}`, TERM: 'xterm', SHELL: '/bin/sh' };
  });

  /** The snippet at the test's own server, and what a program wants to know about its certificate. */
  const at = (text: string, port: number) =>
    text
      .replaceAll(/(imaps:\/\/|@|Host )(?:imap|smtp)\.example\.org/g, `$1localhost:${port}`)
      .replace(/^Host localhost:(\d+)$/m, 'Host localhost\nPort $1');
  const write = (name: string, text: string) => {
    const path = join(home.directory, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, 0o600); // aerc reads no account others could read
    return path;
  };
  const runProgram = (file: string, args: readonly string[]) =>
    startProgram(file, args, { home, env }).result;
  /** On a terminal of its own. */
  const screenOf = (command: string) =>
    startProgram('script', ['-qefc', `stty cols 100 rows 30; exec ${command}`, '/dev/null'], {
      home,
      env,
      stdin: null,
    });

  it('mbsync fetches', async () => {
    const store = join(home.directory, 'mbsync');
    mkdirSync(store);
    const account = at(snippet('mbsyncrc'), provider.imap.port);
    const file = write(
      'mbsyncrc',
      `${account}CertificateFile ${provider.certificates.caFile}

IMAPStore there
Account club

MaildirStore here
Path ${store}/
Inbox ${store}/INBOX

Channel all
Far :there:
Near :here:
Patterns INBOX
Create Near
`,
    );
    // Its SASL plugin is talkative, on stderr.
    expect((await runProgram('mbsync', ['-c', file, 'all'])).code).toBe(0);
    expect(readdirSync(join(store, 'INBOX', 'new'))).toHaveLength(1);
  });

  it.each(['mutt', 'neomutt'])('%s shows the mailbox', async (program) => {
    const rc = at(snippet('muttrc'), provider.imap.port);
    const file = write(
      `${program}rc`,
      `${rc}set ssl_ca_certificates_file = "${provider.certificates.caFile}"\nset certificate_file = "${provider.certificates.caFile}"\n`,
    );
    const session = screenOf(`${program} -F ${file}`);
    await session.waitForStdout(/Lighthouse keys/);
    session.child.stdin?.write('x');
    await session.result;
  });

  it('aerc shows the mailbox', async () => {
    write('.config/aerc/accounts.conf', at(snippet('aerc'), provider.imap.port));
    const session = screenOf(`env SSL_CERT_FILE=${provider.certificates.caFile} aerc`);
    await session.waitForStdout(/Lighthouse keys/);
    session.child.stdin?.write(':quit\r');
    await session.result;
  });

  it('curl asks for the mailbox', async () => {
    const command = at(snippet('curl'), provider.imap.port).replace(
      'curl ',
      `curl --silent --show-error --cacert ${provider.certificates.caFile} --request 'STATUS INBOX (MESSAGES)' `,
    );
    const { code, stdout, stderr } = await runProgram('sh', ['-c', command]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('MESSAGES 1');
  });

  it('msmtp sends', async () => {
    const sent: string[] = [];
    const server = new SMTPServer({
      cert: provider.certificates.cert,
      key: provider.certificates.key,
      authMethods: ['XOAUTH2'],
      async onAuth({ username, accessToken }, _session, done) {
        const good = await provider.oauth.isActive(accessToken ?? '');
        if (good && username === ada) done(null, { user: username });
        else done(new Error('not that token'));
      },
      onData(stream, _session, done) {
        let text = '';
        stream.on('data', (chunk: Buffer) => {
          text += chunk;
        });
        stream.on('end', () => {
          sent.push(text);
          done();
        });
      },
    });
    cleanUpLater(() => new Promise((resolve) => server.close(() => resolve())));
    const listening = server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const address = listening.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const rc = snippet('msmtprc')
      .replace('host smtp.example.org', 'host localhost')
      .replace('port 587', `port ${port}`);
    const file = write('msmtprc', `${rc}tls_trust_file ${provider.certificates.caFile}\n`);
    const { code, stderr } = await startProgram(
      'msmtp',
      ['-C', file, '-a', 'club', 'bea@example.org'],
      {
        home,
        env,
        stdin: 'Subject: Supper\n\nAt seven?\n',
      },
    ).result;
    expect([code, stderr]).toEqual([0, '']);
    expect(sent.join()).toContain('At seven?');
  });
});
