import type { Command } from '@commander-js/extra-typings';
import type { App } from './app.ts';

/** Gives the verb its App, once the whole command line is known. */
export type Run = (work: (app: App) => Promise<void>) => Promise<void>;

/** What one verb's file exports: its flags, its help and what it does. */
export interface Verb {
  define(command: Command, run: Run): void;
  /** What it does where the line gives no flag of its own; for a verb that scripts run often. */
  plain?(app: App): Promise<void>;
}

/** How a verb is listed before its file is loaded: `--help` must cost nothing. */
export interface VerbEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Verb>;
}

/** The examples at the end of a verb's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}
