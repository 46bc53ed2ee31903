import libmime from 'libmime';
import { decodeCharset } from './charset.ts';

/** One header as it was written, unfolded and decoded; the name is "" where a line has none. */
export interface HeaderLine {
  readonly name: string;
  readonly value: string;
}

/** Every header of a header block, in its order, also those that come twice. */
export function parseHeaderLines(bytes: Uint8Array): HeaderLine[] {
  // 8-bit headers name no charset; it is the same for all of them.
  const { text } = decodeCharset(bytes, null);
  const [block = ''] = text.split(/(?:\r\n|\n)(?:\r\n|\n)/, 1);
  return block
    .replaceAll(/(\r\n|\n)[\t ]+/g, ' ')
    .split(/\r\n|\n/)
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(colon, 0)).trimEnd();
      if (!/^[!-9;-~]+$/.test(name)) return { name: '', value: line };
      return { name, value: decodeWords(line.slice(colon + 1).trim()) };
    });
}

/** Encoded words (RFC 2047); left as they are where nothing can be made of them. */
export function decodeWords(value: string): string {
  if (!value.includes('=?')) return value;
  try {
    return libmime.decodeWords(value);
  } catch {
    return value;
  }
}
