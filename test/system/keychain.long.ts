import { expect, test } from 'vitest';
import { cleanUpLater } from '../support/clean-up.ts';
import { describeWith } from '../support/parts.ts';
import { newHome } from '../support/run.ts';
import { startSecretService } from '../support/secret-service.ts';
import { startInTerminal } from '../support/terminal.ts';
import { logIn } from '../support/waiting-login.ts';

describeWith(['secretService', 'display'], 'a keychain whose prompt nobody answers', () => {
  test('is waited for a minute at a terminal, where somebody may come to it', async () => {
    const { directory } = await newHome();
    const first = await startSecretService({ directory, state: 'unlocked' });
    const { home } = await logIn({ store: 'keychain', env: first.env });
    await first.close();
    const desktop = await startSecretService({ directory, state: 'prompting' });
    cleanUpLater(desktop.close);
    const startedAt = performance.now();
    const given = { home, env: desktop.env, timeoutMs: 80_000 };
    const results = await Promise.all(
      ['token', 'logout', 'fetch'].map((verb) => startInTerminal([verb], given).result),
    );
    for (const { code, stdout } of results) {
      expect({ code, stdout }).toEqual({ code: 71, stdout: expect.stringMatching(/in time/) });
    }
    expect(performance.now() - startedAt).toBeGreaterThan(59_000);
    expect(performance.now() - startedAt).toBeLessThan(65_000);
  });
});
