/**
 * A part of an IMAP SEARCH command: a bare word, a string of the person's, a group, or a piece of
 * IMAP the person has written.
 */
export type SearchKey =
  | { readonly atom: string }
  | { readonly text: string }
  | { readonly list: readonly SearchKey[] }
  | { readonly raw: string };

/** As it would be typed into a session: for `--explain`, `-v` and tests. */
export function formatSearchKeys(keys: readonly SearchKey[]): string {
  return keys
    .map((key) => {
      if ('atom' in key) return key.atom;
      if ('raw' in key) return key.raw;
      if ('text' in key) return `"${key.text.replaceAll(/["\\]/g, '\\$&')}"`;
      return `(${formatSearchKeys(key.list)})`;
    })
    .join(' ');
}

/** The whole command; a charset is named where a text is not ASCII (RFC 3501 §6.4.4). */
export function formatSearchCommand(keys: readonly SearchKey[]): string {
  const charset = hasUnicode(keys) ? 'CHARSET UTF-8 ' : '';
  return `UID SEARCH ${charset}${formatSearchKeys(keys)}`;
}

/** Whether a text in it needs a charset. */
export function hasUnicode(keys: readonly SearchKey[]): boolean {
  return keys.some((key) =>
    'list' in key ? hasUnicode(key.list) : 'text' in key && !isAscii(key.text),
  );
}

/** Printable ASCII, which a quoted string can hold (RFC 3501 §4.3). */
export function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** Whether it asks for what only Gmail has (X-GM-EXT-1). */
export function needsGmail(keys: readonly SearchKey[]): boolean {
  return keys.some((key) =>
    'list' in key ? needsGmail(key.list) : 'atom' in key && key.atom.startsWith('X-GM-'),
  );
}
