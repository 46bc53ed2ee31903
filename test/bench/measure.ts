import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { killTree } from '../support/processes.ts';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment but for PATH. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Measured {
  readonly wallSeconds: number;
  /** User and system, of the program and all it started. */
  readonly cpuSeconds: number;
  /** The most memory the program and those it started had together, never less than they had. */
  readonly peakMb: number;
}

/** Reports what its children took, of which the kernel tells nobody but their parent. */
const script = '"$@" 3>&-; code=$?; times >&3; exit $code';

const timeoutMs = 20 * 60_000;

/** Runs a program to its end with its output thrown away. @throws Error when it fails */
export async function measure({ file, args, env }: Command, cwd: string): Promise<Measured> {
  const start = performance.now();
  const shell = spawn('/bin/sh', ['-c', script, 'sh', file, ...args], {
    cwd,
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const said = { stderr: '', times: '' };
  shell.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said.stderr = (said.stderr + text).slice(-4_000);
  });
  shell.stdio[3]?.on('data', (bytes: Buffer) => {
    said.times += bytes.toString();
  });
  let peakKb = 0;
  const look = () => {
    peakKb = Math.max(peakKb, treeKb(shell.pid));
  };
  const timer = setInterval(look, 15);
  const tooLong = setTimeout(() => shell.pid && killTree(shell.pid), timeoutMs);
  let wallSeconds = 0;
  shell.once('exit', () => {
    wallSeconds = (performance.now() - start) / 1000;
  });
  await once(shell, 'close');
  clearInterval(timer);
  clearTimeout(tooLong);
  if (shell.exitCode !== 0) {
    throw new Error(`${file} ${args.join(' ')} ended with ${shell.exitCode}: ${said.stderr}`);
  }
  return { wallSeconds, cpuSeconds: childSeconds(said.times), peakMb: peakKb / 1024 };
}

/** The second line of `times` (POSIX): user and system time of all children, `0m1.23s 0m0.45s`. */
function childSeconds(times: string): number {
  const [, line = ''] = times.split('\n');
  const parts = [...line.matchAll(/(\d+)m([\d.]+)s/g)];
  if (parts.length !== 2) throw new Error(`cannot read the times of the shell: ${times}`);
  return parts.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

/** Peaks of all processes below this one, added up. The kernel keeps the peak of each (VmHWM). */
function treeKb(parent: number | undefined): number {
  if (parent === undefined) return 0;
  try {
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8');
    return children
      .split(' ')
      .filter((pid) => pid !== '')
      .reduce((sum, pid) => sum + peakKb(pid) + treeKb(Number(pid)), 0);
  } catch {
    return 0; // it has ended
  }
}

function peakKb(pid: string): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
