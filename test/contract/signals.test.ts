import { describe, expect, test } from 'vitest';
import { makeMailHome } from '../support/mail-home.ts';
import { start } from '../support/run.ts';
import { startWaitingLogin } from '../support/waiting-login.ts';

const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const stuck: readonly (readonly [string, RegExp, readonly string[]])[] = [
  ['folders', /^LIST "" "?\*|^STATUS/, ['folders']],
  ['list', /^FETCH/, ['list']],
  ['search', /^UID SEARCH/, ['search', 'from:bob']],
  ['show', /^UID FETCH/, ['show', '1']],
  ['show --raw', /BODY\.PEEK/, ['show', '1', '--raw']],
  ['attachments', /BODYSTRUCTURE/, ['attachments', '--to', 'there']],
  ['fetch, while it looks', /^EXAMINE/, ['fetch']],
  ['fetch, while it fetches', /BODY\.PEEK/, ['fetch']],
  ['list, while it logs in', /^AUTHENTICATE/, ['list']],
];

describe.skipIf(process.platform === 'win32')('a signal', () => {
  describe.each(stuck)('that comes to %s', (_, pattern, args) => {
    test.each(Object.entries(codes))('%s ends it with %i', async (name, code) => {
      let reached = () => {};
      const waiting = new Promise<void>((resolve) => {
        reached = resolve;
      });
      const { home, env } = await makeMailHome({ script: { on: [[pattern, () => reached()]] } });
      const running = start(args, { home, env });
      await waiting;
      const sentAt = performance.now();
      process.kill(running.pid, name);
      const result = await running.result;
      expect(performance.now() - sentAt).toBeLessThan(2_000);
      expect(result).toMatchObject({
        code,
        signal: null,
        stdout: '',
        stderr: 'mailctl: cancelled\n',
      });
    });
  });

  test.each(Object.entries(codes))('%s ends a login that waits with %i', async (name, code) => {
    const { login, redirect } = await startWaitingLogin();
    process.kill(login.pid, name);
    const result = await login.result;
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(/^mailctl: cancelled$|^mailctl: the login was cancelled$/m);
    await expect(fetch(redirect())).rejects.toThrow('fetch failed');
  });
});
