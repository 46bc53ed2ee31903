import { Failure } from '../errors.ts';
import type { App } from './app.ts';

interface Input {
  /** In words, for the sentence a person reads: "the password". */
  readonly what: string;
  readonly maxBytes: number;
}

/**
 * All that comes on stdin, as text: UTF-8 to the last byte, as what is kept and sent must be what
 * was given. @throws Failure 'usage'; it says nothing of what came
 */
export async function readStdin(
  { system: { stdin } }: App,
  { what, maxBytes }: Input,
): Promise<string> {
  if (stdin.isTTY === true) {
    throw new Failure('usage', `${what} would be shown: stdin is the terminal`, {
      hint: 'give it by a pipe or from a file: … < file',
    });
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    // Whatever writes it may never end.
    if (length > maxBytes) {
      stdin.destroy();
      throw new Failure('usage', `${what} is longer than ${maxBytes} bytes`);
    }
    chunks.push(bytes);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new Failure('usage', `${what} is not UTF-8`, {
      hint: 'convert it, for instance: iconv -f latin1 -t utf-8',
    });
  }
}
