import { once } from 'node:events';
import type { TerminalStream } from '../system/system.ts';
import { printable, safeJson } from './printable.ts';
import { explainWriteError } from './stdout.ts';
import type { Column } from './table.ts';

/** One line of `--json`. Its `type` says which fields it has; all of them are always there. */
export interface Row {
  readonly type: string;
}

/** stdout is data: a table for a person, tabs for a pipe, NDJSON for a program. */
export interface Output {
  readonly format: 'table' | 'tabs' | 'json';
  /** Rows of one type that belong together. */
  rows<R extends Row>(rows: readonly R[], columns: readonly Column<R>[]): Promise<void>;
  /** One row as it happens; `text` is what a person reads, null for nothing. */
  row<R extends Row>(row: R, text: string | null): Promise<void>;
  /** Text or bytes as they are: made printable by who calls, or meant raw. */
  raw(data: string | Uint8Array): Promise<void>;
}

export function openOutput(
  stdout: TerminalStream,
  { json, now }: { readonly json: boolean; readonly now: () => Date },
): Output {
  const format = json ? 'json' : stdout.isTTY ? 'table' : 'tabs';
  let broken: unknown;
  // Without a listener a closed pipe would end the process with a stack trace.
  stdout.on('error', (error) => {
    broken ??= error;
  });
  const raw = async (data: string | Uint8Array) => {
    if (broken === undefined && !stdout.write(data)) {
      await Promise.race([once(stdout, 'drain'), once(stdout, 'close')]).catch(() => {});
    }
    if (broken !== undefined) throw explainWriteError(broken);
  };
  return {
    format,
    raw,
    async rows(rows, columns) {
      if (format === 'json') {
        for (const row of rows) await raw(`${safeJson(row)}\n`);
      } else if (format === 'tabs') {
        for (const row of rows) {
          const cells = columns.map(({ value }) => printable(value(row)));
          await raw(`${cells.join('\t')}\n`);
        }
      } else if (rows.length > 0) {
        const { formatTable } = await import('./table.ts'); // measuring text takes 15 ms to load
        await raw(formatTable(rows, columns, { width: stdout.columns ?? 80, now: now() }));
      }
    },
    async row(row, text) {
      if (format === 'json') await raw(`${safeJson(row)}\n`);
      else if (text !== null) await raw(`${printable(text)}\n`);
    },
  };
}
