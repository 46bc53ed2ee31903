import stringWidth from 'string-width';

/** The words of a text in lines of at most `width` columns; a longer word has a line of its own. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let used = 0;
  for (const word of text.split(' ')) {
    const wide = widthOf(word);
    if (lines.length > 0 && used + 1 + wide <= width) {
      lines[lines.length - 1] += ` ${word}`;
      used += 1 + wide;
    } else {
      lines.push(word);
      used = wide;
    }
  }
  return lines;
}

/** The same, each line but the first (which has `first` in front) moved in as far. */
export function hang(first: string, text: string, width: number): string {
  const indent = ' '.repeat(widthOf(first));
  const lines = wrapWords(text, width - widthOf(first));
  return lines.map((line, index) => `${index === 0 ? first : indent}${line}`).join('\n');
}

/**
 * A text of several lines, of which those too long for a terminal are broken between words, where
 * it would break them anywhere. The quote marks in front of a line are repeated, below the mark of
 * a list or the name of a header is left free. A word longer than a line stays whole: it may be an
 * address to be copied.
 */
export function wrapLines(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, width))
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  // No character is wider than two columns.
  if (line.length * 2 <= width || widthOf(line) <= width) return line;
  const [quote = ''] = /^[>| ]*/.exec(line) ?? [];
  const [mark = ''] =
    /^(?:[-*•]|\d{1,3}[.)]|[A-Z][A-Za-z-]{1,8}:) +/.exec(line.slice(quote.length)) ?? [];
  const indent = quote + ' '.repeat(mark.length);
  if (indent.length > width / 2) return line;
  const lines = wrapWords(line.slice(indent.length), width - indent.length);
  return lines
    .map((one, index) => `${index === 0 ? quote + mark : indent}${one}`.trimEnd())
    .join('\n');
}

/** Measuring takes its time, and most of mail is ASCII. */
function widthOf(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth(text);
}
