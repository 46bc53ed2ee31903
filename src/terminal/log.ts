import { openSync, writeSync } from 'node:fs';
import { errorText, Failure } from '../errors.ts';
import type { Log } from '../system/log.ts';
import type { Secrets } from '../system/secrets.ts';
import type { TerminalStream } from '../system/system.ts';
import { jsonLogger } from './pino.ts';
import { printable } from './printable.ts';

export interface LogOptions {
  /** 0 nothing, 1 what mailctl does (-v), 2 what it says to servers too (-vv). */
  readonly verbosity: number;
  /** Appended to, 0600; instead of stderr. */
  readonly file: string | undefined;
  readonly stderr: TerminalStream;
  readonly secrets: Secrets;
}

/** Each line passes the redactor last, whatever put a secret into it. */
export async function openLog({ verbosity, file, stderr, secrets }: LogOptions): Promise<Log> {
  const write = file === undefined ? stderrWriter(stderr) : fileWriter(file);
  const debugging = verbosity >= 2;
  const logger = await jsonLogger(debugging ? 'debug' : 'info', (line) =>
    write(secrets.redact(line)),
  );
  return {
    debugging,
    info: (event, fields) => logger.info(fields ?? {}, event),
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
  };
}

/** Written at once: a crash must not take the last lines with it. */
function fileWriter(file: string): (line: string) => void {
  try {
    const descriptor = openSync(file, 'a', 0o600);
    return (line) => {
      writeSync(descriptor, line);
    };
  } catch (error) {
    throw new Failure('usage', `cannot write the log ${file}: ${errorText(error)}`, {
      cause: error,
    });
  }
}

/** JSON lines in a pipe; on a terminal the time, the event and its fields. */
function stderrWriter(stderr: TerminalStream): (line: string) => void {
  if (!stderr.isTTY) return (line) => stderr.write(line);
  return (line) => {
    const { level, time, msg, pid: _, ...fields }: Record<string, unknown> = JSON.parse(line);
    const details = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
    const clock = String(time).slice(11, 23);
    const mark = level === 'warn' ? '! ' : '';
    stderr.write(`${printable([clock, `${mark}${String(msg)}`, ...details].join('  '))}\n`);
  };
}
