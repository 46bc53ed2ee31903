import { expect, test, vi } from 'vitest';
import { cleanUpLater } from '../support/clean-up.ts';
import { describeWith } from '../support/parts.ts';
import { newHome, run, start } from '../support/run.ts';
import type { ScriptedOAuth, ScriptedOAuthOptions } from '../support/scripted-oauth.ts';
import { type SecretService, startSecretService } from '../support/secret-service.ts';
import { logIn } from '../support/waiting-login.ts';

const renewed = { access_token: 'access-canary-new', token_type: 'Bearer', expires_in: 7200 };
const renewing = ['token', '--min-valid', '90m'];

/** A login in the keychain, and what happens to the keychain while it is renewed. */
async function loggedIn(hooks: { whenAsked?: () => void; whenRedeemed?: () => void }) {
  const service = await startSecretService({
    directory: (await newHome()).directory,
    state: 'unlocked',
  });
  cleanUpLater(service.close);
  const hooked = { active: false };
  const discovery: ScriptedOAuthOptions['discovery'] = (request, response) => {
    if (hooked.active) hooks.whenAsked?.();
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
  };
  const { home, oauth } = await logIn({
    store: 'keychain',
    env: service.env,
    oauth: { discovery },
  });
  oauth.answerTokens((_, response) => {
    hooks.whenRedeemed?.();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ...renewed, refresh_token: 'refresh-canary-new' }));
  });
  hooked.active = true;
  const redemptions = () => redemptionsOf(oauth);
  return { home, env: service.env, service, redemptions };
}

function redemptionsOf({ tokenRequests }: ScriptedOAuth): number {
  return tokenRequests.filter((form) => form.get('grant_type') === 'refresh_token').length;
}

describeWith('secretService', 'a renewal, when the keychain', () => {
  test('goes away after the login was read, has redeemed nothing', async () => {
    let service: SecretService | undefined;
    const rig = await loggedIn({ whenAsked: () => service?.signal('SIGKILL') });
    service = rig.service;
    const result = await run(renewing, { home: rig.home, env: rig.env });
    expect(result).toMatchObject({ code: 71, stdout: '' });
    expect(result.stderr).toMatch(/no keychain in this session/);
    expect(rig.redemptions()).toBe(0);
  });

  test('hangs after the login was read, has redeemed nothing, and ends in time', async () => {
    let service: SecretService | undefined;
    const rig = await loggedIn({ whenAsked: () => service?.signal('SIGSTOP') });
    service = rig.service;
    const startedAt = performance.now();
    const result = await run(renewing, { home: rig.home, env: rig.env });
    expect(result).toMatchObject({ code: 71, stdout: '' });
    expect(result.stderr).toMatch(/did not answer in time/);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(rig.redemptions()).toBe(0);
    service.signal('SIGCONT');
    expect(await run(['token'], { home: rig.home, env: rig.env })).toMatchObject({ code: 0 });
  });

  test('hangs when the provider has answered, stores the answer once it goes on', async () => {
    let service: SecretService | undefined;
    const rig = await loggedIn({ whenRedeemed: () => service?.signal('SIGSTOP') });
    service = rig.service;
    const command = start(renewing, { home: rig.home, env: rig.env });
    await vi.waitFor(() => expect(rig.redemptions()).toBe(1), { timeout: 10_000, interval: 5 });
    command.kill('SIGKILL');
    await command.result;
    service.signal('SIGCONT');
    expect(await run(renewing, { home: rig.home, env: rig.env })).toMatchObject({
      code: 0,
      stdout: `${renewed.access_token}\n`,
    });
    expect(rig.redemptions()).toBe(1);
  });
});
