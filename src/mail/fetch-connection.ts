import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import { UidSet } from '../uid-set.ts';
import type { Since } from './changes.ts';
import { changing } from './changing.ts';
import { type Connection, slowestBytesPerSecond } from './connection.ts';
import type { FetchRow } from './fetch-row.ts';
import {
  compress,
  enableQresync,
  execute,
  listWithStatus,
  rememberMailbox,
  tokenText,
} from './imapflow-internals.ts';
import { numbersOf } from './imapflow-search.ts';
import type { Flow, LinkGauge } from './link-gauge.ts';
import { type MailboxStatus, toStatuses } from './mailbox-status.ts';
import { examine, examineSince, type ResumedMailbox, select } from './mailboxes.ts';
import type { FetchedMessage, MessageFacts, OpenMailbox } from './message.ts';
import { fetchFirstPiece, fetchPieces, type Piece } from './pieces.ts';
import { maxMessages, ranges } from './ranges.ts';
import { RowsInOrder } from './rows-in-order.ts';
import { find } from './search.ts';
import type { Expression } from './search-expression.ts';
import { sharedFlags, sharedLabels } from './shared-lists.ts';

/** What a message brings with it besides its bytes. */
export interface IncomingMessage extends FetchedMessage {
  readonly emailId: string | null;
  readonly threadId: string | null;
  readonly labels: readonly string[] | null;
}

export interface SizedMessage {
  readonly uid: number;
  readonly sizeBytes: number;
}

/** What of a message may change. Null is what the server has not said. */
export interface Marks {
  readonly flags: readonly string[] | null;
  /** Gmail's. */
  readonly labels: readonly string[] | null;
}

/** What of a message is wanted. */
export type Portion = 'whole' | 'header';

/** One of several connections a fetch uses at the same time. */
export interface FetchConnection {
  readonly isGmail: boolean;
  readonly usable: boolean;
  /** What LIST and STATUS say of the mailboxes a pattern names: one round trip with LIST-STATUS. */
  statuses(pattern: string): Promise<MailboxStatus[]>;
  /** EXAMINE, or SELECT where the messages are to be changed. */
  open(mailbox: MailboxStatus, mode: 'read' | 'write'): Promise<OpenMailbox>;
  /**
   * EXAMINE that tells what has changed since then, where the server has QRESYNC. With the first
   * mailbox a connection opens it is decided whether it does: null asks for nothing yet.
   */
  openSince(mailbox: MailboxStatus, since: Since | null): Promise<ResumedMailbox>;
  uids(): Promise<UidSet>;
  search(expression: Expression, onStep: (text: string) => void): Promise<UidSet>;
  /** Which of these there are. */
  existing(uids: UidSet): Promise<UidSet>;
  /** Null asks for all messages there are. */
  sizes(uids: UidSet | null): Promise<SizedMessage[]>;
  /**
   * Messages with their bytes, each given to `onMessage` as it comes; of one larger than
   * `maxBytesEach` the size only. No more come while a promise it gives is pending. Resolves to the reason when the answer broke off midway.
   */
  fetch(
    uids: UidSet | null,
    options: { portion: Portion; maxBytesEach: number | null; expectedBytes: number },
    onMessage: (message: IncomingMessage | SizedMessage) => Promise<void> | undefined,
  ): Promise<{ readonly brokenOff: Failure | null }>;
  /** One message in pieces; null where it is no longer there. */
  fetchInPieces(message: SizedMessage): Promise<IncomingMessage | null>;
  /** Flags and labels of each message, or of those changed since. */
  marks(changedSince: string | null): Promise<ReadonlyMap<number, Marks>>;
  /** Sizes and ids; each row as it comes. */
  identities(uids: UidSet, onRow: (row: FetchRow) => void): Promise<void>;
  /** Headers and sizes, to recognise messages by; each row as it comes. */
  headers(uids: UidSet | null, onRow: (row: FetchRow) => void): Promise<void>;
  /** How many messages the open mailbox has, by the server's latest word. */
  readonly exists: number;
  /** Have the server say what has come and gone since it opened the mailbox (NOOP). */
  refresh(): Promise<void>;
  markSeen(uids: UidSet): Promise<void>;
  /** @throws Failure 'refused' where it cannot be done without touching other messages */
  moveTo(uids: UidSet, path: string): Promise<void>;
  /** Remove for good. @throws Failure 'refused' where others would be removed with them */
  expunge(uids: UidSet): Promise<void>;
  /** Have what it brings from now on measured, as long as it is not compressed. */
  measure(gauge: LinkGauge): void;
  /** The server offers COMPRESS=DEFLATE. */
  readonly canCompress: boolean;
  /** What comes from now on is compressed; false where the server has refused it. */
  compress(): Promise<boolean>;
  close(): void;
}

const byArrival = { by: 'arrival', descending: false } as const;
/** Slower than this a server that only names its messages counts as stuck. */
const slowestRowsPerSecond = 20;
/** What is no row of a message that was asked for; more of it is a flood. */
const maxJunkRows = 10_000;
/** What a row without a body may take. */
const bytesPerRow = 100;
/** A timer takes no more. */
const longestMs = 86_400_000;

export function fetchConnection(connection: Connection, account: Account): FetchConnection {
  const { client, capabilities } = connection;
  const transferMs = (bytes: number) =>
    account.timeouts.command * 1000 + (bytes / slowestBytesPerSecond) * 1000;
  const has = (capability: string) => capabilities.has(capability);
  const isGmail = has('X-GM-EXT-1');
  const ids = has('OBJECTID')
    ? ' EMAILID THREADID'
    : isGmail
      ? ' X-GM-MSGID X-GM-THRID X-GM-LABELS'
      : '';

  let flow: Flow | null = null;

  const mailbox = () => {
    const { exists = 0, uidNext = 2 ** 32 } = client.mailbox === false ? {} : client.mailbox;
    return { exists, uidNext };
  };

  /** UID FETCH; `onRow` is told of each valid row of a UID that was asked for, once. */
  const fetchRows = async (
    uids: UidSet | null,
    items: string,
    {
      bytes = 0,
      ordered = true,
      expected,
    }: { bytes?: number; ordered?: boolean; expected?: number },
    onRow: (row: FetchRow) => Promise<void> | undefined,
  ): Promise<void> => {
    const seen = new Set<number>();
    const { exists: said, uidNext } = mailbox();
    const exists = Math.min(said, maxMessages);
    const getsOn = strides(expected ?? uids?.size ?? exists, account.timeouts.command);
    // Of all messages, what is beyond UIDNEXT may have arrived just now; or UIDNEXT is wrong.
    let junk = maxJunkRows + (uids === null ? exists : 0);
    const most = uids === null ? Math.min(exists + maxJunkRows, maxMessages) : maxMessages;
    // A UIDNEXT that is no higher than the count of messages cannot be true.
    const next = uidNext > said ? uidNext : 2 ** 32;
    const asked = (uid: number) => (uids === null ? uid < next : uids.has(uid));
    const known = uids !== null || !ordered;
    const rows = known ? { take: onRow, end: () => {} } : new RowsInOrder(onRow);
    const take = (row: FetchRow | null) => {
      const good = row !== null && !seen.has(row.uid) && asked(row.uid);
      if (!good || seen.size === most) {
        junk = good ? 0 : junk - 1;
        if (junk === 0) client.close(); // imapflow has no other way to stop a flood
        return undefined;
      }
      seen.add(row.uid);
      const pause = rows.take(row);
      if (pause !== undefined) flow?.rest();
      return pause;
    };
    try {
      for (const range of ranges(uids)) {
        const args = [
          { type: 'SEQUENCE', value: range },
          { type: 'TEXT', value: items },
        ] as const;
        connection.rows.onRow = take;
        if (bytes > 0) connection.rows.onBytes = flow?.received ?? null;
        await connection.run((imap) => execute(imap, 'UID FETCH', args), {
          totalMs: Math.min(transferMs(bytes + bytesPerRow * exists), longestMs),
          flows: bytes > 0,
          getsOn: () => bytes > 0 || getsOn(seen.size),
        });
        flow?.rest();
      }
    } catch (error) {
      if (junk > 0) throw error;
      throw new Failure('protocol', 'the server sends much that it was not asked for', {
        hint: 'try again later',
        cause: error,
      });
    } finally {
      connection.rows.onRow = null;
      connection.rows.onBytes = null;
      flow?.rest();
      rows.end();
    }
  };

  const collect = async (uids: UidSet | null, items: string, bytes: number) => {
    const rows: FetchRow[] = [];
    await fetchRows(uids, items, { bytes }, (row) => {
      rows.push(row);
      return undefined;
    });
    return rows;
  };

  return {
    isGmail,
    get usable() {
      return client.usable;
    },
    async statuses(pattern) {
      const query = { messages: true, uidNext: true, uidValidity: true, highestModseq: true };
      const listed = await connection.run((imap) => listWithStatus(imap, pattern, query));
      return toStatuses(listed);
    },
    async open(mailbox, mode) {
      rememberMailbox(client, mailbox.path, mailbox.delimiter);
      return mode === 'read' ? examine(connection, mailbox.path) : select(connection, mailbox.path);
    },
    async openSince(mailbox, since) {
      rememberMailbox(client, mailbox.path, mailbox.delimiter);
      const able = has('QRESYNC') && (await connection.run(enableQresync));
      if (since === null || !able) {
        return { ...(await examine(connection, mailbox.path)), changes: null };
      }
      const totalMs = Math.min(transferMs(bytesPerRow * (mailbox.messages ?? 0)), longestMs);
      return examineSince(connection, mailbox.path, since, { totalMs }).catch(
        async (error: unknown) => {
          // It has QRESYNC by its own word only.
          if (!(error instanceof Failure) || error.kind !== 'refused') throw error;
          return { ...(await examine(connection, mailbox.path)), changes: null };
        },
      );
    },
    async uids() {
      const found = await allUids(connection);
      if (found.size >= mailbox().exists) return found;
      // Fewer than there are: one more may have arrived just now, or an answer was lost.
      return found.union(await allUids(connection));
    },
    search: async (expression, onStep) =>
      UidSet.of(await find(connection, expression, { order: byArrival, onStep })),
    async existing(uids) {
      let found = UidSet.empty;
      for (const range of ranges(uids)) {
        const keys = [{ atom: 'UID' }, { atom: range }];
        found = found.union(UidSet.of(await connection.search(keys)));
      }
      return found.intersection(uids);
    },
    async sizes(uids) {
      const sized: SizedMessage[] = [];
      await fetchRows(uids, '(UID RFC822.SIZE)', {}, ({ uid, sizeBytes }) => {
        sized.push({ uid, sizeBytes: sizeBytes ?? 0 });
        return undefined;
      });
      return sized;
    },
    async fetch(uids, { portion, maxBytesEach, expectedBytes }, onMessage) {
      const part = maxBytesEach === null ? '' : `<0.${maxBytesEach}>`;
      const body = portion === 'header' ? 'BODY.PEEK[HEADER]' : `BODY.PEEK[]${part}`;
      const items = `(UID FLAGS INTERNALDATE RFC822.SIZE${ids} ${body})`;
      let came = 0;
      try {
        await fetchRows(uids, items, { bytes: expectedBytes }, (row) => {
          const message = toMessage(row, portion, maxBytesEach);
          if (message === null) return undefined;
          came += 1;
          return onMessage(message);
        });
      } catch (error) {
        // What came before the answer broke off is whole: keep it, unless nothing came at all.
        if (!(error instanceof Failure) || came === 0 || !client.usable) throw error;
        return { brokenOff: error };
      }
      return { brokenOff: null };
    },
    async fetchInPieces(message) {
      const items = `UID FLAGS INTERNALDATE RFC822.SIZE${ids}`;
      let described: FetchRow | null = null;
      const first = await fetchFirstPiece(message, async ({ start, maxLength }) => {
        const [row] = await collect(
          UidSet.of([message.uid]),
          `(${items} BODY.PEEK[]<${start}.${maxLength}>)`,
          maxLength,
        );
        described = row ?? null;
        return toPiece(row);
      });
      if (first === null || described === null) return null;
      const facts = toFacts(described, message.sizeBytes);
      const content = fetchPieces(
        facts,
        async ({ start, maxLength }) => {
          const [row] = await collect(
            UidSet.of([message.uid]),
            `(UID BODY.PEEK[]<${start}.${maxLength}>)`,
            maxLength,
          );
          return toPiece(row);
        },
        first,
      );
      return { ...facts, content };
    },
    async marks(changedSince) {
      const since = changedSince === null ? '' : ` (CHANGEDSINCE ${changedSince})`;
      const items = isGmail ? '(UID FLAGS X-GM-LABELS)' : '(UID FLAGS)';
      // How many have changed nobody knows, but of some one comes soon.
      const expected = changedSince === null ? {} : { expected: 1 };
      const marks = new Map<number, Marks>();
      const [someFlags, someLabels] = [sharedFlags(), sharedLabels()];
      await fetchRows(null, items + since, { ordered: false, ...expected }, (row) => {
        const flags = row.flags && someFlags.share(row.flags);
        const labels = row.labels && someLabels.share(row.labels);
        marks.set(row.uid, { flags, labels });
        return undefined;
      });
      return marks;
    },
    identities: (uids, onRow) =>
      fetchRows(uids, `(UID RFC822.SIZE${ids})`, {}, (row) => {
        onRow(row);
        return undefined;
      }),
    headers: (uids, onRow) =>
      fetchRows(uids, `(UID RFC822.SIZE${ids} BODY.PEEK[HEADER])`, { bytes: 1 }, (row) => {
        onRow(row);
        return undefined;
      }),
    get exists() {
      return mailbox().exists;
    },
    refresh: () => connection.run((imap) => execute(imap, 'NOOP', [])),
    ...changing(connection),
    measure(gauge) {
      flow = gauge.flow();
    },
    canCompress: has('COMPRESS=DEFLATE'),
    compress: () => {
      flow = null;
      return connection.run(compress);
    },
    close: () => connection.close(),
  };
}

/** Whether so many rows have come as must have, asked each time so many seconds have passed. */
function strides(expected: number, seconds: number): (came: number) => boolean {
  let before = 0;
  return (came) => {
    const enough = came - before >= Math.min(slowestRowsPerSecond * seconds, expected - before);
    before = came;
    return enough;
  };
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

/** UID SEARCH ALL, its answer as a set where the server can say it so (ESEARCH, RFC 4731). */
async function allUids(connection: Connection): Promise<UidSet> {
  if (!connection.capabilities.has('ESEARCH')) {
    return UidSet.of(await connection.search([{ atom: 'ALL' }]));
  }
  return connection.run(async (client) => {
    let found = UidSet.empty;
    await execute(client, 'UID SEARCH', [{ type: 'TEXT', value: 'RETURN (ALL) ALL' }], {
      ESEARCH: ({ attributes = [] }) => {
        const at = attributes.findIndex((token) => tokenText(token).toUpperCase() === 'ALL');
        if (at < 0) return;
        const set = UidSet.parseLoosely(tokenText(attributes[at + 1]));
        if (set !== null) found = found.union(set);
      },
      // From a server that does not do what it offers.
      SEARCH: (answer) => {
        found = found.union(UidSet.of(numbersOf(answer)));
      },
    });
    return found;
  });
}
