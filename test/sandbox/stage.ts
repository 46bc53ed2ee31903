import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export const binary = fileURLToPath(new URL('../../bin/mailctl.js', import.meta.url));

/** A person's home on this machine, and mailctl run in it for everybody to see. */
export interface Stage {
  readonly home: string;
  readonly configFile: string;
  readonly keyFile: string;
  /** Shows the command line, then what the program says; rejects unless it ends with `code`. */
  run(args: readonly string[], options?: RunOptions): Promise<void>;
  /** The same with `--json` and unseen, for its rows. */
  rows(args: readonly string[], options?: RunOptions): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export interface RunOptions {
  /** The exit code the story wants. Default 0. */
  readonly code?: number;
  /** Called with the first match in what the program says on stderr, while it runs. */
  readonly answer?: { readonly to: RegExp; readonly by: (match: string) => Promise<unknown> };
}

const timeoutMs = 60_000;

export async function makeStage(): Promise<Stage> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'mailctl-demo-')));
  const env = await makeEnvironment(home);
  const children = new Set<ChildProcess>();

  const start = (args: readonly string[], stdio: ('ignore' | 'inherit' | 'pipe')[]) => {
    const child = spawn(process.execPath, [binary, ...args], {
      cwd: home,
      env,
      stdio,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      windowsHide: true,
    });
    children.add(child);
    child.once('close', () => children.delete(child));
    return child;
  };

  const finish = async (child: ChildProcess, args: readonly string[], code: number) => {
    const [exitCode, signal] = await once(child, 'close');
    if (exitCode === code) return;
    const ending = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
    throw new Error(`${formatCommand(args)}\nended with ${ending}; exit code ${code} was due`);
  };

  return {
    home,
    configFile: join(env.XDG_CONFIG_HOME, 'mailctl', 'config.toml'),
    keyFile: join(env.XDG_CONFIG_HOME, 'mailctl', 'key'),
    async run(args, { code = 0, answer } = {}) {
      await say(`\n$ ${formatCommand(args)}`);
      const child = start(args, ['ignore', 'inherit', answer === undefined ? 'inherit' : 'pipe']);
      const finished = finish(child, args, code);
      await Promise.all([finished, answer && attend(child, answer, finished)]);
    },
    async rows(args, { code = 0 } = {}) {
      const child = start([...args, '--json'], ['ignore', 'pipe', 'ignore']);
      if (child.stdout === null) throw new Error('No stdout to read');
      const [output] = await Promise.all([text(child.stdout), finish(child, args, code)]);
      return output
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => ({ ...JSON.parse(line) }));
    },
    async close() {
      for (const child of children) child.kill('SIGKILL');
      await rm(home, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Resolves when everything written so far has reached the stream, so that children may write. */
export function say(line: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${line}\n`, () => resolve());
  });
}

/** A command line for a shell, broken before a flag where it would be wider than 80 columns. */
export function formatCommand(args: readonly string[], program = 'mailctl'): string {
  const lines: string[] = [];
  let line = program;
  for (const [index, argument] of args.entries()) {
    const word = /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument}'`;
    const next = args[index + 1];
    const value = argument.startsWith('-') && next?.startsWith('-') === false ? ` ${next}` : '';
    const isFlag = argument.startsWith('-');
    if (isFlag && `$ ${line} ${word}${value} \\`.length > 80) {
      lines.push(`${line} \\`);
      line = `    ${word}`;
      continue;
    }
    line += ` ${word}`;
  }
  return [...lines, line].join('\n');
}

async function attend(
  child: ChildProcess,
  { to, by }: NonNullable<RunOptions['answer']>,
  finished: Promise<void>,
): Promise<void> {
  let said = '';
  const found = new Promise<string>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      process.stderr.write(chunk);
      said += chunk.toString();
      const match = to.exec(said)?.[0];
      if (match !== undefined) resolve(match);
    });
    finished.then(() => reject(new Error(`${to} was not to be seen on stderr`)), reject);
  });
  await by(await found);
}

async function makeEnvironment(home: string) {
  const env = {
    PATH: process.env.PATH ?? '',
    LANG: process.env.LANG ?? 'C.UTF-8',
    ...(process.env.TERM === undefined ? {} : { TERM: process.env.TERM }),
    ...(process.env.NO_COLOR === undefined ? {} : { NO_COLOR: process.env.NO_COLOR }),
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_DATA_HOME: join(home, '.local', 'share'),
    XDG_STATE_HOME: join(home, '.local', 'state'),
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_RUNTIME_DIR: join(home, 'runtime'),
  };
  for (const folder of Object.values(env).filter((value) => value.startsWith(home))) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  if (process.platform !== 'win32') return env;
  return {
    ...env,
    SystemRoot: process.env.SystemRoot ?? '',
    USERPROFILE: home,
    APPDATA: env.XDG_CONFIG_HOME,
    LOCALAPPDATA: env.XDG_DATA_HOME,
    TEMP: env.XDG_CACHE_HOME,
    TMP: env.XDG_CACHE_HOME,
  };
}
