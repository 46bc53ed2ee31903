import type { TerminalStream } from '../system/system.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a stream is a terminal that knows how to move its cursor. */
export function takesEscapes(stream: TerminalStream, env: Environment): boolean {
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

/** Whether a stream takes colours, by itself (https://no-color.org). */
export function takesColour(stream: TerminalStream, env: Environment): boolean {
  return takesEscapes(stream, env) && !env['NO_COLOR'];
}

export function bold(text: string): string {
  return `\u001b[1m${text}\u001b[22m`;
}
