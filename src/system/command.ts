import { Failure } from '../errors.ts';

export interface CommandOptions {
  /** In words, for the sentence a person reads: "the key command". */
  readonly what: string;
  /** Given on stdin. */
  readonly input?: string;
}

const maxOutputBytes = 1 << 20;
const timeoutMs = 30_000;

/**
 * Run a command of the person's config, without a shell, and give its output. Secrets go in by
 * stdin and come out by stdout, never by argv. It may prompt on the terminal (pinentry), but not
 * for ever. @throws Failure 'store'
 */
export async function runCommand(
  command: readonly string[],
  { what, input = '' }: CommandOptions,
): Promise<Buffer> {
  const { output, code } = await runToEnd(command, { what, input });
  if (code === 0) return output;
  throw new Failure('store', `${what} (${command[0]}) ended with ${code}`, {
    hint: 'run it by hand to see why',
  });
}

/** The same, with the exit code as a result. */
export async function runToEnd(
  [program = '', ...args]: readonly string[],
  { what, input = '' }: CommandOptions,
): Promise<{ output: Buffer; code: number | string }> {
  const { spawn } = await import('node:child_process'); // most stores run nothing
  return new Promise((resolve, reject) => {
    const refuse = (why: string, cause?: unknown) => {
      child.kill('SIGKILL');
      reject(new Failure('store', `${what} (${program}) ${why}`, { cause }));
    };
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      shell: false,
      env: withoutOurSecrets(process.env),
    });
    const timer = setTimeout(() => refuse('did not end in time'), timeoutMs);
    const chunks: Buffer[] = [];
    let length = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxOutputBytes) refuse('printed too much');
      else chunks.push(chunk);
    });
    child.stdin.on('error', () => {}); // one that does not read its input may still succeed
    child.stdin.end(input);
    child.once('error', (error) => {
      clearTimeout(timer);
      refuse('cannot be run', error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ output: Buffer.concat(chunks), code: code ?? String(signal) });
    });
  });
}

/** A secret that was given to mailctl by its environment is no business of other programs. */
function withoutOurSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { MAILCTL_ACCESS_TOKEN: _, MAILCTL_CLIENT_SECRET: __, ...others } = env;
  return others;
}
