import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { exitCodes } from '../errors.ts';
import type { System } from '../system/system.ts';

/** Options every verb takes, before or after its name. */
export interface GlobalOptions {
  readonly account?: string | undefined;
  readonly config?: string | undefined;
  readonly json?: true | undefined;
  /** False after --no-input. */
  readonly input: boolean;
  /** How often -v was given. */
  readonly verbose?: number | boolean | undefined;
  readonly logFile?: string | undefined;
  /** False after --no-progress. */
  readonly progress: boolean;
  readonly quiet?: true | undefined;
}

/** The command `mailctl` itself, without its verbs. */
export function rootCommand(version: string, system: System) {
  const program = new Command('mailctl')
    .description('Fetch, list and search mail from the command line, logged in by OAuth.')
    .usage('<verb> [options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [verb]', 'show the help of a verb')
    .option('-a, --account <name>', 'the account to use (else $MAILCTL_ACCOUNT)', nonEmpty)
    .option('--config <file>', 'the config to use (else $MAILCTL_CONFIG)', nonEmpty)
    .option('--no-input', 'never ask and never open a browser')
    .option('--json', 'print NDJSON: one JSON object a line')
    .addOption(
      new Option('-v, --verbose', 'tell what is done; -vv also what is said to servers').argParser(
        count,
      ),
    )
    .option('-q, --quiet', 'no progress and no remarks: only data and what is wrong')
    .option('--no-progress', 'no progress on the terminal')
    .option('--log-file <file>', 'append the log to a file instead of stderr', nonEmpty)
    .configureHelp({ showGlobalOptions: true, helpWidth: 80 })
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

function exitCodeHelp(): string {
  const lines = exitCodes.map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `Exit codes:\n${lines.join('\n')}`;
}

function count(_: string | undefined, previous: number | undefined): number {
  return (previous ?? 0) + 1;
}

function nonEmpty(value: string): string {
  if (value === '') throw new InvalidArgumentError('It must not be empty.');
  return value;
}
