import { existsSync, readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { mailctlClientSecret } from '../sandbox/oauth-server.ts';
import { approve } from '../sandbox/person.ts';
import { findSecrets, secretsOf, withoutUrls } from '../support/leaks.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { newHome, run, start, startProgram } from '../support/run.ts';
import { startSecretService } from '../support/secret-service.ts';

const binary = new URL('../../bin/mailctl.js', import.meta.url).pathname;

describeWith(['dovecot', 'secretService', 'strace'], 'no secret is told to another program', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider();
    provider.imap.createMailbox(ada, 'INBOX');
  });

  test('in its arguments or its environment', async () => {
    const home = await newHome();
    const service = await startSecretService({
      directory: join(home.directory, 'keyring'),
      state: 'unlocked',
    });
    try {
      const opened = join(home.directory, 'opened');
      const browser = join(home.directory, 'browser');
      await writeFile(
        browser,
        `#!/bin/sh\nprintf %s "$1" > ${opened}.part\nmv ${opened}.part ${opened}\n`,
      );
      await chmod(browser, 0o755);
      const traces: string[] = [];
      const traced = (args: readonly string[], env: Record<string, string> = {}) => {
        const trace = join(home.directory, `trace-${traces.length}`);
        traces.push(trace);
        const strace = ['-f', '-qq', '-v', '-s', '1000000', '-e', 'trace=execve', '-o', trace];
        return startProgram('strace', [...strace, process.execPath, binary, ...args], {
          home,
          env: { ...service.env, BROWSER: browser, ...env },
          timeoutMs: 60_000,
        });
      };

      const flags = ['--client-id', 'mailctl-secret', '--store', 'keychain'];
      const login = traced(provider.loginArguments(home, { name: 'club', args: flags }), {
        MAILCTL_CLIENT_SECRET: mailctlClientSecret,
      });
      while (!existsSync(opened) && login.child.exitCode === null) await pause(20);
      const url = new URL(readFileSync(opened, 'utf8'));
      await approve(url, { login: ada, decision: 'allow' });
      expect(await login.result).toMatchObject({ code: 0 });
      provider.oauth.expireAccessTokens();
      const list = await traced(['list']).result;
      expect(list, list.stderr).toMatchObject({ code: 0 });
      const given = await run(['token'], { home, env: service.env });
      expect(given.code).toBe(0);
      const env = { MAILCTL_ACCESS_TOKEN: given.stdout.trim() };
      expect(await traced(['list'], env).result).toMatchObject({ code: 0 });
      expect(await traced(['status'], env).result).toMatchObject({ code: 0 });
      expect(await traced(['logout'], env).result).toMatchObject({ code: 0 });

      const secrets = secretsOf(provider.oauth.tokenRequests, [url]);
      // The first program of each trace is mailctl itself, whose environment the test has made.
      const programs = traces.flatMap((trace) =>
        readFileSync(trace, 'utf8').trim().split('\n').slice(1),
      );
      expect(programs.filter((line) => line.includes('keychain-process')).length).toBeGreaterThan(
        5,
      );
      expect(programs.some((line) => line.includes(`"${browser}"`))).toBe(true);
      const leaks = programs.flatMap((line) =>
        findSecrets(withoutUrls(line, [url]), secrets).map(
          (name) => `${name}: ${line.slice(0, 200)}`,
        ),
      );
      expect(leaks).toEqual([]);
    } finally {
      await service.close();
    }
  });

  test('nor in the arguments of mailctl itself, which everybody on the machine can read', async () => {
    const home = await newHome();
    const { url, pid, result } = await provider.startLogin(home);
    const commandLine = readFileSync(`/proc/${pid}/cmdline`);
    await approve(url, { login: ada, decision: 'allow' });
    await result;
    expect(findSecrets(commandLine, secretsOf(provider.oauth.tokenRequests, [url]))).toEqual([]);
    const slow = start(['list'], { home });
    const environment = readFileSync(`/proc/${slow.pid}/cmdline`);
    expect(findSecrets(environment, secretsOf(provider.oauth.tokenRequests, [url]))).toEqual([]);
    await slow.result;
  });
});
