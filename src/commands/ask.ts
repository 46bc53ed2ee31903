import { Failure } from '../errors.ts';
import type { System } from '../system/system.ts';
import type { App } from './app.ts';

/** Only a person at a terminal is asked, and not after --no-input. */
export function canAsk({ options, system: { stdin, stderr } }: App): boolean {
  return options.input && stdin.isTTY === true && stderr.isTTY === true;
}

/** Ask on stderr: stdout is for data. @throws Failure 'cancelled' on Ctrl-C or Ctrl-D */
export async function ask(system: System, question: string): Promise<string> {
  return readAnswer(system, question, { echo: true });
}

/** The same without showing what is typed. */
export async function askSecret(system: System, question: string): Promise<string> {
  return readAnswer(system, question, { echo: false });
}

/** A secret that is to be remembered by the person alone: typed twice. @throws Failure 'usage' */
export async function askNewSecret(system: System, question: string): Promise<string> {
  const secret = await askSecret(system, question);
  if (secret === '') throw new Failure('usage', 'nothing was typed');
  if (secret === (await askSecret(system, 'Once more: '))) return secret;
  throw new Failure('usage', 'what was typed is not twice the same', {
    hint: 'run the same command again',
  });
}

/**
 * Ask until something else has happened; after that the promise never settles, and the terminal is
 * as it was.
 */
export async function askUntil(
  system: System,
  question: string,
  signal: AbortSignal,
): Promise<string> {
  return readAnswer(system, question, { echo: true, until: signal });
}

/** The lines of stdin, one for each call. @throws Failure 'usage' when there are no more. */
export async function readLines({ stdin }: System): Promise<() => Promise<string>> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: stdin })[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = await lines.next();
    if (done !== true) return value.trim();
    throw new Failure('usage', 'stdin has ended before the address of the login came', {
      hint: 'give it on stdin, on a line of its own; or run the command at a terminal',
    });
  };
}

interface Asking {
  readonly echo: boolean;
  readonly until?: AbortSignal;
}

async function readAnswer(
  system: System,
  question: string,
  { echo, until }: Asking,
): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const { Writable } = await import('node:stream');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({
    input: system.stdin,
    output: echo ? system.stderr : silent,
    terminal: true,
  });
  // Only now, as the terminal no longer shows what is typed: a fast typist may be a script.
  if (!echo) system.stderr.write(question);
  const cancelled = new Promise<never>((_, reject) => {
    const cancel = () => reject(new Failure('cancelled', 'cancelled'));
    reader.once('SIGINT', cancel);
    // Closed by Ctrl-D that is; what else has happened is told by what has happened.
    reader.once('close', () => until?.aborted !== true && cancel());
    until?.addEventListener('abort', () => {
      reader.close();
      system.stderr.write('\n');
    });
  });
  try {
    return (await Promise.race([reader.question(echo ? question : ''), cancelled])).trim();
  } finally {
    reader.close();
    if (!echo) system.stderr.write('\n');
  }
}
