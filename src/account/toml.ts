import { parse, TomlError } from 'smol-toml';
import { errorText, Failure } from '../errors.ts';

/**
 * Read TOML. Each command that needs an account comes here, so it is done by a small reader; the
 * large one, which can also edit, explains what is wrong and where.
 * @throws Failure 'config' with the line, never with what stands there: it may be a secret.
 */
export async function parseToml(path: string, text: string): Promise<unknown> {
  try {
    return parse(text);
  } catch (error) {
    const { line, reason } = (await explain(text)) ?? plainly(error);
    throw new Failure('config', `${path}${line === null ? '' : `, line ${line}`}: ${reason}`, {
      hint: `edit ${path}`,
      cause: error,
    });
  }
}

interface Problem {
  readonly line: string | null;
  readonly reason: string;
}

/** Null where the large reader finds nothing wrong. */
async function explain(text: string): Promise<Problem | null> {
  const toml = await import('@decimalturn/toml-patch');
  try {
    toml.parse(text);
    return null;
  } catch (error) {
    // "Error parsing TOML (2, 3):", the line, a caret, the reason.
    const [where = '', ...rest] = errorText(error).split('\n');
    // What it quotes may be a secret somebody wrote without quotes.
    const reason = (rest.at(-1) ?? where).replaceAll(/ ?"[^"]*"/g, '');
    return { line: /\((\d+), \d+\)/.exec(where)?.[1] ?? null, reason };
  }
}

/** The first line alone: those after it show the text of the file. */
function plainly(error: unknown): Problem {
  const line = error instanceof TomlError ? String(error.line) : null;
  return { line, reason: errorText(error).split('\n')[0] ?? '' };
}
