import { createHash, type Hash } from 'node:crypto';
import type { Piece } from './sink.ts';

/** A message is recognised by this, whatever its UID and however its lines end. */
export interface Fingerprint {
  /** As the server sent it. */
  readonly sizeBytes: number;
  /** SHA-256 of all of it with LF line ends, base64url. */
  readonly digest: string;
  /** The same of its header alone. */
  readonly headerDigest: string;
  readonly messageId: string | null;
}

export interface MeasuredContent {
  readonly content: AsyncIterable<Piece> | Iterable<Piece>;
  /** Known when the content has been read to its end. */
  fingerprint(): Fingerprint;
}

/** Headers longer than this are cut for recognising a message. */
const maxHeaderBytes = 1 << 20;

/**
 * Take the message's fingerprint, and give its bytes in both spellings of their line ends. Without
 * `keepRaw` they are respelled where they are: ten thousand messages leave no second copies behind.
 */
export function measured(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { keepRaw }: { readonly keepRaw: boolean },
): MeasuredContent {
  const measure = new Measure(keepRaw);
  const content = Array.isArray(bytes)
    ? bytes.map((piece, index) => measure.take(piece, index === bytes.length - 1))
    : streamed(bytes, measure);
  return { content, fingerprint: () => measure.fingerprint() };
}

async function* streamed(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  measure: Measure,
): AsyncGenerator<Piece> {
  for await (const piece of bytes) yield measure.take(piece, false);
  const rest = measure.take(new Uint8Array(), true);
  if (rest.lf.length > 0) yield rest;
}

const cr = 0x0d;
const carriageReturn = Buffer.of(cr);
const lineFeed = 0x0a;

/** Takes the pieces of one message, one after the other. */
export class Measure {
  readonly #keepRaw: boolean;
  readonly #digest: Hash = createHash('sha256');
  #sizeBytes = 0;
  /** The last piece ended in a CR, which waits for what follows it. */
  #carriageReturn = false;
  /** The header as far as it has come; null when it has ended. */
  #begun: string | null = '';
  #header = '';

  /** Without `keepRaw` pieces are respelled where they are. */
  constructor(keepRaw: boolean) {
    this.#keepRaw = keepRaw;
  }

  take(raw: Uint8Array, last: boolean): Piece {
    this.#sizeBytes += raw.length;
    const lf = this.#respell(raw, last);
    this.#digest.update(lf);
    if (this.#begun !== null) this.#takeHeader(this.#begun, lf, last);
    return { raw, lf };
  }

  fingerprint(): Fingerprint {
    return {
      sizeBytes: this.#sizeBytes,
      digest: this.#digest.digest('base64url'),
      headerDigest: digestOfText(this.#header),
      messageId: messageIdOf(this.#header),
    };
  }

  #respell(raw: Uint8Array, last: boolean): Buffer {
    const from = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
    const bytes = this.#toRespell(from);
    this.#carriageReturn = false;
    let length = 0;
    let start = 0;
    for (let at = bytes.indexOf(cr); at >= 0; at = bytes.indexOf(cr, at + 1)) {
      const atEnd = at + 1 === bytes.length;
      if (!atEnd && bytes[at + 1] !== lineFeed) continue;
      if (atEnd && last) break;
      // Takes half as long as `copy`, which makes a view of every line.
      if (start > 0) bytes.copyWithin(length, start, at);
      length += at - start;
      start = at + 1;
      if (atEnd) this.#carriageReturn = true;
    }
    if (start === 0) return bytes;
    bytes.copyWithin(length, start);
    return bytes.subarray(0, length + bytes.length - start);
  }

  /** What may be changed where it is. */
  #toRespell(from: Buffer): Buffer {
    if (this.#carriageReturn && from[0] !== lineFeed) return Buffer.concat([carriageReturn, from]);
    return this.#keepRaw ? Buffer.from(from) : from;
  }

  #takeHeader(begun: string, lf: Buffer, last: boolean): void {
    const end = begun === '' && lf[0] === lineFeed ? 0 : lf.indexOf('\n\n');
    const cut = Math.min(end < 0 ? lf.length : end + 2, maxHeaderBytes);
    const text = begun + lf.toString('latin1', 0, cut);
    // The empty line may lie across two pieces.
    const ended = end >= 0 || text.includes('\n\n') || text.length >= maxHeaderBytes;
    this.#begun = ended || last ? null : text;
    if (ended || last) this.#header = headerOf(text);
  }
}

/** Of a message that is stored. */
export async function fingerprintOf(bytes: AsyncIterable<Uint8Array>): Promise<Fingerprint> {
  const { content, fingerprint } = measured(bytes, { keepRaw: false });
  for await (const _ of content);
  return fingerprint();
}

/** Of bytes whose line ends are LF already. */
export async function digestOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of bytes) hash.update(piece);
  return hash.digest('base64url');
}

/** The fingerprint of a header as the server sends it (BODY[HEADER]), without its empty line. */
export function headerFingerprint(
  header: Uint8Array,
): Pick<Fingerprint, 'headerDigest' | 'messageId'> {
  const text = Buffer.from(header).toString('latin1').replaceAll('\r\n', '\n');
  const cut = headerOf(text);
  return { headerDigest: digestOfText(cut), messageId: messageIdOf(cut) };
}

function headerOf(text: string): string {
  if (text.startsWith('\n')) return '';
  const end = text.indexOf('\n\n');
  let last = Math.min(end < 0 ? text.length : end, maxHeaderBytes);
  while (text[last - 1] === '\n') last -= 1;
  return `${text.slice(0, last)}\n`;
}

function digestOfText(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('base64url');
}

function messageIdOf(header: string): string | null {
  return /^message-id:[ \t\n]*(<[^>\n]{1,998}>)/im.exec(header)?.[1] ?? null;
}
