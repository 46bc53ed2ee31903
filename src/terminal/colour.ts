import type { TerminalStream } from '../system/system.ts';

/** Whether a stream takes escape sequences, by itself (https://no-color.org). */
export function takesColour(
  stream: TerminalStream,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

export function bold(text: string): string {
  return `\u001b[1m${text}\u001b[22m`;
}
