import { type Running, type RunOptions, startProgram } from './run.ts';

const binary = new URL('../../bin/mailctl.js', import.meta.url).pathname;

export interface TerminalSession extends Running {
  /** Types a line, as a person does. */
  type(line: string): void;
}

/**
 * Starts mailctl on a terminal of its own, by script(1) of util-linux, which is on every Linux.
 * What it says, on stdout and on stderr, is its stdout here, lines ending with CRLF.
 */
export function startInTerminal(args: readonly string[], options: RunOptions): TerminalSession {
  const words = [process.execPath, binary, ...args].map((word) => `'${word}'`);
  const command = `stty cols 200; exec ${words.join(' ')}`;
  const running = startProgram('script', ['-qefc', command, '/dev/null'], {
    ...options,
    env: { SHELL: '/bin/sh', TERM: 'xterm', ...options.env },
    stdin: null,
  });
  return {
    ...running,
    type: (line) => {
      running.child.stdin?.write(`${line}\n`);
    },
  };
}
