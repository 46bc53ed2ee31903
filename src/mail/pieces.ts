import { Failure } from '../errors.ts';
import type { MessageFacts } from './message.ts';

type SizedPiece = Pick<MessageFacts, 'uid' | 'sizeBytes'>;

/** Large enough that round trips cost little, small enough for memory. */
const pieceBytes = 1 << 20;

/** Ask for a part of a message: BODY.PEEK[]<start.maxLength>. */
export type FetchPiece = (range: PieceRange) => Promise<Piece | undefined>;

export interface Piece {
  readonly source?: unknown;
}

export interface PieceRange {
  readonly start: number;
  readonly maxLength: number;
}

/**
 * The bytes of one message, piece by piece. A short piece alone is no end: a server that breaks off
 * sends one too. The message ends where RFC822.SIZE says so, or, as some servers (Exchange) only
 * estimate it, where the byte before the end is given again and nothing follows it.
 * @throws Failure 'protocol' for anything else
 */
export async function* fetchPieces(
  { uid, sizeBytes }: SizedPiece,
  fetch: FetchPiece,
  first: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const maxBytes = 2 * sizeBytes + pieceBytes;
  const read = async (start: number) => content(await fetch({ start, maxLength: pieceBytes }), uid);
  let length = 0;
  let piece = first;
  for (;;) {
    if (piece.length > pieceBytes) throw broken(uid, 'sent more of it than was asked for');
    length += piece.length;
    if (length > maxBytes)
      throw broken(uid, `sends more than twice its size of ${sizeBytes} bytes`);
    // While one piece is written the next is on its way.
    const more = piece.length === pieceBytes || (length < sizeBytes && piece.length > 0);
    const next = more ? read(length) : null;
    next?.catch(() => {}); // told when it is awaited; the reader may have given up before
    if (piece.length > 0) yield piece;
    if (next !== null) {
      piece = await next;
      continue;
    }
    if (length >= sizeBytes) return;
    const last = await read(Math.max(0, length - 1));
    if (length > 0 && last.length === 1) return;
    throw broken(uid, `sent ${length} of its ${sizeBytes} bytes`);
  }
}

/** The first piece; null where the message is no longer there. */
export async function fetchFirstPiece(
  { uid }: SizedPiece,
  fetch: FetchPiece,
): Promise<Uint8Array | null> {
  const row = await fetch({ start: 0, maxLength: pieceBytes });
  return row === undefined ? null : content(row, uid);
}

/** An answer without content, or none, is not an empty piece. */
function content(row: Piece | undefined, uid: number): Uint8Array {
  const source: unknown = row?.source;
  if (source instanceof Uint8Array) return source;
  throw broken(uid, 'did not send all of it');
}

function broken(uid: number, what: string): Failure {
  return new Failure('protocol', `message ${uid}: the server ${what}`, {
    hint: 'try again; the message is left out until it comes whole',
  });
}
