import { once } from 'node:events';
import type { TerminalStream } from '../system/system.ts';
import { bold, takesColour } from './colour.ts';
import { printable, safeJson } from './printable.ts';
import { explainWriteError } from './stdout.ts';
import type { Column } from './table.ts';

/** One line of `--json`. Its `type` says which fields it has; all of them are always there. */
export interface Row {
  readonly type: string;
}

/**
 * stdout is data: a table for a person, tabs for a pipe, NDJSON for a program. `Known` are the rows
 * there are.
 */
export interface Output<Known extends Row = Row> {
  readonly format: 'table' | 'tabs' | 'json';
  /** Rows of one type that belong together. */
  rows<R extends Known>(
    rows: readonly R[],
    columns: readonly Column<R>[],
    look?: TableLook<R>,
  ): Promise<void>;
  /** One row as it happens; `text` is what a person reads, null for nothing. */
  row(row: Known, text: string | null): Promise<void>;
  /** One row as JSON whatever the format: for what is data in no other. */
  object(row: Known): Promise<void>;
  /** Of one row its type and these fields, as JSON. */
  part(row: Known, fields: readonly string[]): Promise<void>;
  /** Text or bytes as they are: made printable by who calls, or meant raw. */
  raw(data: string | Uint8Array): Promise<void>;
}

/** What of a table is seen on a terminal only. */
export interface TableLook<R> {
  /** Rows that stand out. */
  readonly bold?: (row: R) => boolean;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly now: () => Date;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called before a terminal gets something: what stands below must go first. */
  readonly beforeWrite?: () => void;
}

export function openOutput(
  stdout: TerminalStream,
  { json, now, env, beforeWrite = () => {} }: OutputOptions,
): Output {
  const format = json ? 'json' : stdout.isTTY ? 'table' : 'tabs';
  let broken: unknown;
  let draining: Promise<void> | null = null;
  // Without a listener a closed pipe would end the process with a stack trace.
  stdout.on('error', (error) => {
    broken ??= error;
  });
  const raw = async (data: string | Uint8Array) => {
    if (stdout.isTTY) beforeWrite();
    if (broken === undefined && !stdout.write(data)) {
      // One listener for all that wait.
      draining ??= untilDrained(stdout).finally(() => {
        draining = null;
      });
      await draining;
    }
    if (broken !== undefined) throw explainWriteError(broken);
  };
  return {
    format,
    raw,
    object: (row) => raw(`${safeJson(row)}\n`),
    async rows(rows, columns, { bold: standsOut } = {}) {
      if (format === 'json') {
        for (const row of rows) await raw(`${safeJson(row)}\n`);
      } else if (format === 'tabs') {
        for (const row of rows) {
          const cells = columns.map(({ value }) => printable(value(row)));
          await raw(`${cells.join('\t')}\n`);
        }
      } else if (rows.length > 0) {
        const { formatTable } = await import('./table.ts'); // measuring text takes 15 ms to load
        const [header = '', ...lines] = formatTable(rows, columns, {
          width: stdout.columns ?? 80,
          now: now(),
        });
        const colour = takesColour(stdout, env);
        const emphasis = (row: (typeof rows)[number] | undefined) =>
          colour && row !== undefined && standsOut?.(row) === true;
        const told = lines.map((line, index) => (emphasis(rows[index]) ? bold(line) : line));
        await raw(`${[header, ...told].join('\n')}\n`);
      }
    },
    async part(row, fields) {
      const kept = Object.entries(row).filter(([name]) => name === 'type' || fields.includes(name));
      await raw(`${safeJson(Object.fromEntries(kept))}\n`);
    },
    async row(row, text) {
      if (format === 'json') await raw(`${safeJson(row)}\n`);
      else if (text !== null) await raw(`${printable(text)}\n`);
    },
  };
}

async function untilDrained(stdout: TerminalStream): Promise<void> {
  const waiting = new AbortController(); // or the listener that heard nothing would stay
  const told = ['drain', 'close'].map((event) => once(stdout, event, waiting));
  await Promise.race(told).catch(() => {});
  waiting.abort();
}
