import { expect, it } from 'vitest';
import { descendants } from '../support/descendants.ts';
import { run, start } from '../support/run.ts';
import { goodTokens } from '../support/scripted-oauth.ts';
import { logIn } from '../support/waiting-login.ts';

it.skipIf(process.platform !== 'linux')(
  'a renewal that is killed while it holds the locks does not hold up the next',
  async () => {
    let reached = () => {};
    const asked = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let hangs = false;
    const { home, oauth } = await logIn({
      oauth: {
        discovery(request, response) {
          if (hangs) return reached(); // it holds both locks, and has redeemed nothing
          const origin = `http://${request.headers.host}`;
          response.setHeader('content-type', 'application/json');
          response.end(
            JSON.stringify({
              issuer: origin,
              authorization_endpoint: `${origin}/authorize`,
              token_endpoint: `${origin}/token`,
              authorization_response_iss_parameter_supported: true,
            }),
          );
        },
      },
    });
    hangs = true;
    const first = start(['token', '--min-valid', '90m'], { home });
    await asked;
    hangs = false;
    const others = [0, 1, 2].map(() => run(['token', '--min-valid', '90m'], { home }));
    for (const pid of [...(await descendants(first.pid)), first.pid]) process.kill(pid, 'SIGKILL');
    const killedAt = performance.now();
    for (const result of await Promise.all(others)) {
      expect(result).toMatchObject({ code: 0, stdout: `${goodTokens.access_token}\n`, stderr: '' });
    }
    expect(performance.now() - killedAt).toBeLessThan(10_000);
    expect((await first.result).signal).toBe('SIGKILL');
    expect(oauth.tokenRequests.length).toBeGreaterThan(1);
  },
);
