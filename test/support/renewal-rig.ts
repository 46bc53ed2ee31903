import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { type OAuthServer, startOAuthServer } from '../sandbox/oauth-server.ts';
import { approve } from '../sandbox/person.ts';
import { cleanUpLater } from './clean-up.ts';
import { type Home, newHome, run, start } from './run.ts';

/** What the access token of the rig is not good for any more, but a renewed one is. */
export const renewing = ['token', '--min-valid', '30m'];

/** A login whose next use must renew it, at a provider that rotates and punishes reuse. */
export interface RenewalRig {
  readonly oauth: OAuthServer;
  readonly home: Home;
  refreshes(): OAuthServer['tokenRequests'];
  /** The grant is alive when its refresh token can be redeemed once more. */
  expectAliveGrant(): Promise<void>;
  /** Start many commands together, kill some at random moments, and look for the grant; again. */
  survivesKills(plan: KillPlan): Promise<void>;
}

interface KillPlan {
  readonly rounds: number;
  readonly processes: number;
  readonly killed: number;
  readonly seed: number;
}

interface RigOptions {
  /** Flags that say where the login is kept. Default: a file. */
  readonly store?: readonly string[];
  readonly env?: Record<string, string>;
  /** How long the provider keeps its answer back once it has rotated. Default 200. */
  readonly answerDelayMs?: number;
}

export async function startRenewalRig({
  store,
  env = {},
  answerDelayMs = 200,
}: RigOptions = {}): Promise<RenewalRig> {
  // Every refresh rotates, and the use of a spent refresh token ends the grant.
  const oauth = await startOAuthServer({ accessTokenTtlSeconds: 600, answerDelayMs });
  cleanUpLater(oauth.close);
  const home = await newHome();
  const login = start(
    [
      ...['login', 'ada@example.org', '--no-browser', '--json', '--name', 'club'],
      ...[
        '--issuer',
        oauth.issuer,
        '--client-id',
        'mailctl',
        '--imap-host',
        'localhost',
        '--no-check',
      ],
      ...(store ?? ['--store', 'file', '--key-file', join(home.directory, 'key')]),
    ],
    { home, env },
  );
  const [line] = await login.waitForStdout(/^\{"type":"authorization".*\}$/m);
  await approve(new URL(JSON.parse(line).url), { login: 'ada@example.org', decision: 'allow' });
  expect(await login.result).toMatchObject({ code: 0 });
  oauth.setAccessTokenTtl(3600);

  const rig: RenewalRig = {
    oauth,
    home,
    refreshes: () => oauth.tokenRequests.filter(({ grantType }) => grantType === 'refresh_token'),
    async expectAliveGrant() {
      const { code, stderr } = await run(['token', '--min-valid', '1d'], { home, env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    },
    async survivesKills({ rounds, processes, killed, seed }) {
      const random = randomNumbers(seed);
      for (let round = 0; round < rounds; round++) {
        oauth.setAccessTokenTtl(3600);
        const before = rig.refreshes().length;
        const running = Array.from({ length: processes }, () =>
          start(renewing, { home, env, timeoutMs: 90_000 }),
        );
        const kills = running.slice(0, killed).map(async (command) => {
          await delay(random() * 4000);
          command.kill('SIGKILL');
        });
        const results = await Promise.all(running.map(({ result }) => result));
        await Promise.all(kills);
        const spared = results.slice(killed);
        expect(spared.map(({ code, stderr }) => `${code}${stderr}`)).toEqual(spared.map(() => '0'));
        expect(rig.refreshes().length).toBe(before + 1);
        // What this gives is too short for the next round.
        oauth.setAccessTokenTtl(600);
        await rig.expectAliveGrant();
      }
    },
  };
  return rig;
}

/** Mulberry32: the same numbers for the same seed, from 0 to 1. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
