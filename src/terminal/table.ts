import stringWidth from 'string-width';
import { printable } from './printable.ts';

/** A column of a table. In a pipe every column is printed; on a terminal what fits. */
export interface Column<R> {
  readonly header: string;
  /** The cell for a program: ISO dates, plain numbers. */
  value(row: R): string;
  /** The cell for a person, where that differs. */
  display?(row: R, now: Date): string;
  readonly align?: 'left' | 'right';
  /** May be cut when the terminal is narrow; the others keep their width. */
  readonly flexible?: boolean;
  /** Not shown on a terminal. */
  readonly pipeOnly?: boolean;
}

const gap = 2;
const narrowest = 8;

/** The lines of a table aligned for `width` columns, the header first. */
export function formatTable<R>(
  rows: readonly R[],
  columns: readonly Column<R>[],
  { width, now }: { readonly width: number; readonly now: Date },
): string[] {
  const shown = columns.filter(({ pipeOnly }) => pipeOnly !== true);
  const cells = rows.map((row) =>
    shown.map(({ value, display }) => printable(display?.(row, now) ?? value(row))),
  );
  const natural = shown.map(({ header }, index) =>
    // Not Math.max(...): a call takes no hundred thousand arguments.
    cells.reduce(
      (widest, line) => Math.max(widest, stringWidth(line[index] ?? '')),
      stringWidth(header),
    ),
  );
  const widths = fit(natural, shown, width);
  return [shown.map(({ header }) => header), ...cells].map((line) =>
    line
      .map((cell, index) => pad(cell, widths[index] ?? 0, shown[index]?.align ?? 'left'))
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}

/** Take what is too much from the widest of the flexible columns. */
function fit<R>(
  natural: readonly number[],
  columns: readonly Column<R>[],
  width: number,
): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, one) => sum + one, 0) + gap * (widths.length - 1);
  while (total() > width) {
    const widest = widths
      .map((one, index) => ({ one, index }))
      .filter(({ one, index }) => columns[index]?.flexible === true && one > narrowest)
      .sort((a, b) => b.one - a.one)[0];
    if (widest === undefined) break;
    widths[widest.index] = widest.one - 1;
  }
  return widths;
}

function pad(cell: string, width: number, align: 'left' | 'right'): string {
  const text = cut(cell, width);
  const blank = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return align === 'right' ? blank + text : text + blank;
}

const graphemes = new Intl.Segmenter();

/** At most `width` columns, with an ellipsis where something is left out. */
function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  for (const { segment } of graphemes.segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
