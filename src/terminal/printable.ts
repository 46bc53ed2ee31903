/**
 * Text from the network made safe for a terminal, once, where it is printed: no control or escape
 * character, nothing that reorders or hides. A blank stands for what breaks lines, U+FFFD for
 * everything else that would act instead of being seen.
 */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ')
    .replaceAll(invisible, '')
    .replaceAll(flood, '$1')
    .replaceAll(acting, '\ufffd');
}

/** The same for a text of several lines, which stay. */
export function printableLines(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => printable(line.replaceAll('\t', '        ')))
    .join('\n');
}

/** C0, DEL, C1, and the bidirectional controls (Unicode TR 9). */
const acting = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Zero width and without any say in how letters join. */
const invisible =
  /[\u00ad\u200b\u2060-\u2064\ufeff\ufff9-\ufffb]|\u{e0001}|[\u{e0020}-\u{e007f}]/gu;

/** More marks on one letter than any script has: they would cover the lines above and below. */
const flood = /(\p{M}{8})\p{M}+/gu;

/** JSON whose every dangerous character is escaped: exact for a program, harmless on a terminal. */
export function safeJson(value: unknown): string {
  const text = JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'string' ? item.toWellFormed() : item,
  );
  return text.replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
