import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cleanUpLater } from '../support/clean-up.ts';
import { describeWith } from '../support/parts.ts';
import { renewing, startRenewalRig } from '../support/renewal-rig.ts';
import { newHome, run } from '../support/run.ts';
import { startSecretService } from '../support/secret-service.ts';

describe('a renewal, at length', () => {
  it('keeps the grant when ten of fifty are killed at any moment, in 20 rounds', async () => {
    const rig = await startRenewalRig();
    await rig.survivesKills({ rounds: 20, processes: 50, killed: 10, seed: 20 });
  });
});

describeWith('secretService', 'a renewal of a login in the keychain', () => {
  it('happens once for fifty processes that start together', async () => {
    const home = await newHome();
    const directory = join(home.directory, 'keyring');
    const service = await startSecretService({ directory, state: 'unlocked' });
    cleanUpLater(service.close);
    const rig = await startRenewalRig({ store: ['--store', 'keychain'], env: service.env });
    const started = Array.from({ length: 50 }, () =>
      run(renewing, { home: rig.home, env: service.env, timeoutMs: 120_000 }),
    );
    const results = await Promise.all(started);
    expect(results.map(({ code, stderr }) => `${code}${stderr}`)).toEqual(results.map(() => '0'));
    expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
    expect(rig.refreshes()).toHaveLength(1);
  });
});
