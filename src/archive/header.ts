/** A field of a header with LF line ends, unfolded; null where there is none. Any text may follow. */
export function headerField(text: string, name: string): string | null {
  const end = text.startsWith('\n') ? 0 : text.indexOf('\n\n');
  const header = end < 0 ? text.slice(0, 1 << 20) : text.slice(0, end);
  const field = new RegExp(`^${name}[ \\t]*:((?:.|\\n[ \\t])*)`, 'im').exec(header);
  return field?.[1]?.replaceAll(/\n[ \t]+/g, ' ').trim() ?? null;
}

/** RFC 2047 words turned into what they say; those that cannot be stay. */
export function decodeWords(value: string): string {
  const joined = value.replaceAll(/(=\?[^?\s]+\?[bq]\?[^?\s]*\?=)\s+(?==\?)/gi, '$1');
  return joined.replaceAll(
    /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi,
    (word, charset: string, encoding: string, text: string) => {
      try {
        const bytes =
          encoding.toLowerCase() === 'b'
            ? Buffer.from(text, 'base64')
            : Buffer.from(
                text
                  .replaceAll('_', ' ')
                  .replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) =>
                    String.fromCharCode(Number.parseInt(hex, 16)),
                  ),
                'latin1',
              );
        return new TextDecoder(charset).decode(bytes);
      } catch {
        return word;
      }
    },
  );
}
