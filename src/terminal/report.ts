import type { Failure } from '../errors.ts';
import type { Secrets } from '../system/secrets.ts';
import type { TerminalStream } from '../system/system.ts';
import { bold, takesColour } from './colour.ts';
import { printable, printableLines, safeJson } from './printable.ts';

interface ReportOptions {
  readonly json: boolean;
  readonly secrets: Secrets;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Tell a failure on stderr: the sentence, then the way out. Under --json one line of JSON. What else
 * has failed is told before; a person reads a way out of several once, after the last of them.
 */
export function reportFailure(
  stderr: TerminalStream,
  failure: Failure,
  options: ReportOptions,
): void {
  const all = [...failure.others, failure];
  for (const [index, one] of all.entries()) {
    const last = all[index + 1]?.hint !== one.hint;
    reportOne(stderr, one, { ...options, last });
  }
}

function reportOne(
  stderr: TerminalStream,
  failure: Failure,
  options: ReportOptions & { readonly last: boolean },
): void {
  const { json, secrets, last } = options;
  const message = secrets.redact(failure.message);
  const hint = failure.hint === null ? null : secrets.redact(failure.hint);
  if (json) {
    const { kind, exitCode } = failure;
    stderr.write(`${safeJson({ type: 'error', kind, message, hint, exitCode })}\n`);
    return;
  }
  const name = takesColour(stderr, options.env) ? bold('mailctl:') : 'mailctl:';
  // A line end in what a server says must not begin a line, which could look like a way out.
  stderr.write(`${name} ${failure.inLines ? printableLines(message) : printable(message)}\n`);
  if (hint !== null && last) stderr.write(`  → ${printable(hint)}\n`);
}
