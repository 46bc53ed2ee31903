import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { run } from '../support/run.ts';
import { goodTokens } from '../support/scripted-oauth.ts';
import { logIn } from '../support/waiting-login.ts';

test('a provider that is slow to say where it is asked is not taken for a store that hangs', async () => {
  let slow = false;
  const { home } = await logIn({
    oauth: {
      async discovery(request, response) {
        if (slow) await pause(7_000);
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
    timeouts: 'timeouts = { command = 20 }\n',
  });
  slow = true;
  expect(await run(['token', '--min-valid', '90m'], { home })).toMatchObject({
    code: 0,
    stdout: `${goodTokens.access_token}\n`,
    stderr: '',
  });
});
