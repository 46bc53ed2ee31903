/** A letter as data, and the RFC 5322 bytes it becomes. All line ends are CRLF. */

export interface Part {
  readonly headers: readonly string[];
  readonly body: Buffer;
}

export interface Letter {
  readonly id: string;
  readonly at: Date;
  readonly from: string;
  readonly to: string;
  readonly cc?: string;
  /** Already encoded (see `encodedWords`) where it is not plain ASCII; none at all when absent. */
  readonly subject?: string;
  /** Message-IDs of the thread so far, oldest first; the last one is answered. */
  readonly thread?: readonly string[];
  readonly headers?: readonly string[];
  readonly part: Part;
  readonly flags?: readonly string[];
}

type Encoding = '7bit' | '8bit' | 'quoted-printable' | 'base64';

interface TextOptions {
  readonly charset?: 'us-ascii' | 'utf-8' | 'iso-8859-1';
  readonly encoding?: Encoding;
  readonly parameters?: string;
  readonly subtype?: string;
}

const CRLF = '\r\n';

/** A text part. `text` has LF line ends; a long line is for quoted-printable or base64 only. */
export function text(content: string, options: TextOptions = {}): Part {
  const { charset = 'us-ascii', encoding = '7bit', parameters = '', subtype = 'plain' } = options;
  const bytes = Buffer.from(
    content.replaceAll('\n', CRLF),
    charset === 'iso-8859-1' ? 'latin1' : 'utf8',
  );
  return {
    headers: [
      `Content-Type: text/${subtype}; charset=${charset}${parameters}`,
      `Content-Transfer-Encoding: ${encoding}`,
    ],
    body: encode(bytes, encoding),
  };
}

export function html(content: string): Part {
  return text(content, { subtype: 'html', charset: 'utf-8', encoding: 'quoted-printable' });
}

/** Several parts in one; `boundary` must not stand in any of them. */
export function multipart(kind: string, boundary: string, parts: readonly Part[]): Part {
  const chunks = parts.flatMap((part) => [
    Buffer.from(`--${boundary}${CRLF}${part.headers.join(CRLF)}${CRLF}${CRLF}`),
    part.body,
    Buffer.from(CRLF),
  ]);
  return {
    headers: [`Content-Type: multipart/${kind};${CRLF} boundary="${boundary}"`],
    body: Buffer.concat([...chunks, Buffer.from(`--${boundary}--${CRLF}`)]),
  };
}

export function attachment(
  type: string,
  disposition: string,
  content: Buffer,
  headers: readonly string[] = [],
): Part {
  return {
    headers: [
      `Content-Type: ${type}`,
      'Content-Transfer-Encoding: base64',
      `Content-Disposition: ${disposition}`,
      ...headers,
    ],
    body: encode(content, 'base64'),
  };
}

export function forwarded(message: Buffer): Part {
  return {
    headers: ['Content-Type: message/rfc822', 'Content-Disposition: inline'],
    body: message,
  };
}

/** The whole message. */
export function compose(letter: Letter): Buffer {
  const thread = letter.thread ?? [];
  const answered = thread.at(-1);
  const lines = [
    `Date: ${letter.at.toUTCString().replace('GMT', '+0000')}`,
    `From: ${letter.from}`,
    fold(`To: ${letter.to}`),
    ...(letter.cc === undefined ? [] : [fold(`Cc: ${letter.cc}`)]),
    ...(letter.subject === undefined ? [] : [fold(`Subject: ${letter.subject}`)]),
    `Message-ID: ${letter.id}`,
    ...(answered === undefined ? [] : [`In-Reply-To: ${answered}`]),
    ...(thread.length === 0 ? [] : [fold(`References: ${thread.join(' ')}`)]),
    ...(letter.headers ?? []).map(fold),
    'MIME-Version: 1.0',
    ...letter.part.headers,
  ];
  return Buffer.concat([Buffer.from(lines.join(CRLF) + CRLF + CRLF), letter.part.body]);
}

/** RFC 2047; every word stands for whole characters and is at most 75 long. */
export function encodedWords(
  content: string,
  kind: 'B' | 'Q',
  charset: 'utf-8' | 'iso-8859-1' = 'utf-8',
): string {
  const encodeWord = (chunk: string): string => {
    const bytes = Buffer.from(chunk, charset === 'utf-8' ? 'utf8' : 'latin1');
    const payload =
      kind === 'B'
        ? bytes.toString('base64')
        : [...bytes].map((byte) => (byte === 0x20 ? '_' : qByte(byte, /[A-Za-z0-9]/))).join('');
    return `=?${charset}?${kind}?${payload}?=`;
  };
  const words: string[] = [];
  let chunk = '';
  for (const character of content) {
    if (encodeWord(chunk + character).length > 75) {
      words.push(encodeWord(chunk));
      chunk = '';
    }
    chunk += character;
  }
  return [...words, encodeWord(chunk)].join(' ');
}

function fold(header: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of header.split(' ')) {
    if (line !== '' && line.length + word.length > 76) {
      lines.push(line);
      line = '';
    }
    line += line === '' && lines.length === 0 ? word : ` ${word}`;
  }
  return [...lines, line].join(CRLF);
}

function encode(bytes: Buffer, encoding: Encoding): Buffer {
  if (encoding === 'base64') {
    return Buffer.from(bytes.toString('base64').replace(/.{76}(?=.)/g, `$&${CRLF}`) + CRLF);
  }
  if (encoding === 'quoted-printable') {
    const lines = bytes.toString('latin1').split(CRLF).map(quotedPrintableLine);
    return Buffer.from(lines.join(CRLF));
  }
  return bytes;
}

function quotedPrintableLine(line: string): string {
  const units = [...Buffer.from(line, 'latin1')].map((byte) => qByte(byte, /[ -<>-~]/));
  const lines: string[] = [];
  let current = '';
  for (const unit of units) {
    if (current.length + unit.length > 75) {
      lines.push(`${current}=`);
      current = '';
    }
    current += unit;
  }
  return [...lines, current].join(CRLF);
}

function qByte(byte: number, plain: RegExp): string {
  const character = String.fromCharCode(byte);
  if (plain.test(character)) return character;
  return `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
