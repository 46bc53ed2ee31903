import { errorCode, errorText, Failure } from './errors.ts';
import type { System } from './system/system.ts';
import { reportFailure } from './terminal/report.ts';
import { explainWriteError, ReaderGone } from './terminal/stdout.ts';

/** The only catch-all: tell what ended a command, once, and give its exit code. */
export function endWith(
  error: unknown,
  system: System,
  { json, verb }: { readonly json: boolean; readonly verb: string | null },
): number {
  const failure = toFailure(error, system, verb);
  if (failure === null) return 0;
  reportFailure(system.stderr, failure, { json, secrets: system.secrets, env: system.env });
  return failure.kind === 'cancelled' ? interruptedCode(system.signal) : failure.exitCode;
}

/** Null for what is no failure: the reader of a pipe has gone. */
function toFailure(error: unknown, system: System, verb: string | null): Failure | null {
  const told = ['EPIPE', 'ENOSPC', 'EIO'].includes(errorCode(error) ?? '')
    ? explainWriteError(error)
    : error;
  if (told instanceof ReaderGone) return null;
  if (system.signal.aborted) return new Failure('cancelled', 'cancelled');
  if (told instanceof Failure) return told;
  if (told instanceof Error && errorCode(told)?.startsWith('commander.')) {
    return usageFailure(told, verb);
  }
  return new Failure('bug', `this is a bug in mailctl: ${withStack(told)}`, {
    hint: 'please report it with what you did',
    cause: told,
    inLines: true,
  });
}

/** The message in one line, as a server may have a say in it, and where in the code it was. */
function withStack(error: unknown): string {
  const { name, message, stack = '' } = error instanceof Error ? error : { name: '', message: '' };
  const after = stack.slice(stack.indexOf(message) + message.length);
  const places = after.split(/[\r\n]+/).filter((line) => /^\s+at /.test(line));
  const label = name === '' ? '' : `${name}: `;
  return [`${label}${errorText(error)}`.replaceAll(/[\r\n]+/g, ' '), ...places].join('\n');
}

function usageFailure(error: Error, verb: string | null): Failure {
  if (errorCode(error) === 'commander.help') {
    return verb === null
      ? new Failure('usage', 'no verb was given', { hint: 'mailctl list' })
      : new Failure('usage', `${verb} needs another word`, {
          hint: `mailctl ${verb} --help`,
        });
  }
  const message = error.message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .replace(/\.$/, '');
  return new Failure('usage', message, {
    hint: `mailctl ${verb === null ? '' : `${verb} `}--help`,
  });
}

/** 128 and the number of the signal, as shells have it. */
function interruptedCode(signal: AbortSignal): number {
  const numbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  return 128 + (numbers[String(signal.reason)] ?? 2);
}
