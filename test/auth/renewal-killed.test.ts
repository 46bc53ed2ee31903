import { beforeAll, describe, expect, it, vi } from 'vitest';
import { sweep } from '../support/kill-sweep.ts';
import { describeWith } from '../support/parts.ts';
import { type RenewalRig, renewing, startRenewalRig } from '../support/renewal-rig.ts';
import { run, startProgram } from '../support/run.ts';
import { startInTerminal } from '../support/terminal.ts';

// Every step of both is in renewal-killed.long.ts.
describeWith('strace', 'a renewal, killed at a step', () => {
  it('loses nothing when it is the command that dies, starting another process or before', async () => {
    const fates = await sweep('command', ['clone3']);
    expect(fates.get('alive')?.length).toBeGreaterThan(2);
    expect(fates.get('lost in the window')).toBe(undefined);
  });

  it('loses the login between redeeming and storing alone when it is its own process', async () => {
    const fates = await sweep('renewal', ['rename', 'unlink']);
    // The probe, the mark; what is next stores what was redeemed.
    expect(fates.get('lost in the window')).toEqual([{ call: 'rename', nth: 3 }]);
    expect(fates.get('alive')?.length).toBeGreaterThan(3);
  });
});

const binary = new URL('../../bin/mailctl.js', import.meta.url).pathname;

describe.skipIf(process.platform !== 'linux')('a renewal, while the provider has rotated', () => {
  let rig: RenewalRig;
  beforeAll(async () => {
    rig = await startRenewalRig();
  });

  /** Does it while the old refresh token is spent and the new one on its way; and looks. */
  async function disturbed(
    disturb: () => void,
    command: { result: Promise<unknown> },
    before: number,
  ) {
    await vi.waitFor(() => expect(rig.refreshes()).toHaveLength(before + 1), {
      timeout: 10_000,
      interval: 2,
    });
    disturb();
    const ending = await command.result;
    // One that knows nothing of it finds what was stored, and redeems nothing.
    const next = await run(renewing, { home: rig.home });
    expect(next).toMatchObject({ code: 0, stderr: '' });
    const last = rig.refreshes().slice(before);
    expect(last.map(({ status }) => status)).toEqual([200]);
    expect(last[0]?.answer).toMatchObject({ access_token: next.stdout.trim() });
    rig.oauth.setAccessTokenTtl(600);
    await rig.expectAliveGrant();
    rig.oauth.setAccessTokenTtl(3600);
    return ending;
  }

  it.each(['SIGKILL', 'SIGHUP', 'SIGTERM'])(
    'outlives %s to the whole process group of the command',
    async (name) => {
      const before = rig.refreshes().length;
      const line = ['sh', '-c', '"$@"; :', 'sh', process.execPath, binary, ...renewing];
      const group = startProgram('setsid', line, { home: rig.home });
      await disturbed(() => process.kill(-group.pid, name), group, before);
    },
  );

  it('outlives Ctrl-C typed at the terminal', async () => {
    const before = rig.refreshes().length;
    const command = startInTerminal(renewing, { home: rig.home });
    const ending = await disturbed(() => command.child.stdin?.write('\x03'), command, before);
    expect(ending).toMatchObject({ code: 130, stdout: expect.stringMatching(/cancelled/) });
  });

  it('outlives the terminal itself', async () => {
    const before = rig.refreshes().length;
    const command = startInTerminal(renewing, { home: rig.home });
    await disturbed(() => command.kill('SIGKILL'), command, before);
  });
});
