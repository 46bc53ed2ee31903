import type { FetchMessageObject } from 'imapflow';
import { Failure } from '../errors.ts';
import type { Part } from './body-structure.ts';
import type { MessageContent } from './message-content.ts';
import { type FetchPiece, fetchFirstPiece, fetchPieces, type PieceRange } from './pieces.ts';

/** What is asked of one message in one FETCH: the first bytes of each of these. */
export type FetchSections = (
  uid: number,
  sections: readonly (PieceRange & { readonly key: string })[],
) => Promise<FetchMessageObject | undefined>;

/** So that an answer fits into memory, and a command line into what a server must take. */
const maxAnswerBytes = 4 << 20;
const maxSections = 100;

/** The inside of a message whose server describes it: each part is asked for by its number. */
export function partsByNumber(uid: number, root: Part, fetch: FetchSections): MessageContent {
  return {
    root,
    async read(parts, maxBytes) {
      const found = new Map<string, Uint8Array>();
      for (const batch of batches(parts, maxBytes)) {
        const sections = batch.map(({ section }) => ({
          key: section,
          start: 0,
          maxLength: maxBytes,
        }));
        const row = await fetch(uid, sections);
        for (const { section } of batch) {
          const bytes = sectionOf(row, section);
          // Some servers give all of a part whatever is asked for.
          if (bytes !== undefined) found.set(section, bytes.subarray(0, maxBytes));
        }
      }
      return found;
    },
    async *stream({ part, section, sizeBytes }) {
      const piece: FetchPiece = async (range) => {
        const row = await fetch(uid, [{ key: section, ...range }]);
        const source = sectionOf(row, section);
        return row === undefined || source === undefined ? undefined : { ...row, source };
      };
      const fact = { uid, sizeBytes: sizeBytes ?? 0, flags: [], internalDate: null };
      const first = await fetchFirstPiece(fact, piece);
      if (first !== null) yield* fetchPieces(fact, piece, first);
      // An empty part may be answered by nothing at all.
      else if (sizeBytes !== 0) {
        throw new Failure('protocol', `the server did not send part ${part} of message ${uid}`);
      }
    },
  };
}

/** NIL, which some servers send for an empty part, is not empty for imapflow but absent. */
export function sectionOf(
  row: FetchMessageObject | undefined,
  section: string,
): Buffer | undefined {
  const key = section.toLowerCase();
  const bytes: unknown = key === 'header' ? row?.headers : row?.bodyParts?.get(key);
  return bytes instanceof Buffer ? bytes : undefined;
}

function* batches(parts: readonly Part[], maxBytes: number): Generator<readonly Part[]> {
  let batch: Part[] = [];
  let bytes = 0;
  for (const part of parts) {
    const size = Math.min(part.sizeBytes ?? maxBytes, maxBytes);
    if (batch.length === maxSections || (batch.length > 0 && bytes + size > maxAnswerBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(part);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
