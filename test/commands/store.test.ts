import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type RenewalRig, renewing, startRenewalRig } from '../support/renewal-rig.ts';
import { run } from '../support/run.ts';

let rig: RenewalRig;
const passphrase = { PASSPHRASE: 'correct horse battery' };

beforeEach(async () => {
  rig = await startRenewalRig();
});

const mailctl = (args: string[], env: Record<string, string> = {}) =>
  run(args, { home: rig.home, env });
const stored = () => join(rig.home.state, 'mailctl', 'tokens', 'club.json');

/** Two programs of the person's that keep one secret in a file. */
function writeStoreCommands(): { read: string; write: string; file: string } {
  const file = join(rig.home.directory, 'secret');
  const read = join(rig.home.directory, 'read-secret');
  const write = join(rig.home.directory, 'write-secret');
  writeFileSync(read, `#!/bin/sh\nexec cat '${file}'\n`);
  writeFileSync(write, `#!/bin/sh\numask 077\nexec cat > '${file}'\n`);
  for (const program of [read, write]) chmodSync(program, 0o700);
  return { read, write, file };
}

function addToConfig(lines: string): void {
  const path = join(rig.home.config, 'mailctl', 'config.toml');
  const config = readFileSync(path, 'utf8');
  writeFileSync(path, config.replace('[accounts.club]\n', `[accounts.club]\n${lines}`));
}

describe('store move', () => {
  it('carries the login to a file with a passphrase, which renews there', async () => {
    const move = ['store', 'move', '--to', 'file', '--passphrase-env', 'PASSPHRASE'];
    expect(await mailctl(move, passphrase)).toMatchObject({ code: 0, stderr: '' });
    expect(await mailctl(renewing, passphrase)).toMatchObject({ code: 0, stderr: '' });
    expect(rig.refreshes()).toHaveLength(1);
    const before = readFileSync(stored());
    const wrong = await mailctl(['token'], { PASSPHRASE: 'wrong' });
    expect(wrong).toMatchObject({ code: 65, stdout: '' });
    expect(wrong.stderr).toContain(stored());
    expect(await mailctl(['token'])).toMatchObject({ code: 71, stdout: '' });
    expect(readFileSync(stored()).equals(before)).toBe(true);
  });

  it('carries the login to commands, and removes it here', async () => {
    const { read, write, file } = writeStoreCommands();
    addToConfig(`store_read = ["${read}"]\nstore_write = ["${write}"]\n`);
    expect(await mailctl(['store', 'move', '--to', 'command'])).toMatchObject({ code: 0 });
    expect(existsSync(stored())).toBe(false);
    expect(readFileSync(file, 'utf8')).not.toBe('');
    expect(await mailctl(renewing)).toMatchObject({ code: 0, stderr: '' });
    expect(await mailctl(['logout'])).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8').trim()).toBe('');
  });

  it('leaves everything as it was where the other store does not answer', async () => {
    const before = readFileSync(stored());
    const result = await mailctl(['store', 'move', '--to', 'keychain']);
    expect(result).toMatchObject({ code: 71, stdout: '' });
    expect(readFileSync(stored()).equals(before)).toBe(true);
    expect(await mailctl(['token'])).toMatchObject({ code: 0 });
  });
});

describe('status', () => {
  it('says by its exit code that a login has ended', async () => {
    expect(await mailctl(['status', '--expires-within', '14d'])).toMatchObject({ code: 0 });
    await mailctl(['logout']);
    expect(await mailctl(['status', '--expires-within', '14d'])).toMatchObject({ code: 77 });
  });
});
