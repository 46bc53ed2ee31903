import { readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { mailctlClientSecret } from '../sandbox/oauth-server.ts';
import { approve } from '../sandbox/person.ts';
import { filesBelow } from '../support/archived.ts';
import { findSecrets, secretsOf, withoutUrls } from '../support/leaks.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, type Result, run } from '../support/run.ts';

describeWith('dovecot', 'no secret is told', () => {
  let provider: Provider;
  let home: Home;
  let secretFile: string;
  const urls: URL[] = [];
  /** What was said by whom, in every byte. */
  const said = new Map<string, Buffer>();
  const logs: string[] = [];

  beforeAll(async () => {
    provider = await startProvider();
    provider.imap.deliver(ada, 'INBOX', Buffer.from('Subject: Supper\r\n\r\nAt seven?\r\n'));
    home = await newHome();
    const elsewhere = await newHome();
    secretFile = join(elsewhere.directory, 'client-secret');
    await writeFile(secretFile, `${mailctlClientSecret}\n`);
  });

  const keep = (label: string, { stdoutBytes, stderr }: Result, stdout = stdoutBytes) => {
    said.set(`${said.size} ${label}: stdout`, stdout);
    said.set(`${said.size} ${label}: stderr`, Buffer.from(stderr));
  };
  /** Runs a verb at its most talkative: to a person, and to a program with a log beside it. */
  async function tell(...args: string[]): Promise<void> {
    const log = `log-${logs.length}`;
    logs.push(join(home.directory, log));
    for (const more of [['-vv'], ['-vv', '--json', '--log-file', log]]) {
      keep([...args, ...more].join(' '), await run([...args, ...more], { home }));
    }
  }
  async function login(label: string, decision: 'allow' | 'refuse', json: boolean) {
    const flags = ['--client-id', 'mailctl-secret', '--client-secret-file', secretFile, '-vv'];
    const started = await provider.startLogin(home, { name: 'club', args: flags, json });
    urls.push(started.url);
    const page = await approve(started.url, { login: ada, decision });
    keep(`login ${label}`, await started.result);
    said.set(`${said.size} login ${label}: browser`, Buffer.from(page.body));
    // What a browser keeps in its history, and sends on to others.
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
  }
  const lastAnswer = (name: string): string => {
    const answer = provider.oauth.tokenRequests.findLast(({ status }) => status === 200)?.answer;
    const value: unknown = typeof answer === 'object' && answer && Reflect.get(answer, name);
    if (typeof value !== 'string') throw new Error(`no ${name} was given`);
    return value;
  };

  test('by any verb, at its most talkative, in success and in failure', async () => {
    await login('refused', 'refuse', false);
    provider.oauth.failNext(400, {
      error: 'invalid_client',
      error_description: mailctlClientSecret,
    });
    await login('with a wrong secret', 'allow', true);
    await login('for a person', 'allow', false);
    await login('for a program', 'allow', true);
    for (const verb of ['status', 'folders', 'list', 'search supper', 'show 1', 'fetch']) {
      await tell(...verb.split(' '));
    }
    // A token is printed where one is asked for, and nowhere beside it.
    const token = await run(['token', '-vv'], { home });
    keep('token', token, Buffer.of());
    const shown = { home, env: { MAILCTL_ACCESS_TOKEN: token.stdout.trim() } };
    keep('list with a token given', await run(['list', '-vv'], shown));

    provider.oauth.expireAccessTokens();
    await tell('list');
    // Servers have been seen to repeat what they were sent.
    const echo = `${lastAnswer('refresh_token')} and ${lastAnswer('access_token')} are not good`;
    provider.oauth.expireAccessTokens();
    for (const [status, body] of [
      [400, { error: 'invalid_grant', error_description: echo }],
      [500, { error: 'server_error', error_description: encodeURIComponent(echo) }],
      [502, `<h1>${echo}</h1>`],
      [200, `<h1>${Buffer.from(echo).toString('base64')}</h1>`],
    ] as const) {
      for (const more of [[], ['--json']]) {
        provider.oauth.failNext(status, body);
        keep(`list, ${status}`, await run(['list', '-vv', ...more], { home }));
      }
    }
    await tell('list');
    await tell('logout');
    await tell('list');

    const secrets = secretsOf(provider.oauth.tokenRequests, urls);
    expect(secrets.size).toBeGreaterThan(20);
    // What is looked for can be found.
    expect(findSecrets(token.stdoutBytes, secrets)).toHaveLength(1);
    expect(findSecrets(urls.join(), secrets)).toHaveLength(urls.length);
    expect(
      findSecrets(Buffer.from(`user=ada\x01${token.stdout}`).toString('base64'), secrets),
    ).toHaveLength(1);

    const leaks = [...said].flatMap(([where, bytes]) =>
      findSecrets(withoutUrls(bytes, urls), secrets).map((name) => `${name} in ${where}`),
    );
    expect(leaks).toEqual([]);

    const files = filesBelow(home.directory).map((path) => join(home.directory, path));
    const inFiles = files.flatMap((path) =>
      findSecrets(readFileSync(path), secrets).map((name) => `${name} in ${path}`),
    );
    expect(inFiles).toEqual([]);
    // Config, archive, state, key and logs were all among them, and the logs are not empty.
    const names = files.join('\n');
    for (const part of ['config.toml', '/club/INBOX/new/', '/mailctl/locks/', '/key']) {
      expect(names).toContain(part);
    }
    for (const log of logs) expect(statSync(log).mode & 0o777, log).toBe(0o600);
    expect(logs.map((log) => readFileSync(log, 'utf8')).join('')).toMatch(/AUTHENTICATE/);
  });

  test('by the stored login: it is there, for its owner alone, and cannot be read', async () => {
    await login('again', 'allow', true);
    const tokens = join(home.state, 'mailctl', 'tokens');
    expect(filesBelow(tokens)).toEqual(['club.json']);
    const file = join(tokens, 'club.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(home.directory, 'key')).mode & 0o777).toBe(0o600);
    const secrets = secretsOf(provider.oauth.tokenRequests, urls);
    expect(findSecrets(readFileSync(file), secrets)).toEqual([]);
    expect(findSecrets((await run(['token'], { home })).stdout, secrets)).toHaveLength(1);
  });
});
