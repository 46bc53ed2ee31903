import { spawnSync } from 'node:child_process';
import process from 'node:process';

/**
 * How long mailctl takes to start, as ratios to bare Node: interleaved runs, so that a busy machine
 * slows all of them alike, and medians. Exits 1 when a bar is missed.
 */
const runs = 20;
const commands = [
  { name: 'node -e 0', args: ['-e', '0'], bar: null },
  { name: 'mailctl --version', args: ['bin/mailctl.js', '--version'], bar: 1.6 },
  { name: 'mailctl --help', args: ['bin/mailctl.js', '--help'], bar: 1.8 },
] as const;

// A certificate bundle named in the environment would be read at every start of Node 20.
const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env;

function milliseconds(args: readonly string[]): number {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore', env });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`);
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}

const times = commands.map((): number[] => []);
for (const { args } of commands) milliseconds(args); // warm the disk cache
for (let run = 0; run < runs; run++) {
  for (const [index, { args }] of commands.entries()) times[index]?.push(milliseconds(args));
}

const bare = median(times[0] ?? []);
console.log(`${runs} interleaved runs, Node ${process.versions.node}\n`);
for (const [index, { name, bar }] of commands.entries()) {
  const ms = median(times[index] ?? []);
  const ratio = ms / bare;
  const verdict = bar === null ? '' : `  bar ${bar.toFixed(1)}  ${ratio <= bar ? 'met' : 'MISSED'}`;
  if (bar !== null && ratio > bar) process.exitCode = 1;
  console.log(
    `${name.padEnd(20)} ${ms.toFixed(1).padStart(6)} ms  ${ratio.toFixed(2)} ×${verdict}`,
  );
}
