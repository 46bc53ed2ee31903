import type { FetchMessageObject, FetchQueryObject } from 'imapflow';
import { Failure } from '../errors.ts';
import { UidSet } from '../uid-set.ts';
import type { Part } from './body-structure.ts';
import type { Connection } from './connection.ts';
import { toCorrespondence, toPart } from './from-imapflow.ts';
import type { Correspondence } from './message.ts';
import type { MessageContent } from './message-content.ts';
import { partsByNumber, sectionOf } from './part-download.ts';
import { lostNames, rawName, withNames } from './raw-names.ts';
import type { OpenSource } from './source-content.ts';

/** What can be asked about the inside of messages of the open mailbox. */
export interface MessageReader {
  /** What else the envelope says, by UID. */
  correspondence(uids: readonly number[]): Promise<ReadonlyMap<number, Correspondence>>;
  /** The MIME tree of each message; null where the server has no sensible description of it. */
  structures(uids: readonly number[]): Promise<ReadonlyMap<number, Part | null>>;
  /** The inside of a message; without a structure the message itself is read. */
  content(uid: number, structure: Part | null): Promise<MessageContent>;
  /** The header block, cut after `maxBytes`. @throws Failure 'not-found' */
  headerBlock(uid: number, maxBytes: number): Promise<Uint8Array>;
}

export interface MessageReaderOptions {
  readonly connection: Connection;
  /** How long an answer of so many bytes may take. */
  readonly transferMs: (bytes: number) => number;
  /** All of a message as the server has it. */
  readonly source: (uid: number) => ReturnType<OpenSource>;
}

/** A description takes little; more at once only makes the first one late. */
const maxAtOnce = 200;
/** What the headers of a part take, and more. */
const maxNameBytes = 16 << 10;

export function messageReader(options: MessageReaderOptions): MessageReader {
  const { connection, transferMs, source } = options;

  /** Rows by UID. What a server will not answer for many it may answer for one. */
  const fetchRows = async (uids: readonly number[], items: FetchQueryObject) => {
    const rows = new Map<number, FetchMessageObject>();
    const asked = new Set(uids);
    const take = (found: readonly FetchMessageObject[]) => {
      for (const row of found) if (asked.has(row.uid)) rows.set(row.uid, row);
    };
    for (let start = 0; start < uids.length; start += maxAtOnce) {
      const range = UidSet.of(uids.slice(start, start + maxAtOnce)).toString();
      take(await connection.fetchAll(range, items, { uid: true }).catch(refusedRows));
    }
    for (const uid of uids.filter((one) => !rows.has(one))) {
      take(await connection.fetchAll(String(uid), items, { uid: true }).catch(refusedRows));
    }
    return rows;
  };

  /** Rare, and only then asked for. */
  const recoverNames = async (uid: number, root: Part): Promise<Part> => {
    const lost = lostNames(root).slice(0, maxAtOnce);
    if (lost.length === 0) return root;
    const bodyParts = lost.map(({ section: key }) => ({ key, start: 0, maxLength: maxNameBytes }));
    const rows = await fetchRows([uid], { uid: true, bodyParts });
    const names = new Map<Part, string>();
    for (const { part, section } of lost) {
      const row = rows.get(uid);
      const bytes = row === undefined ? undefined : sectionOf(row, section);
      const name = bytes === undefined ? null : rawName(bytes);
      if (name !== null) names.set(part, name);
    }
    return withNames(root, names);
  };

  return {
    async correspondence(uids) {
      const items = { uid: true, envelope: true, headers: ['references'] };
      const rows = await fetchRows(uids, items);
      return new Map([...rows].map(([uid, row]) => [uid, toCorrespondence(row)]));
    },
    async structures(uids) {
      const rows = await fetchRows(uids, { uid: true, bodyStructure: true });
      const structures = new Map<number, Part | null>();
      for (const uid of uids) {
        const structure = rows.get(uid)?.bodyStructure;
        const root = structure === undefined ? null : toPart(structure);
        structures.set(uid, root === null ? null : await recoverNames(uid, root));
      }
      return structures;
    },
    async content(uid, structure) {
      if (structure === null) {
        const { contentOfSource } = await import('./source-content.ts');
        return contentOfSource(() => source(uid));
      }
      return partsByNumber(uid, structure, async (of, bodyParts) => {
        const bytes = bodyParts.reduce((sum, { maxLength }) => sum + maxLength, 0);
        const items = { uid: true, bodyParts: [...bodyParts] };
        const options = { uid: true, timeoutMs: transferMs(bytes) };
        const rows = await connection.fetchAll(String(of), items, options);
        return rows.find((row) => row.uid === of);
      });
    },
    async headerBlock(uid, maxBytes) {
      const items = { uid: true, bodyParts: [{ key: 'HEADER', start: 0, maxLength: maxBytes }] };
      const options = { uid: true, timeoutMs: transferMs(maxBytes) };
      const rows = await connection.fetchAll(String(uid), items, options);
      const headers: unknown = rows.find((row) => row.uid === uid)?.headers;
      if (headers instanceof Buffer) return headers.subarray(0, maxBytes);
      throw new Failure('not-found', `the server has no headers of message ${uid}`);
    },
  };
}

/** A server that answers NO or BAD may only not be able to describe one of the messages. */
function refusedRows(error: unknown): FetchMessageObject[] {
  if (error instanceof Failure && error.kind === 'refused') return [];
  throw error;
}
