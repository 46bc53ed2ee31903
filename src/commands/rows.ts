import * as v from 'valibot';
import { archiveRows } from './archive-rows.ts';
import { loginRows } from './login-rows.ts';
import { mailRows } from './mail-rows.ts';
import { providerRow, stepRow } from './provider-row.ts';
import { maybeText, number, text } from './row-fields.ts';

/**
 * Every row mailctl prints under `--json`, with its fields: said here and nowhere else. The types,
 * `mailctl schema` and the table in the README follow it. Fields may be added; none is renamed or
 * removed within a major version.
 */
export const rowSchemas = {
  ...mailRows,
  ...archiveRows,
  provider: providerRow,
  step: stepRow,
  ...loginRows,
} as const;

/** A failure under `--json`: the last line on stderr. */
export const errorRow = v.object({
  type: v.literal('error'),
  kind: text('what kind of failure'),
  message: text('one sentence'),
  hint: maybeText('what to do'),
  exitCode: number('the exit code'),
});

type Schemas = typeof rowSchemas;

/** The row of a type: `RowOf<'message'>`. */
export type RowOf<T extends keyof Schemas> = Unchanging<v.InferOutput<Schemas[T]>>;

type Unchanging<T> = T extends object ? { readonly [K in keyof T]: Unchanging<T[K]> } : T;

/** Whatever may be printed as a row. */
export type AnyRow = RowOf<keyof Schemas>;
