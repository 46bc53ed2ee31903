import iconv from 'iconv-lite';

export interface Decoded {
  readonly text: string;
  /** The name that was given and means nothing to us; the text is then read as well as it can be. */
  readonly unknownCharset: string | null;
}

/**
 * Bytes in the charset their sender named. Without a name, or with one nobody knows: UTF-8 where
 * they are that, else windows-1252, in which every byte is something.
 */
export function decodeCharset(bytes: Uint8Array, charset: string | null): Decoded {
  const name = charset?.trim().toLowerCase() ?? '';
  if (name === '' || guessed.has(name)) return { text: guess(bytes), unknownCharset: null };
  const text = decodeNamed(bytes, name);
  return text === null
    ? { text: guess(bytes), unknownCharset: charset }
    : { text, unknownCharset: null };
}

/** Names that say nothing: 8-bit mail is sent under them all the same. */
const guessed = new Set(['us-ascii', 'ascii', 'unknown-8bit', 'x-unknown', 'unknown', 'binary']);

function decodeNamed(bytes: Uint8Array, name: string): string | null {
  // Latin-1 on paper is windows-1252 in practice (WHATWG Encoding §4.2).
  const known = /^(iso[-_]?8859[-_]?1|latin[-_]?1|l1)$/.test(name) ? 'windows-1252' : name;
  // iconv-lite also "decodes" these; they are no charsets.
  if (!/^(hex|base64)$/.test(known) && iconv.encodingExists(known)) {
    return iconv.decode(Buffer.from(bytes), known);
  }
  // What it lacks Node has, above all ISO-2022-JP (RFC 1468), whose later forms only add to it.
  const label = known.startsWith('iso-2022-jp') ? 'iso-2022-jp' : known;
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return null;
  }
}

function guess(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return isCutUtf8(bytes)
      ? new TextDecoder().decode(bytes)
      : iconv.decode(Buffer.from(bytes), 'windows-1252');
  }
}

/** UTF-8, beyond ASCII too, of which only the last character is not all there. */
function isCutUtf8(bytes: Uint8Array): boolean {
  for (let cut = 1; cut <= 3; cut += 1) {
    try {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, -cut));
      return /[^\0-\x7f]/.test(text);
    } catch {
      // One byte less.
    }
  }
  return false;
}
