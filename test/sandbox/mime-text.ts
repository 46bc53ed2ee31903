/** What a person reads in a message, for a search: headers and text parts, decoded. */

export interface Readable {
  /** Decoded and unfolded, in their order. */
  readonly headers: readonly { name: string; value: string }[];
  readonly text: string;
}

/** `raw` has one character per byte and CRLF line ends. */
export function readMessage(raw: string): Readable {
  const blank = raw.indexOf('\r\n\r\n');
  const head = blank < 0 ? raw : raw.slice(0, blank);
  const body = blank < 0 ? '' : raw.slice(blank + 4);
  const headers = head
    .replace(/\r\n(?=[ \t])/g, '')
    .split('\r\n')
    .map((line) => ({
      name: line.slice(0, line.indexOf(':')).toLowerCase(),
      value: decodeWords(line.slice(line.indexOf(':') + 1).trim()),
    }));
  return { headers, text: bodyText(headers, body) };
}

function bodyText(headers: Readable['headers'], body: string): string {
  const header = (name: string, otherwise: string) =>
    headers.find((entry) => entry.name === name)?.value ?? otherwise;
  const type = header('content-type', 'text/plain');
  const boundary = /boundary="?([^";]+)/i.exec(type)?.[1];
  if (boundary !== undefined) {
    const parts = `\r\n${body}`.split(`\r\n--${boundary}`).slice(1, -1);
    return parts.map((part) => readMessage(part.replace(/^\r\n/, '')).text).join('\n');
  }
  if (/^message\/rfc822/i.test(type)) {
    const inner = readMessage(body);
    return [...inner.headers.map(({ value }) => value), inner.text].join('\n');
  }
  if (!/^text\//i.test(type)) return '';
  const charset = /charset="?([^";\s]+)/i.exec(type)?.[1] ?? 'us-ascii';
  return decodeBytes(unwrap(body, header('content-transfer-encoding', '7bit')), charset);
}

function unwrap(body: string, encoding: string): Buffer {
  if (/^base64$/i.test(encoding)) return Buffer.from(body, 'base64');
  if (/^quoted-printable$/i.test(encoding)) return unescapeHex(body.replace(/=\r\n/g, ''));
  return Buffer.from(body, 'latin1');
}

/** RFC 2047; the space between two encoded words is not part of the text. */
function decodeWords(value: string): string {
  return value
    .replace(/(\?=)\s+(?==\?)/g, '$1')
    .replace(/=\?([^?]+)\?([BQ])\?([^?]*)\?=/gi, (_, charset: string, kind: string, word: string) =>
      decodeBytes(
        /b/i.test(kind) ? Buffer.from(word, 'base64') : unescapeHex(word.replaceAll('_', ' ')),
        charset,
      ),
    );
}

function unescapeHex(escaped: string): Buffer {
  return Buffer.from(
    escaped.replace(/=([0-9A-F]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    'latin1',
  );
}

function decodeBytes(bytes: Buffer, charset: string): string {
  return new TextDecoder(charset).decode(bytes);
}
