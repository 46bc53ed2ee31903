import { beforeEach, describe, expect, it, vi } from 'vitest';
import { descendants } from '../support/descendants.ts';
import { type RenewalRig, renewing, startRenewalRig } from '../support/renewal-rig.ts';
import { run, start } from '../support/run.ts';

let rig: RenewalRig;

beforeEach(async () => {
  rig = await startRenewalRig();
});

describe('a renewal', () => {
  it('happens once for fifty processes that start together', async () => {
    const started = Array.from({ length: 50 }, () =>
      run(renewing, { home: rig.home, timeoutMs: 90_000 }),
    );
    const results = await Promise.all(started);
    expect(results.map(({ code, stderr }) => `${code}${stderr}`)).toEqual(results.map(() => '0'));
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
    expect(rig.refreshes()).toHaveLength(1);
    await rig.expectAliveGrant();
  }, 120_000);

  it('outlives the command that asked for it', async () => {
    const command = start(renewing, { home: rig.home });
    // The old refresh token is spent, the new one on its way.
    await vi.waitFor(() => expect(rig.refreshes()).toHaveLength(1), {
      timeout: 10_000,
      interval: 2,
    });
    command.kill('SIGKILL');
    await command.result;
    const { code, stdout } = await run(renewing, { home: rig.home });
    expect(code).toBe(0);
    // The orphan stored what it redeemed, and the next command found it.
    expect(rig.refreshes()).toHaveLength(1);
    expect(rig.refreshes()[0]?.answer).toMatchObject({ access_token: stdout.trim() });
    await rig.expectAliveGrant();
  });

  it('does not bring back a login that was removed meanwhile', async () => {
    rig.oauth.setAnswerDelay(1500);
    const command = start(renewing, { home: rig.home });
    await vi.waitFor(() => expect(rig.refreshes()).toHaveLength(1), {
      timeout: 10_000,
      interval: 2,
    });
    const logout = await run(['logout', '--local', '--json'], { home: rig.home });
    expect(logout.rows).toMatchObject([{ removed: true }]);
    await command.result;
    expect((await run(['token'], { home: rig.home })).code).toBe(77);
  });

  it('keeps the grant when ten of fifty are killed at any moment', async () => {
    await rig.survivesKills({ rounds: 2, processes: 50, killed: 10, seed: 7 });
  }, 180_000);

  it('says what happened when a power cut lost the answer of the provider', async () => {
    rig.oauth.setAnswerDelay(10_000); // it will not be waited for
    const command = start(renewing, { home: rig.home });
    await vi.waitFor(() => expect(rig.refreshes()).toHaveLength(1), {
      timeout: 10_000,
      interval: 2,
    });
    for (const pid of await descendants(command.pid)) process.kill(pid, 'SIGKILL');
    command.kill('SIGKILL');
    await command.result;
    rig.oauth.setAnswerDelay(0);
    // A provider that is only busy in between must not take the explanation away.
    rig.oauth.failNext(429, 'slow down', { 'Retry-After': '3600' });
    expect((await run(renewing, { home: rig.home })).code).toBe(75);
    const { code, stderr } = await run(renewing, { home: rig.home });
    expect(code).toBe(77);
    expect(stderr).toContain('a renewal was cut off at');
    expect(stderr).toContain('→ mailctl login -a club');
  });

  it('falls back on nothing and loses nothing when the provider is only busy', async () => {
    for (let n = 0; n < 3; n++) rig.oauth.failNext(503, 'busy');
    const busy = await run(renewing, { home: rig.home });
    expect(busy.code).toBe(75);
    await rig.expectAliveGrant();
  });

  it('tries again by itself what is over in a moment', async () => {
    rig.oauth.failNext(503, 'busy');
    const { code, stderr } = await run(renewing, { home: rig.home });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('does not wait for an hour because the provider says so', async () => {
    rig.oauth.failNext(429, 'slow down', { 'Retry-After': '3600' });
    const started = performance.now();
    expect((await run(renewing, { home: rig.home })).code).toBe(75);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(rig.refreshes()).toHaveLength(1);
    await rig.expectAliveGrant();
  });
});
