import { type FetchRow, type Literal, parseRow } from './fetch-row.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const curlyClose = 0x7d;

/** What is longer is left to imapflow, which has a limit of its own. */
const maxTextBytes = 4 << 20;
const rowStart = /^\* \d+ FETCH \(/i;

/** A FETCH response that is coming. */
interface Coming {
  text: string;
  readonly literals: { readonly at: number; readonly bytes: Literal }[];
  /** All of it, as it came. */
  readonly raw: Uint8Array[];
  rawBytes: number;
}

/** A command that was sent right behind one of imapflow's, which knows nothing of it. */
export interface CommandBehind {
  readonly tag: string;
  /** As `onRow` of the reader, for the rows that answer this command. */
  readonly onRow: (row: FetchRow | null) => Promise<void> | undefined;
  /** Told of the answer itself, without the tag: "OK", "NO" or "BAD", and what follows. */
  readonly onEnd: (answer: string) => void;
}

/**
 * Takes FETCH responses out of what a server sends, before imapflow sees them: it makes an object
 * of every token and copies every body twice, which is most of the time that fetching takes. What
 * is none goes on to imapflow unchanged. Bodies are not copied: they are where they came in.
 */
export class RowReader {
  /**
   * Told of each FETCH response, of null where it is no row; null leaves them to imapflow. The
   * server is not listened to any further before the promise it may give has resolved.
   */
  onRow: ((row: FetchRow | null) => Promise<void> | undefined) | null = null;
  /** Told how much has come, of whatever it is. */
  onBytes: ((bytes: number) => void) | null = null;
  /** Each comes after a command imapflow has sent; its rows are those after the end of that one. */
  readonly behind: CommandBehind[] = [];
  /** Whoever takes the rows is not ready for more. */
  pause: Promise<void> | null = null;
  readonly #maxLiteralBytes: number;
  /** The beginning of a line whose end has not come. */
  #line: Uint8Array[] = [];
  #lineBytes = 0;
  #coming: Coming | null = null;
  /** How much of a literal is to come, and its pieces where it is one of a row. */
  #literalBytes = 0;
  #literal: Uint8Array[] = [];
  /** The command before the first of `behind` has ended. */
  #isBehind = false;
  /** The line to come belongs to a response that is none of ours. */
  #continues = false;
  /** Something was beyond all limits: imapflow has been given it, and refuses it. */
  #givenUp = false;

  constructor({ maxLiteralBytes }: { readonly maxLiteralBytes: number }) {
    this.#maxLiteralBytes = maxLiteralBytes;
  }

  /** Gives what is left for imapflow. */
  take(chunk: Buffer): Buffer {
    this.onBytes?.(chunk.length);
    const rest: Uint8Array[] = [];
    let at = 0;
    while (at < chunk.length && !this.#givenUp) {
      const end = this.#literalBytes > 0 ? at + this.#literalBytes : lineEnd(chunk, at);
      const piece = chunk.subarray(at, end ?? chunk.length);
      at += piece.length;
      if (this.#literalBytes > 0) this.#takeLiteral(piece, rest);
      else if (end === null) this.#takeBeginning(piece, rest);
      else this.#takeLine(piece, rest);
    }
    if (at === 0) return chunk;
    if (at < chunk.length) rest.push(chunk.subarray(at));
    return Buffer.concat(rest);
  }

  #takeLiteral(piece: Buffer, rest: Uint8Array[]): void {
    this.#literalBytes -= piece.length;
    const coming = this.#coming;
    if (coming === null) {
      rest.push(piece);
      return;
    }
    coming.raw.push(piece);
    this.#literal.push(piece);
    if (this.#literalBytes === 0) this.#endLiteral(coming);
  }

  #endLiteral({ text, literals }: Coming): void {
    literals.push({ at: text.length, bytes: this.#literal });
    this.#literal = [];
  }

  /** Whether a line is ours is only known when all of it is there. */
  #takeBeginning(piece: Buffer, rest: Uint8Array[]): void {
    this.#line.push(piece);
    this.#lineBytes += piece.length;
    if (this.#lineBytes > maxTextBytes) this.#giveUp(rest);
  }

  #takeLine(end: Buffer, rest: Uint8Array[]): void {
    const line = this.#line.length === 0 ? end : Buffer.concat([...this.#line, end]);
    this.#line = [];
    this.#lineBytes = 0;
    const size = announcedBytes(line);
    if (this.#coming === null && this.#taker !== null && !this.#continues && isRow(line)) {
      this.#coming = { text: '', literals: [], raw: [], rawBytes: 0 };
    }
    const coming = this.#coming;
    if (coming === null) {
      if (!this.#continues && !isUntagged(line) && this.#endsCommand(line)) return;
      rest.push(line);
      this.#continues = size !== null;
      this.#literalBytes = size ?? 0;
      return;
    }
    coming.raw.push(line);
    coming.rawBytes += line.length + (size ?? 0);
    if (coming.rawBytes > this.#maxLiteralBytes + maxTextBytes) {
      this.#giveUp(rest);
      return;
    }
    const text = line.toString();
    if (size !== null) {
      coming.text += text.slice(0, text.lastIndexOf('{'));
      this.#literalBytes = size;
      if (size === 0) this.#endLiteral(coming);
      return;
    }
    coming.text += text;
    this.#coming = null;
    const pause = this.#taker?.(parseRow(coming));
    if (pause === undefined) return;
    const ended: Promise<void> = pause.finally(() => {
      if (this.pause === ended) this.pause = null;
    });
    this.pause = ended;
  }

  get #taker() {
    const [behind] = this.behind;
    return this.#isBehind && behind !== undefined ? behind.onRow : this.onRow;
  }

  /** What comes after the end of a command is no answer to it. True where imapflow knows none such. */
  #endsCommand(line: Buffer): boolean {
    const [behind] = this.behind;
    this.#isBehind = behind !== undefined;
    const tag = behind === undefined ? '' : `${behind.tag} `;
    if (behind === undefined || line.toString('latin1', 0, tag.length) !== tag) {
      this.onRow = null;
      return false;
    }
    this.behind.shift();
    this.#isBehind = false;
    behind.onEnd(line.toString().slice(tag.length).trim());
    return true;
  }

  #giveUp(rest: Uint8Array[]): void {
    rest.push(...(this.#coming?.raw ?? []), ...this.#line);
    this.#coming = null;
    this.#line = [];
    this.#givenUp = true;
  }
}

function lineEnd(chunk: Buffer, from: number): number | null {
  const at = chunk.indexOf(lineFeed, from);
  return at < 0 ? null : at + 1;
}

function isUntagged(line: Buffer): boolean {
  return line[0] === 0x2a || line[0] === 0x2b;
}

function isRow(line: Buffer): boolean {
  return line[0] === 0x2a && rowStart.test(line.toString('latin1', 0, 40));
}

/** The size of the literal that follows a line (RFC 9051 §4.3); null where none does. */
function announcedBytes(line: Buffer): number | null {
  let end = line.length - 1;
  if (line[end - 1] === carriageReturn) end -= 1;
  if (line[end - 1] !== curlyClose) return null;
  const [, digits] = /\{(\d+)\}$/.exec(line.toString('latin1', Math.max(0, end - 64), end)) ?? [];
  // Digits without end, or many zeros in front, are no size that anybody means: imapflow decides.
  return digits === undefined ? null : Number(digits);
}
