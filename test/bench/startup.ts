import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { encryptedFileStore } from '../../src/auth/stores/encrypted-file.ts';
import { keychainStore } from '../../src/auth/stores/keychain.ts';
import { keyRing } from '../../src/auth/stores/store-key.ts';
import { platformKeychain } from '../../src/system/platform-keychain.ts';
import { whyMissing } from '../support/machine.ts';
import { type SecretService, startSecretService } from '../support/secret-service.ts';

/**
 * How long mailctl takes to start, as ratios to bare Node: interleaved runs, so that a busy machine
 * slows all of them alike, and medians. The tokens are fresh, in a real file store and a real
 * Secret Service. Exits 1 when a bar is missed, or when one cannot be measured.
 */
const runs = 30;

interface Command {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The highest ratio to bare Node. */
  readonly bar: number | null;
}

const token = (account: string) => ['bin/mailctl.js', 'token', '-a', account];
const bare: Command = { name: 'node -e 0', args: ['-e', '0'], bar: null };
const always: readonly Command[] = [
  bare,
  { name: 'mailctl --version', args: ['bin/mailctl.js', '--version'], bar: 1.6 },
  { name: 'mailctl --help', args: ['bin/mailctl.js', '--help'], bar: 1.8 },
  { name: 'mailctl token, file', args: token('file'), bar: 2.2 },
  { name: 'the same at a provider', args: token('google'), bar: 2.2 },
];
const missing = whyMissing('secretService');
const home = mkdtempSync(join(tmpdir(), 'mailctl-bench-'));
const withKeychain: Command = {
  name: 'mailctl token, keychain',
  args: token('keychain'),
  env: { MAILCTL_CONFIG: join(home, 'keychain.toml') },
  bar: 4,
};
let service: SecretService | null = null;
try {
  service =
    missing === null
      ? await startSecretService({ directory: join(home, 'keyring'), state: 'unlocked' })
      : null;
  await logIn();
  report(measure(service === null ? always : [...always, withKeychain]));
  if (missing !== null) {
    console.log(`mailctl token, keychain: not measured (${missing})`);
    process.exitCode = 1;
  }
} finally {
  await service?.close();
  rmSync(home, { recursive: true, force: true });
}

/** Leaves two accounts with a login that is good for an hour. */
async function logIn(): Promise<void> {
  const key = join(home, 'key');
  const imap = 'imap = { host = "imap.example.org" }';
  mkdirSync(join(home, 'config', 'mailctl'), { recursive: true });
  writeFileSync(
    join(home, 'config', 'mailctl', 'config.toml'),
    [
      ...['[accounts.file]', 'address = "ada@example.org"', imap],
      ...['client_id = "mailctl"', 'store = "file"', `key_file = "${key}"`],
      ...['[accounts.google]', 'address = "ada@gmail.com"', 'provider = "google"'],
      ...['client_id = "mailctl"', 'store = "file"', `key_file = "${key}"`],
      '',
    ].join('\n'),
  );
  writeFileSync(
    join(home, 'keychain.toml'),
    ['[accounts.keychain]', 'address = "ada@example.org"', imap, 'client_id = "mailctl"', ''].join(
      '\n',
    ),
  );
  const now = new Date();
  const credential = {
    kind: 'grant' as const,
    address: 'ada@example.org',
    issuer: 'https://login.example.org',
    clientId: 'mailctl',
    clientSecret: null,
    tokens: {
      accessToken: 'x'.repeat(1000),
      expiresAt: new Date(now.getTime() + 3_600_000),
      refreshToken: 'y'.repeat(500),
      obtainedAt: now,
      grantedAt: now,
      scopes: ['mail'],
      subject: null,
    },
    previousRefreshToken: null,
    rotatedAt: null,
  };
  const keys = keyRing({
    source: { kind: 'file', path: key },
    env: {},
    askPassphrase: null,
    secret: null,
  });
  await keys.prepare({ fresh: true });
  const directory = join(home, 'state', 'mailctl');
  await encryptedFileStore('file', { directory, keys }).save(credential);
  const atGoogle = { address: 'ada@gmail.com', issuer: 'https://accounts.google.com' };
  await encryptedFileStore('google', { directory, keys }).save({ ...credential, ...atGoogle });
  if (service === null) return;
  Object.assign(process.env, service.env); // keytar finds the service there
  await keychainStore('keychain', platformKeychain(process.platform)).save(credential);
}

function measure(commands: readonly Command[]): ReadonlyMap<Command, number> {
  const times = new Map(commands.map((command) => [command, [] as number[]]));
  for (const command of commands) milliseconds(command); // warm the disk cache
  for (let run = 0; run < runs; run++) {
    for (const [command, values] of times) values.push(milliseconds(command));
  }
  return new Map([...times].map(([command, values]) => [command, median(values)]));
}

function milliseconds({ args, env: own = {} }: Command): number {
  // Nothing of ours: a certificate bundle named there would be read at every start of Node 20.
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    ...service?.env,
    ...own,
  };
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  const elapsed = performance.now() - start;
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`);
  return elapsed;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}

function report(medians: ReadonlyMap<Command, number>): void {
  console.log(`${runs} interleaved runs, Node ${process.versions.node}\n`);
  const bareMs = medians.get(bare) ?? Number.NaN;
  for (const [{ name, bar }, ms] of medians) {
    const ratio = ms / bareMs;
    const met = bar === null || ratio <= bar;
    const verdict = bar === null ? '' : `  bar ${bar.toFixed(1)}  ${met ? 'met' : 'MISSED'}`;
    if (!met) process.exitCode = 1;
    console.log(
      `${name.padEnd(24)} ${ms.toFixed(1).padStart(6)} ms  ${ratio.toFixed(2)} ×${verdict}`,
    );
  }
}
