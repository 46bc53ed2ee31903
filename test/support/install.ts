import { execFileSync, execSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { findProgram, packages, partNames, whyMissing } from './machine.ts';
import type { Parts } from './parts.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Prepares the machine before any test runs: builds mailctl and installs the programs that npm
 * cannot bring. A part that stays missing is told to the tests, which skip what needs it; in CI
 * on Linux it is an error, so that nothing is skipped there unseen.
 */
export async function setup(project: TestProject): Promise<void> {
  say('building mailctl');
  execSync('npm run build', { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });

  const wanted = partNames.filter((part) => whyMissing(part) !== null);
  if (process.platform === 'linux' && wanted.length > 0) {
    installPackages(wanted.flatMap((part) => packages[part]));
  }

  const parts = Object.fromEntries(partNames.map((part) => [part, whyMissing(part)]));
  const missing = Object.entries(parts).filter(([, why]) => why !== null);
  for (const [part, why] of missing) say(`skipping what needs ${part}: ${why}`);
  if (process.env.CI === 'true' && process.platform === 'linux' && missing.length > 0) {
    throw new Error(`missing in CI: ${missing.map(([part]) => part).join(', ')}`);
  }
  project.provide('parts', parts as Parts);
}

function installPackages(names: readonly string[]): void {
  const prefix = becomeRoot();
  const command = `apt-get install -y --no-install-recommends ${names.join(' ')}`;
  if (findProgram('apt-get') === null || prefix === null) {
    say(`for all tests, run first:\n\n    sudo ${command}\n`);
    return;
  }
  say(`installing ${names.join(' ')}`);
  const [file = '', ...before] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'];
  try {
    for (const args of [['update', '-q'], command.split(' ').slice(1)]) {
      execFileSync(file, [...before, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
    }
  } catch (error) {
    say(`that did not work (${error instanceof Error ? error.message : error})`);
  }
}

/** What to put before a command so that root runs it; null when that needs a password. */
function becomeRoot(): string[] | null {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : null;
}

function say(line: string): void {
  process.stderr.write(`[test/support/install] ${line}\n`);
}
