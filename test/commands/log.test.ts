import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { approve } from '../sandbox/person.ts';
import { findSecrets, secretsOf } from '../support/leaks.ts';
import { type RenewalRig, renewing, startRenewalRig } from '../support/renewal-rig.ts';
import { run, start } from '../support/run.ts';

let rig: RenewalRig;

beforeEach(async () => {
  rig = await startRenewalRig({ answerDelayMs: 0 });
});

const mailctl = (args: readonly string[]) => run(args, { home: rig.home });
const logFile = () => join(rig.home.state, 'mailctl', 'audit.log');
const renewAgain = ['token', '--min-valid', '1d'];

/** A log of what has happened, its suspicious events marked: "refresh", "!scope-change". */
async function events(): Promise<string[]> {
  const { rows, stdout } = await mailctl(['log', '--json']);
  expect(findSecrets(stdout, secretsOf(rig.oauth.tokenRequests, []))).toEqual([]);
  for (const { suspicious, hint, account, provider, pid } of rows) {
    expect({ suspicious, account, provider }).toEqual({
      suspicious: hint !== null, // whoever is warned is told what to do
      account: 'club',
      provider: rig.oauth.issuer,
    });
    expect(pid).toBeGreaterThan(1);
  }
  return rows.map(({ event, suspicious }) => `${suspicious ? '!' : ''}${event}`);
}

/** A login over the one of the rig. */
async function logInAgain(address: string, args: readonly string[]): Promise<void> {
  const login = start(
    ['login', address, ...args, '--name', 'club', '--no-browser', '--json', '--no-check'],
    { home: rig.home },
  );
  const [line] = await login.waitForStdout(/^\{"type":"authorization".*\}$/m);
  await approve(new URL(JSON.parse(line).url), { login: address, decision: 'allow' });
  const { code, stderr } = await login.result;
  expect(code, stderr).toBe(0);
}

describe('the log', () => {
  it('tells what has happened to a login, from the first day to the last', async () => {
    await mailctl(renewing);
    await mailctl(['logout']);
    expect(await events()).toEqual(['login', 'refresh', 'rotation', 'revoke', 'logout']);
    expect((await mailctl(['log', '--since', '1h', '-a', 'other'])).stdout).toBe('');
    expect(findSecrets(readFileSync(logFile()), secretsOf(rig.oauth.tokenRequests, []))).toEqual(
      [],
    );
    expect(statSync(logFile()).mode & 0o777).toBe(0o600);
  });

  it('warns when somebody has used a refresh token that was rotated away', async () => {
    const spent = rig.oauth.tokenRequests[0]?.answer;
    await mailctl(renewing);
    // Who has a copy of the first one uses it: the provider ends the grant.
    const stolen = new URLSearchParams({
      ...{ grant_type: 'refresh_token', client_id: 'mailctl' },
      refresh_token: String(Reflect.get(Object(spent), 'refresh_token')),
    });
    const answer = await fetch(`${rig.oauth.issuer}/token`, { method: 'POST', body: stolen });
    expect(answer.status).toBe(400);
    expect(await mailctl(renewAgain)).toMatchObject({ code: 77 });
    expect(await events()).toEqual([
      ...['login', 'refresh', 'rotation'],
      ...['!refresh-refused', '!refresh-token-reused'],
    ]);
    const { stdout } = await mailctl(['log']);
    expect(stdout).toMatch(/suspicious\trefresh-token-reused\t.*may have been used again/);
  });

  it('does not suspect a provider that is only busy', async () => {
    for (let n = 0; n < 3; n++) rig.oauth.failNext(503, 'busy', { 'Retry-After': '0' });
    expect(await mailctl(renewing)).toMatchObject({ code: 75 });
    expect(await events()).toEqual(['login', 'refresh-failed']);
  });

  it('warns when the scopes, or the person, are not those of last time', async () => {
    await logInAgain(
      'ada@example.org',
      ['openid', 'email', 'mail'].flatMap((scope) => ['--scope', scope]),
    );
    expect(await events()).toEqual(['login', 'login', '!scope-change']);
    await logInAgain('eve@example.org', ['--mailbox', 'ada@example.org']);
    expect(await events()).toEqual(['login', 'login', '!scope-change', 'login', '!subject-change']);
    const { rows } = await mailctl(['log', '--json']);
    expect(rows[2]).toMatchObject({ reason: '+mail' });
  });

  it('tells a store that does not open', async () => {
    renameSync(join(rig.home.directory, 'key'), join(rig.home.directory, 'elsewhere'));
    expect(await mailctl(['token'])).toMatchObject({ code: 71 });
    expect(await events()).toEqual(['login', 'store-locked']);
  });

  it('begins another file at 1 MiB, and reads both back in order', async () => {
    const [line = ''] = readFileSync(logFile(), 'utf8').split('\n');
    const old = `${line.replace('"login"', '"logout"')}\n`;
    writeFileSync(logFile(), old.repeat(Math.ceil(2 ** 20 / old.length)));
    await mailctl(renewing);
    expect(statSync(`${logFile()}.1`).size).toBeGreaterThan(2 ** 20 - 1);
    expect(statSync(logFile()).size).toBeLessThan(2000);
    for (const path of [logFile(), `${logFile()}.1`]) {
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    const all = await events();
    expect(all.slice(-3)).toEqual(['logout', 'refresh', 'rotation']);
  });
});
