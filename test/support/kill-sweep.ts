import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { RenewalRequest } from '../../src/auth/renewal-protocol.ts';
import { type RenewalRig, startRenewalRig } from './renewal-rig.ts';
import { run, startProgram } from './run.ts';

const program = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** A system call to die at, such as the third `fsync` of a thread. */
export interface Step {
  readonly call: string;
  readonly nth: number;
}

export type Victim = 'command' | 'renewal';

/** What a kill has led to. `ended`: it did not come to that step. */
export type Fate = 'alive' | 'lost in the window' | 'ended';

/** Every step of a call until there is none any more. */
export async function sweep(victim: Victim, calls: readonly string[]): Promise<Map<Fate, Step[]>> {
  const fates = new Map<Fate, Step[]>();
  let rig: RenewalRig | null = null;
  for (const call of calls) {
    for (let nth = 1, fate: Fate = 'alive'; fate !== 'ended'; nth++) {
      rig ??= await startRenewalRig({ answerDelayMs: 20 });
      fate = await killAt(rig, victim, { call, nth });
      fates.set(fate, [...(fates.get(fate) ?? []), { call, nth }]);
      if (fate === 'lost in the window') rig = null;
    }
  }
  return fates;
}

/**
 * Kills one process of a renewal at one step, and looks for the grant. It must be alive, unless the
 * one process that redeems and stores died between the two; then the next command must say so.
 */
export async function killAt(rig: RenewalRig, victim: Victim, step: Step): Promise<Fate> {
  rig.oauth.setAccessTokenTtl(600);
  const stored = () => readFileSync(join(rig.home.state, 'mailctl', 'tokens', 'club.json'));
  const [before, redeemedBefore] = [stored(), redeemed(rig)];
  const killed = await runUntil(rig, victim, step);
  const lost = victim === 'renewal' && redeemed(rig) > redeemedBefore && stored().equals(before);

  // Good for less than a day, so this redeems what is stored: a proof that the grant is alive.
  const next = await run(['token', '--min-valid', '1d'], { home: rig.home });
  const where = `${victim} at ${step.call} ${step.nth}: ${next.stderr}`;
  if (!killed) expect(next.code, where).toBe(0);
  if (!killed) return 'ended';
  expect(next.code, where).toBe(lost ? 77 : 0);
  if (!lost) return 'alive';
  expect(next.stderr, where).toMatch(/a renewal was cut off at \d{4}-\d\d-\d\dT[\d:.]+Z/);
  expect(next.stderr, where).toContain('→ mailctl login -a club');
  return 'lost in the window';
}

function redeemed(rig: RenewalRig): number {
  return rig.refreshes().filter(({ status }) => status === 200).length;
}

/** Whether it was killed. */
async function runUntil(rig: RenewalRig, victim: Victim, { call, nth }: Step): Promise<boolean> {
  const { home } = rig;
  const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${nth}`];
  const strace = ['-f', '-qq', '-o', '/dev/null', ...inject];
  // The processes a command starts are not the command: they are let go.
  const line =
    victim === 'command'
      ? ['-b', 'execve', process.execPath, program('bin/mailctl.js'), 'token', '--min-valid', '1d']
      : [process.execPath, program('dist/renewal-process.js')];
  const request: RenewalRequest = {
    config: join(home.config, 'mailctl', 'config.toml'),
    account: 'club',
    refused: null,
    minValidMs: 86_400_000,
    storeSecret: readFileSync(join(home.directory, 'key')).toString('base64'),
  };
  // One thread beside the main one, as strace counts in each by itself.
  const { code, signal, stderr } = await startProgram('strace', [...strace, ...line], {
    home,
    env: { UV_THREADPOOL_SIZE: '1' },
    stdin: victim === 'renewal' ? JSON.stringify(request) : '',
  }).result;
  if (signal === null) expect(code, `${victim} at ${call} ${nth}: ${stderr}`).toBe(0);
  return signal === 'SIGKILL';
}
