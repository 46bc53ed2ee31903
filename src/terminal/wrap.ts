import stringWidth from 'string-width';

/** The words of a text in lines of at most `width` columns; a longer word has a line of its own. */
export function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && stringWidth(`${line} ${word}`) <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

/** The same, each line but the first (which has `first` in front) moved in as far. */
export function hang(first: string, text: string, width: number): string {
  const indent = ' '.repeat(stringWidth(first));
  const lines = wrapWords(text, width - stringWidth(first));
  return lines.map((line, index) => `${index === 0 ? first : indent}${line}`).join('\n');
}
