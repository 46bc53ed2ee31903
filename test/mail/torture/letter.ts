/** A message that is hard to read, and what is right to make of it. */
export interface Torture {
  /** In a few words, what is wrong with it. */
  readonly name: string;
  readonly source: Buffer;
  /** Its subject as `list` gives it; not said where nothing is right. */
  readonly subject?: string | null;
  /** What the text must hold. */
  readonly says?: readonly (string | RegExp)[];
  /** What must not be in the text. */
  readonly hides?: readonly (string | RegExp)[];
  /** The files that are saved of it, in order. */
  readonly files?: readonly SavedFile[];
}

export interface SavedFile {
  readonly name: string | RegExp;
  readonly content?: string | Buffer;
}

const crlf = '\r\n';

/** Bytes of Latin-1, so that any byte can be written. */
export function bytes(...pieces: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)),
  );
}

/** Header lines and a body, with the network's line ends. */
export function letter(headers: readonly string[], ...body: readonly (string | Buffer)[]): Buffer {
  return bytes(headers.join(crlf), crlf, crlf, ...body);
}

export const usual = [
  'From: Ada Lovelace <ada@example.org>',
  'To: Bob <bob@example.org>',
  'Date: Tue, 3 Mar 2026 10:00:00 +0000',
];

/** A message of one text part. */
export function text(subject: string, type: string, encoding: string, body: string | Buffer) {
  return letter(
    [
      ...usual,
      `Subject: ${subject}`,
      'MIME-Version: 1.0',
      `Content-Type: ${type}`,
      `Content-Transfer-Encoding: ${encoding}`,
    ],
    body,
  );
}

/** A part of a multipart, or a multipart within another. */
export function part(headers: readonly string[], ...body: readonly (string | Buffer)[]): Buffer {
  return letter(headers, ...body);
}

/** The headers and the body of a multipart. */
export function multipart(
  subtype: string,
  boundary: string,
  parts: readonly (string | Buffer)[],
): { readonly type: string; readonly body: Buffer } {
  const pieces = parts.flatMap((one) => [`--${boundary}${crlf}`, one, crlf]);
  return {
    type: `Content-Type: multipart/${subtype}; boundary="${boundary}"`,
    body: bytes(...pieces, `--${boundary}--${crlf}`),
  };
}

/** A whole message around a multipart. */
export function mixed(subject: string, parts: readonly (string | Buffer)[]): Buffer {
  return around(subject, multipart('mixed', 'outer', parts));
}

export function around(subject: string, { type, body }: ReturnType<typeof multipart>): Buffer {
  return letter([...usual, `Subject: ${subject}`, 'MIME-Version: 1.0', type], body);
}

export function plain(body: string): Buffer {
  return part(['Content-Type: text/plain; charset=utf-8'], Buffer.from(body));
}

export function html(body: string): Buffer {
  return part(['Content-Type: text/html; charset=utf-8'], Buffer.from(body));
}

/** An attachment whose headers about its name are given. */
export function attached(headers: readonly string[], content: string | Buffer): Buffer {
  const coded = Buffer.from(content).toString('base64').replaceAll(/.{76}/g, `$&${crlf}`);
  return part([...headers, 'Content-Transfer-Encoding: base64'], coded);
}

export function base64(content: string | Buffer): string {
  return Buffer.from(content).toString('base64');
}
