import { CommanderError } from '@commander-js/extra-typings';
import { openApp } from './commands/app.ts';
import { rootCommand } from './commands/root.ts';
import type { VerbEntry } from './commands/verb.ts';
import { errorText, Failure } from './errors.ts';
import type { System } from './system/system.ts';
import { flush, ReaderGone } from './terminal/output.ts';
import { reportFailure } from './terminal/report.ts';
import { version } from './version.ts';

/** Every verb, in the order of `--help`. Its file is loaded when it is the one to run. */
export const verbs: readonly VerbEntry[] = [
  {
    name: 'login',
    summary: 'log in to a mailbox by OAuth',
    load: async () => (await import('./commands/login.ts')).login,
  },
  {
    name: 'logout',
    summary: 'revoke a login and forget it',
    load: async () => (await import('./commands/logout.ts')).logout,
  },
  {
    name: 'status',
    summary: 'show the accounts and how their logins stand',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'token',
    summary: 'print an access token for another program',
    load: async () => (await import('./commands/token.ts')).token,
  },
  {
    name: 'folders',
    summary: 'list the folders of a mailbox with their counts',
    load: async () => (await import('./commands/folders.ts')).folders,
  },
  {
    name: 'list',
    summary: 'list the newest messages of a folder',
    load: async () => (await import('./commands/list.ts')).list,
  },
  {
    name: 'search',
    summary: 'find messages',
    load: async () => (await import('./commands/search.ts')).search,
  },
  {
    name: 'show',
    summary: 'show messages',
    load: async () => (await import('./commands/show.ts')).show,
  },
  {
    name: 'fetch',
    summary: 'fetch new messages into a Maildir',
    load: async () => (await import('./commands/fetch.ts')).fetch,
  },
];

/** Run one command line; resolves to the exit code. Never throws. */
export async function main(argv: readonly string[], system: System): Promise<number> {
  const json = argv.includes('--json');
  try {
    await runCommand(argv, system);
    await flush(system.stdout);
    return 0;
  } catch (error) {
    const failure = toFailure(error, system);
    if (failure === null) return 0;
    reportFailure(system.stderr, failure, { json, secrets: system.secrets, env: system.env });
    return failure.kind === 'cancelled' ? interruptedCode(system.signal) : failure.exitCode;
  }
}

async function runCommand(argv: readonly string[], system: System): Promise<void> {
  const program = rootCommand(version, system);
  for (const { name, summary, load } of verbs) {
    const command = program.command(name).description(summary);
    if (!argv.includes(name)) continue; // only what the line names can be what it runs
    const verb = await load();
    verb.define(command, async (work) => work(await openApp(system, program.opts())));
  }
  if (argv.length === 0) {
    system.stdout.write(program.helpInformation());
    throw new Failure('usage', 'no verb was given', { hint: 'mailctl list' });
  }
  await program.parseAsync(argv, { from: 'user' });
}

/** Null for what is no failure: help was printed, or the reader of a pipe has gone. */
function toFailure(error: unknown, system: System): Failure | null {
  if (error instanceof ReaderGone) return null;
  if (system.signal.aborted) return new Failure('cancelled', 'cancelled');
  if (error instanceof Failure) return error;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return null;
    const message = error.message.replace(/^error: /, '');
    return new Failure('usage', message.replaceAll('\n', ' '), { hint: 'mailctl --help' });
  }
  const stack = error instanceof Error ? error.stack : undefined;
  return new Failure('bug', `this is a bug in mailctl: ${stack ?? errorText(error)}`, {
    hint: 'please report it with what you did',
    cause: error,
  });
}

/** 128 and the number of the signal, as shells have it. */
function interruptedCode(signal: AbortSignal): number {
  const numbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  return 128 + (numbers[String(signal.reason)] ?? 2);
}
