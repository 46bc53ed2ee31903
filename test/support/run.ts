import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cleanUpLater } from './clean-up.ts';
import type { Home } from './home.ts';
import { checkRow } from './row-schemas.ts';

export { type Home, newHome } from './home.ts';

export const binary = fileURLToPath(new URL('../../bin/mailctl.js', import.meta.url));

export interface RunOptions {
  home: Home;
  /** Added to the home's environment. */
  env?: Record<string, string>;
  /** Given to the program, then closed; null leaves it open. Default: closed at once. */
  stdin?: string | Buffer | null;
  /** Default: the home directory. */
  cwd?: string;
  /** Default 30 s; then the program is killed and the promise rejects with what it said. */
  timeoutMs?: number;
  /** Ends the program with SIGTERM. */
  signal?: AbortSignal;
}

export interface Result {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  stdoutBytes: Buffer;
  /** stdout read as NDJSON. Throws when a line is no row that `mailctl schema` describes. */
  readonly rows: Record<string, unknown>[];
}

export interface Running {
  child: ChildProcess;
  pid: number;
  /** Resolves with the match as soon as the output so far has one; rejects if the program ends first. */
  waitForStdout(pattern: RegExp): Promise<RegExpExecArray>;
  waitForStderr(pattern: RegExp): Promise<RegExpExecArray>;
  result: Promise<Result>;
  kill(signal?: NodeJS.Signals): void;
}

/** Runs mailctl to its end. A code other than 0 is a result like any other. */
export function run(args: readonly string[], options: RunOptions): Promise<Result> {
  return start(args, options).result;
}

/** Starts mailctl, to talk with it while it runs. It is killed when the test ends. */
export function start(args: readonly string[], options: RunOptions): Running {
  return startProgram(process.execPath, [binary, ...args], options);
}

/** The same with nothing in its environment but what is given: the world of cron. */
export function startBare(args: readonly string[], options: BareOptions): Running {
  const { variables = {}, umask = '022', ...others } = options;
  const { PATH = '', HOME = '' } = options.home.env;
  const given = Object.entries({ PATH, HOME, ...variables }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const program = ['env', '-i', ...given, process.execPath, binary, ...args];
  const shell = ['-c', `umask ${umask}; exec "$@"`, 'sh', ...program];
  return startProgram('/bin/sh', shell, { cwd: '/', ...others });
}

export interface BareOptions extends Omit<RunOptions, 'env'> {
  /** What is in the environment beside PATH and HOME. */
  variables?: Record<string, string>;
  umask?: string;
}

/** The same for any program. */
export function startProgram(file: string, args: readonly string[], options: RunOptions): Running {
  const child = spawn(file, args, {
    cwd: options.cwd ?? options.home.directory,
    env: { ...options.home.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const said = (stream: 'stdout' | 'stderr') => Buffer.concat(chunks[stream]).toString('utf8');
  child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  // A program that ends before it has read everything is no fault of the test.
  child.stdin.on('error', () => {});
  if (options.stdin !== null) child.stdin.end(options.stdin);

  const kill = (signal: NodeJS.Signals = 'SIGTERM') => void child.kill(signal);
  const abort = () => kill();
  if (options.signal?.aborted) abort();
  options.signal?.addEventListener('abort', abort, { once: true });

  let late = false;
  const timeoutMs = options.timeoutMs ?? 30_000;
  const timer = setTimeout(() => {
    late = true;
    kill('SIGKILL');
  }, timeoutMs);

  const closed = once(child, 'close').finally(() => {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
  });
  const result = closed.then((): Result => {
    const stdoutBytes = Buffer.concat(chunks.stdout);
    const stdout = stdoutBytes.toString('utf8');
    if (late) {
      throw new Error(
        `mailctl ${args.slice(1).join(' ')} was still running after ${timeoutMs} ms\n${stdout}\n${said('stderr')}`,
      );
    }
    return {
      code: child.exitCode,
      signal: child.signalCode,
      stdout,
      stderr: said('stderr'),
      stdoutBytes,
      get rows() {
        const rows = parseRows(stdout);
        for (const row of rows) checkRow(row);
        return rows;
      },
    };
  });
  // The caller may be waiting for a line of output when this rejects.
  result.catch(() => {});
  cleanUpLater(() => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    kill('SIGKILL');
    return closed.then(() => {});
  });

  const waitFor = (stream: 'stdout' | 'stderr') => (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = (): boolean => {
        const match = new RegExp(pattern.source, pattern.flags.replace('g', '')).exec(said(stream));
        if (!match) return false;
        child[stream].off('data', look);
        resolve(match);
        return true;
      };
      if (look()) return;
      child[stream].on('data', look);
      closed.then(
        () => {
          if (!look()) {
            reject(new Error(`ended without ${pattern} on ${stream}, but with:\n${said(stream)}`));
          }
        },
        (error: unknown) => reject(error),
      );
    });

  return {
    child,
    pid: child.pid ?? Number.NaN,
    waitForStdout: waitFor('stdout'),
    waitForStderr: waitFor('stderr'),
    result,
    kill,
  };
}

function parseRows(stdout: string): Record<string, unknown>[] {
  const lines = stdout.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => {
    const row: unknown = JSON.parse(line);
    if (typeof row !== 'object' || row === null || Array.isArray(row)) {
      throw new Error(`not a JSON object: ${line}`);
    }
    return { ...row };
  });
}
