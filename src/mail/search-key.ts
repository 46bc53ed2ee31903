/** A part of an IMAP SEARCH command: a bare word, a string of the person's, or a group. */
export type SearchKey =
  | { readonly atom: string }
  | { readonly text: string }
  | { readonly list: readonly SearchKey[] };

/** As it would be typed into a session: for `-v` and for tests. */
export function formatSearchKeys(keys: readonly SearchKey[]): string {
  return keys
    .map((key) => {
      if ('atom' in key) return key.atom;
      if ('text' in key) return `"${key.text.replaceAll(/["\\]/g, '\\$&')}"`;
      return `(${formatSearchKeys(key.list)})`;
    })
    .join(' ');
}
