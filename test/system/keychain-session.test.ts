import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cleanUpLater } from '../support/clean-up.ts';
import { describeWith } from '../support/parts.ts';
import { type Home, newHome, type Result, run, start, startBare } from '../support/run.ts';
import { goodTokens } from '../support/scripted-oauth.ts';
import { type SecretService, startSecretService } from '../support/secret-service.ts';
import { startInTerminal } from '../support/terminal.ts';
import { logIn } from '../support/waiting-login.ts';

/** What ends with the failure of the keychain; `status` has it in a row. */
const verbs = ['token', 'logout', 'list', 'fetch', 'store move --to file --key-file key'];
const unattendedMs = 5_000;
const token = `${goodTokens.access_token}\n`;

async function session(state: 'unlocked' | 'prompting' | 'locked', directory: string) {
  const service = await startSecretService({ directory, state });
  cleanUpLater(service.close);
  return service;
}

/** A login kept in a keyring that is locked by now, on a desktop that asks for its password. */
async function lockedAway(): Promise<{ home: Home; desktop: SecretService }> {
  const { directory } = await newHome();
  const first = await session('unlocked', directory);
  const { home } = await logIn({ store: 'keychain', env: first.env });
  await first.close();
  return { home, desktop: await session('prompting', directory) };
}

function expectKeychainFailure(result: Result, sentence: RegExp, verb: string): void {
  expect(result, `${verb}: ${result.stderr}`).toMatchObject({
    code: 71,
    signal: null,
    stdout: '',
    stderr: expect.stringMatching(/^mailctl: [^\n]+\n {2}→ [^\n]+\n$/),
  });
  expect(result.stderr).toMatch(sentence);
}

describeWith(['secretService', 'display'], 'a keychain that asks for its password', () => {
  test('and gets no answer is given up in time by every verb, and loses nothing', async () => {
    const { home, desktop } = await lockedAway();
    const timed = async (verb: string) => {
      const startedAt = performance.now();
      const result = await run(verb.split(' '), { home, env: desktop.env });
      return { verb, result, ms: performance.now() - startedAt };
    };
    const [status, ...others] = await Promise.all(['status --json', ...verbs].map(timed));
    await desktop.promptShown();
    for (const { verb, result, ms } of others) {
      expectKeychainFailure(result, /did not answer in time.*\n.*prompt/, verb);
      expect(ms, verb).toBeGreaterThan(unattendedMs - 100);
      expect(ms, verb).toBeLessThan(unattendedMs + 5_000); // six Nodes start at once
    }
    expect(status?.result).toMatchObject({ code: 0, stderr: '' });
    expect(status?.result.rows).toMatchObject([{ account: 'club', login: 'store-error' }]);

    // The prompt is still there for the person who comes back.
    await desktop.answerPrompt();
    expect(await run(['token'], { home, env: desktop.env })).toMatchObject({
      code: 0,
      stdout: token,
    });
  });

  test('and gets it goes on as if it had never been locked', async () => {
    const { home, desktop } = await lockedAway();
    const command = startInTerminal(['token'], { home, env: desktop.env });
    await desktop.promptShown();
    await desktop.answerPrompt();
    const { code, stdout } = await command.result;
    expect({ code, stdout }).toEqual({ code: 0, stdout: token.replace('\n', '\r\n') });
  });

  test('ends at once by Ctrl-C, as the prompt is not waited for', async () => {
    const { home, desktop } = await lockedAway();
    const command = start(['token'], { home, env: desktop.env });
    await desktop.promptShown();
    const sentAt = performance.now();
    command.kill('SIGINT');
    expect(await command.result).toMatchObject({ code: 130, stderr: 'mailctl: cancelled\n' });
    expect(performance.now() - sentAt).toBeLessThan(2_000);
  });
});

describeWith('secretService', 'the keychain in the world of cron', () => {
  test('is found by XDG_RUNTIME_DIR alone, and told apart without it', async () => {
    const { directory } = await newHome();
    const desktop = await session('unlocked', directory);
    const { home } = await logIn({ store: 'keychain', env: desktop.env });

    const variables = { XDG_RUNTIME_DIR: desktop.runtime };
    expect(await startBare(['token'], { home, variables }).result).toMatchObject({
      code: 0,
      stdout: token,
      stderr: '',
    });
    for (const verb of verbs) {
      const args = verb.replace('--key-file key', `--key-file ${join(home.directory, 'key')}`);
      const startedAt = performance.now();
      const result = await startBare(args.split(' '), { home }).result;
      expectKeychainFailure(result, /no keychain in this session.*\n.*XDG_RUNTIME_DIR=/, verb);
      expect(performance.now() - startedAt, verb).toBeLessThan(unattendedMs);
    }
    const status = await startBare(['status', '--json'], { home }).result;
    expect(status).toMatchObject({ code: 0, stderr: '' });
    expect(status.rows).toMatchObject([{ login: 'store-error' }]);
  });

  test('that answers and holds nothing is a login that is missing, and nothing else', async () => {
    const { directory } = await newHome();
    const desktop = await session('unlocked', directory);
    const { home } = await logIn({ store: 'keychain', env: desktop.env });
    const empty = await session('unlocked', (await newHome()).directory);
    for (const verb of ['token', 'list', 'fetch']) {
      expect(await run([verb], { home, env: empty.env }), verb).toMatchObject({
        code: 77,
        stderr: 'mailctl: club is not logged in\n  → mailctl login -a club\n',
      });
    }
    expect(await run(['logout'], { home, env: empty.env })).toMatchObject({
      code: 0,
      stdout: 'club was not logged in\n',
    });
    const status = await run(['status', '--json'], { home, env: empty.env });
    expect(status.rows).toMatchObject([{ account: 'club', login: 'none', problem: null }]);
  });
});
