/**
 * Text of format=flowed with its paragraphs put together again (RFC 3676 §4): a line that ends in
 * a space goes on in the next one of the same quote depth. With DelSp that space is no part of it.
 */
export function unflow(text: string, { delSp }: { readonly delSp: boolean }): string {
  const paragraphs: string[] = [];
  let paragraph: string | null = null;
  let depth = 0;
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [marks = ''] = /^>*/.exec(line) ?? [];
    // One space after the quote marks was put there to protect the line (§4.4).
    const content = line.slice(marks.length).replace(/^ /, '');
    const signature = content === '-- ';
    // A paragraph ends where the depth changes, and always before a signature (§4.3, §4.5).
    if (paragraph !== null && (depth !== marks.length || signature)) {
      paragraphs.push(quoted(depth, paragraph));
      paragraph = null;
    }
    depth = marks.length;
    const flows = content.endsWith(' ') && !signature;
    paragraph = `${paragraph ?? ''}${flows && delSp ? content.slice(0, -1) : content}`;
    if (flows) continue;
    paragraphs.push(quoted(depth, paragraph));
    paragraph = null;
  }
  if (paragraph !== null) paragraphs.push(quoted(depth, paragraph));
  return paragraphs.join('\n');
}

function quoted(depth: number, text: string): string {
  return depth === 0 ? text : `${'>'.repeat(depth)} ${text}`;
}
