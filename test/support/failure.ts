import { expect } from 'vitest';
import { type Result, type RunOptions, run } from './run.ts';

/** A failure as mailctl tells it on stderr. */
export interface Told {
  /** One sentence, or a query with a caret below it. */
  message: string;
  hint: string | null;
}

/** What must be told. */
export interface ExpectedFailure {
  code: number;
  kind: string;
  message: RegExp;
  /** null: none. */
  hint: RegExp | null;
}

/** Runs one command line as a person does, and as a program does. */
export function runBoth(args: readonly string[], options: RunOptions): Promise<[Result, Result]> {
  return Promise.all([run(args, options), run([...args, '--json'], options)]);
}

/** Reads what a person is told. Throws when stderr holds anything else. */
export function readTold(stderr: string): Told {
  const match = /^mailctl: (.+\n(?: {2}(?!→).*\n)*?)(?: {2}→ (.+)\n)?$/.exec(stderr);
  if (match === null) throw new Error(`not one failure:\n${stderr}`);
  return { message: (match[1] ?? '').trimEnd(), hint: match[2] ?? null };
}

/** Both forms of one failure: for a person, and as the JSON line for a program. */
export function expectFailure(plain: Result, json: Result, expected: ExpectedFailure): void {
  const { code, kind } = expected;
  expect(plain, plain.stderr).toMatchObject({ code, stdout: '' });
  expect(json, json.stderr).toMatchObject({ code, stdout: '' });
  const told = readTold(plain.stderr);
  expect(told.message).toMatch(expected.message);
  if (expected.hint === null) expect(told.hint).toBe(null);
  else expect(told.hint).toMatch(expected.hint);
  // Whatever a server or a library says, a person is never shown where in the code it was.
  expect(plain.stderr).not.toMatch(/^\s+at |\bError:|\[object|undefined|\bnull\b/m);
  // A sentence that the report ends, not the message itself.
  expect(told.message.split('\n')[0]).not.toMatch(/[.!]$/);

  expect(json.stderr).toMatch(/^\{.*\}\n$/);
  expect(JSON.parse(json.stderr)).toEqual({ type: 'error', kind, ...told, exitCode: code });
}
