import type { Command } from '@commander-js/extra-typings';
import { endingCodes, type FailureKind } from '../errors.ts';
import type { App } from './app.ts';

/** Gives the verb its App, once the whole command line is known. */
export type Run = (work: (app: App) => Promise<void>) => Promise<void>;

/** What one verb's file exports: its flags, its help and what it does. */
export interface Verb {
  /** `verbs` are all of them, for what is about the command line itself. */
  define(command: Command, run: Run, verbs: readonly VerbEntry[]): void;
  /** The ways it can end but for done and a bug. Default: those of a verb that talks to servers. */
  readonly endings?: readonly FailureKind[];
  /** What it does where the line gives no flag of its own; for a verb that scripts run often. */
  plain?(app: App): Promise<void>;
}

/** How a verb is listed before its file is loaded: `--help` must cost nothing. */
export interface VerbEntry {
  readonly name: string;
  readonly summary: string;
  /** It begins with the stored login, and lasts little longer than reading that. */
  readonly readsLogin?: true;
  load(): Promise<Verb>;
}

export const serverEndings: readonly FailureKind[] = [
  ...(['usage', 'data', 'not-found', 'refused', 'store', 'archive', 'temporary'] as const),
  ...(['protocol', 'login', 'config', 'cancelled'] as const),
];

/** Its exit codes, at the end of a verb's help. */
export function exitCodesOf({ endings = serverEndings }: Verb): string {
  const lines = endingCodes(endings).map(
    ({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`,
  );
  return `Exit codes:\n${lines.join('\n')}`;
}

/** The examples at the end of a verb's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}
