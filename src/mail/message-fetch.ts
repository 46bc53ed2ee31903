import { Failure } from '../errors.ts';
import { UidSet } from '../uid-set.ts';
import type { IncomingMessage, Portion, SizedMessage } from './fetch-connection.ts';
import type { FetchRow } from './fetch-row.ts';
import type { MessageFacts } from './message.ts';
import { fetchFirstPiece, fetchPieces, type Piece, type PieceRange } from './pieces.ts';
import type { RowFetch } from './row-fetch.ts';

/** Items of UID FETCH for what is known of a message besides its bytes; `ids` are the server's own. */
function factItems(ids: string): string {
  return `UID FLAGS INTERNALDATE RFC822.SIZE${ids}`;
}

export interface FetchOptions {
  readonly portion: Portion;
  /** Of larger messages only the size comes. */
  readonly maxBytesEach: number | null;
  readonly expectedBytes: number;
}

/** What is asked of each message. */
export function messageItems(ids: string, { portion, maxBytesEach }: FetchOptions): string {
  const part = maxBytesEach === null ? '' : `<0.${maxBytesEach}>`;
  return `(${factItems(ids)} ${portion === 'header' ? 'BODY.PEEK[HEADER]' : `BODY.PEEK[]${part}`})`;
}

/** Messages, of rows that bring the items above; see `fetch` of FetchConnection. */
export async function giveMessages(
  rows: (onRow: (row: FetchRow) => Promise<void> | undefined) => Promise<unknown>,
  { portion, maxBytesEach }: FetchOptions,
  usable: () => boolean,
  onMessage: (message: IncomingMessage | SizedMessage) => Promise<void> | undefined,
): Promise<{ readonly brokenOff: Failure | null }> {
  let came = 0;
  try {
    await rows((row) => {
      const message = toMessage(row, portion, maxBytesEach);
      if (message === null) return undefined;
      came += 1;
      return onMessage(message);
    });
  } catch (error) {
    // What came before the answer broke off is whole: keep it, unless nothing came at all.
    if (!(error instanceof Failure) || came === 0 || !usable()) throw error;
    return { brokenOff: error };
  }
  return { brokenOff: null };
}

/** One message in pieces; null where it is no longer there. */
export async function fetchInPieces(
  { fetch, ids }: { fetch: RowFetch; ids: string },
  message: SizedMessage,
): Promise<IncomingMessage | null> {
  const uids = UidSet.of([message.uid]);
  const row = (items: string, { start, maxLength }: PieceRange) =>
    fetch.row(uids, `(${items} BODY.PEEK[]<${start}.${maxLength}>)`, maxLength);
  let described: FetchRow | undefined;
  const first = await fetchFirstPiece(message, async (range) => {
    described = await row(factItems(ids), range);
    return toPiece(described);
  });
  if (first === null || described === undefined) return null;
  const facts = toFacts(described, message.sizeBytes);
  const content = fetchPieces(facts, async (range) => toPiece(await row('UID', range)), first);
  return { ...facts, content };
}

function toPiece(row: FetchRow | undefined): Piece | undefined {
  if (row === undefined) return undefined;
  return { source: row.body === null ? null : Buffer.concat(row.body) };
}

function toMessage(
  row: FetchRow,
  portion: Portion,
  maxBytesEach: number | null,
): IncomingMessage | SizedMessage | null {
  const content = portion === 'whole' ? row.body : row.header && [row.header];
  // A body that is NIL, or empty though the message has a size, is a row gone wrong.
  if (content === null) return null;
  const length = content.reduce((sum, piece) => sum + piece.byteLength, 0);
  if (length === 0 && portion === 'whole' && (row.sizeBytes ?? 0) > 0) return null;
  const facts = toFacts(row, length);
  const cut = maxBytesEach !== null && length === maxBytesEach;
  if (cut && portion === 'whole') return { uid: row.uid, sizeBytes: facts.sizeBytes };
  return { ...facts, content };
}

function toFacts(
  row: FetchRow,
  sizeBytes: number,
): MessageFacts & Pick<IncomingMessage, 'emailId' | 'threadId' | 'labels'> {
  const { uid, flags, internalDate, emailId, threadId, labels } = row;
  const facts = { uid, flags: flags ?? [], internalDate, emailId, threadId, labels };
  return { ...facts, sizeBytes: row.sizeBytes ?? sizeBytes };
}
