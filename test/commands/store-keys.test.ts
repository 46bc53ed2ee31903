import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findSecrets, secretsOf } from '../support/leaks.ts';
import { describeWith } from '../support/parts.ts';
import { type RenewalRig, renewing, startRenewalRig } from '../support/renewal-rig.ts';
import { run, startProgram } from '../support/run.ts';
import { startSecretService } from '../support/secret-service.ts';
import { startInTerminal } from '../support/terminal.ts';

const binary = new URL('../../bin/mailctl.js', import.meta.url).pathname;
const phrase = 'correct horse battery';
const key = Buffer.alloc(32, 7).toString('base64');
let rig: RenewalRig;

beforeEach(async () => {
  rig = await startRenewalRig({ answerDelayMs: 0 });
});

const inHome = (name: string) => join(rig.home.directory, name);
const stored = () => join(rig.home.state, 'mailctl', 'tokens', 'club.json');
const mailctl = (line: string, env: Record<string, string> = {}) =>
  run(line.split(' '), { home: rig.home, env });

function program(name: string, lines: string): string {
  writeFileSync(inHome(name), `#!/bin/sh\n${lines}\n`);
  chmodSync(inHome(name), 0o700);
  return inHome(name);
}

function addToConfig(lines: string, without: RegExp): void {
  const path = join(rig.home.config, 'mailctl', 'config.toml');
  const config = readFileSync(path, 'utf8').replace(without, '');
  writeFileSync(path, config.replace('[accounts.club]\n', `[accounts.club]\n${lines}`));
}

describe.skipIf(process.platform === 'win32')('the key of the encrypted file', () => {
  it('can be a credential that systemd gives, for reading and renewing', async () => {
    mkdirSync(inHome('credentials'));
    writeFileSync(join(inHome('credentials'), 'mailctl'), key);
    const env = { CREDENTIALS_DIRECTORY: inHome('credentials') };
    const move = 'store move --to file --key-credential mailctl';
    expect(await mailctl(move, env)).toMatchObject({ code: 0, stderr: '' });
    expect(await mailctl(renewing.join(' '), env)).toMatchObject({ code: 0, stderr: '' });
    const without = await mailctl('token');
    expect(without).toMatchObject({ code: 71, stdout: '' });
    expect(without.stderr).toMatch(/systemd gives no credential mailctl\n {2}→ .*LoadCredential=/);
  });

  it('can be what a command prints, and a command that fails is told', async () => {
    const give = program('give-key', `exec cat '${inHome('key')}'`);
    addToConfig(`key_command = ["${give}"]\n`, /^key_file.*\n/m);
    expect(await mailctl('token')).toMatchObject({ code: 0, stderr: '' });
    expect(await mailctl(renewing.join(' '))).toMatchObject({ code: 0, stderr: '' });
    const before = readFileSync(stored());
    program('give-key', 'exit 3');
    const failing = await mailctl('token');
    expect(failing).toMatchObject({ code: 71, stdout: '' });
    expect(failing.stderr).toContain(`the key command (${give}) ended with 3`);
    program('give-key', `echo ${key}`);
    const other = await mailctl('token');
    expect(other).toMatchObject({ code: 65, stdout: '' });
    expect(other.stderr).toContain(stored());
    expect(readFileSync(stored()).equals(before)).toBe(true);
  });

  it('can be a passphrase from a descriptor, which is read once', async () => {
    writeFileSync(inHome('phrase'), `${phrase}\n`);
    const given = (args: string) =>
      startProgram(
        'sh',
        ['-c', `exec '${process.execPath}' '${binary}' ${args} 3< '${inHome('phrase')}'`],
        { home: rig.home },
      ).result;
    const moved = await given('store move --to file --passphrase-fd 3');
    expect(moved, moved.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(await given(renewing.join(' '))).toMatchObject({ code: 0, stderr: '' });
    // No mail server is there; what it finds first must not be an empty passphrase.
    const [row] = (await given('status --check --json')).rows;
    expect(row).toMatchObject({
      login: 'ok',
      works: false,
      problem: expect.stringMatching(/localhost/),
    });
    const before = readFileSync(stored());
    for (const wrong of ['wrong', '']) {
      writeFileSync(inHome('phrase'), wrong);
      const result = await given('token');
      expect(result.code, result.stderr).toBe(wrong === '' ? 71 : 65);
      expect(result.stderr).toContain(wrong === '' ? 'descriptor 3' : stored());
    }
    const closed = await mailctl('token');
    expect(closed).toMatchObject({ code: 71, stdout: '' });
    expect(closed.stderr).toContain('descriptor 3');
    expect(readFileSync(stored()).equals(before)).toBe(true);
  });

  it('can be a passphrase typed at a terminal, twice when it is new, and never shown', async () => {
    const question = /Passphrase of the token store of club: /;
    const typed = async (args: readonly string[], text: string, again?: string) => {
      const session = startInTerminal(args, { home: rig.home });
      await session.waitForStdout(question);
      session.type(text);
      if (again !== undefined) {
        await session.waitForStdout(/Once more: /);
        session.type(again);
      }
      return session.result;
    };
    const move = ['store', 'move', '--to', 'file', '--passphrase'];
    const slip = await typed(move, phrase, 'another');
    expect(slip, slip.stdout).toMatchObject({ code: 64 });
    const moved = await typed(move, phrase, phrase);
    expect(moved, moved.stdout).toMatchObject({ code: 0 });
    const renewed = await typed(renewing, phrase);
    expect(renewed, renewed.stdout).toMatchObject({ code: 0 });
    for (const { stdout } of [moved, renewed]) {
      expect(stdout.match(new RegExp(question, 'g'))).toHaveLength(1);
      expect(stdout).not.toContain(phrase);
    }
    const before = readFileSync(stored());
    const wrong = await typed(['token'], 'wrong');
    expect(wrong.code).toBe(65);
    expect(wrong.stdout).toContain(stored());
    expect(readFileSync(stored()).equals(before)).toBe(true);
    expect(statSync(stored()).mode & 0o777).toBe(0o600);
  });
});

describeWith(['secretService', 'secretTool', 'strace'], 'a store of commands', () => {
  it('can be secret-tool, and what it keeps is on no command line', async () => {
    const service = await startSecretService({
      directory: inHome('keyring'),
      state: 'unlocked',
    });
    try {
      const name = '"service", "mailctl", "account", "club"';
      addToConfig(
        `store_read = ["secret-tool", "lookup", ${name}]
store_write = ["secret-tool", "store", "--label=mailctl", ${name}]
store_delete = ["secret-tool", "clear", ${name}]
`,
        /^$/,
      );
      const trace = inHome('trace');
      const traced = async (line: string) => {
        const strace = ['-f', '-qq', '-s', '100000', '-e', 'trace=execve', '-A', '-o', trace];
        const args = [...strace, process.execPath, binary, ...line.split(' ')];
        const result = await startProgram('strace', args, { home: rig.home, env: service.env })
          .result;
        expect(result, `${line}: ${result.stderr}`).toMatchObject({ code: 0, stderr: '' });
        return result.stdout;
      };
      await traced('store move --to command');
      const token = await traced(renewing.join(' '));
      expect(await traced('token')).toBe(token);
      await traced('logout');
      expect((await mailctl('token', service.env)).code).toBe(77);

      const programs = readFileSync(trace, 'utf8');
      expect(programs.match(/"secret-tool", "store"/g)?.length).toBeGreaterThan(1);
      expect(programs).toMatch(/"secret-tool", "clear"/);
      expect(findSecrets(programs, secretsOf(rig.oauth.tokenRequests, []))).toEqual([]);
    } finally {
      await service.close();
    }
  });
});
