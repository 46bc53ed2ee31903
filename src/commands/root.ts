import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { exitCodes } from '../errors.ts';
import type { System } from '../system/system.ts';

/** Options every verb takes, before or after its name. */
export interface GlobalOptions {
  readonly account?: string | undefined;
  readonly config?: string | undefined;
  readonly json?: true | undefined;
  /** How often -v was given. */
  readonly verbose?: number | boolean | undefined;
  readonly logFile?: string | undefined;
}

/** The command `mailctl` itself, without its verbs. */
export function rootCommand(version: string, system: System) {
  const program = new Command('mailctl')
    .description('Fetch, list and search mail from the command line, logged in by OAuth.')
    .usage('<verb> [options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [verb]', 'show the help of a verb')
    .option('-a, --account <name>', 'the account to use (else $MAILCTL_ACCOUNT)')
    .option('--config <file>', 'the config to use (else $MAILCTL_CONFIG)', nonEmpty)
    .option('--json', 'print NDJSON: one JSON object a line')
    .addOption(
      new Option('-v, --verbose', 'tell what is done; -vv also what is said to servers').argParser(
        count,
      ),
    )
    .option('--log-file <file>', 'append the log to a file instead of stderr', nonEmpty)
    .configureHelp({ showGlobalOptions: true, helpWidth: helpWidth(system) })
    .configureOutput({
      writeOut: (text) => system.stdout.write(text),
      writeErr: () => {}, // main reports each failure, once
    })
    .exitOverride()
    .allowExcessArguments(false)
    .showSuggestionAfterError();
  program.addHelpText('after', `\n${exitCodeHelp()}`);
  return program;
}

export type RootCommand = ReturnType<typeof rootCommand>;

/** Wide lines are hard to read, narrow terminals are respected. */
function helpWidth({ stdout }: System): number {
  return Math.min(stdout.columns ?? 80, 100);
}

function exitCodeHelp(): string {
  const lines = exitCodes.map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `Exit codes:\n${lines.join('\n')}`;
}

function count(_: string | undefined, previous: number | undefined): number {
  return (previous ?? 0) + 1;
}

function nonEmpty(value: string): string {
  if (value === '') throw new InvalidArgumentError('it must not be empty');
  return value;
}

/** A whole number of at least 1, as people write it: no sign, no exponent, no hexadecimal. */
export function positiveInteger(value: string): number {
  const number = /^[1-9]\d{0,8}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) throw new InvalidArgumentError('it must be a whole number from 1');
  return number;
}

/** A span of time such as 90, 90s, 5m or 1h; in milliseconds. */
export function duration(value: string): number {
  const [, count, unit] = /^(\d{1,6})(s|m|h|d)?$/.exec(value) ?? [];
  const factor = { s: 1, m: 60, h: 3600, d: 86_400 }[unit ?? 's'] ?? 1;
  if (count === undefined || Number(count) === 0) {
    throw new InvalidArgumentError('it must be a time such as 90s, 5m or 1h');
  }
  return Number(count) * factor * 1000;
}
