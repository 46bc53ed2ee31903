import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import { UidSet } from '../uid-set.ts';
import { allUids } from './all-uids.ts';
import type { Since } from './changes.ts';
import { changing } from './changing.ts';
import type { Connection } from './connection.ts';
import type { FetchRow } from './fetch-row.ts';
import {
  compress,
  enableQresync,
  execute,
  listMatching,
  rememberMailbox,
} from './imapflow-internals.ts';
import type { LinkGauge } from './link-gauge.ts';
import { type MailboxStatus, toStatuses } from './mailbox-status.ts';
import { examine, examineSince, type ResumedMailbox, select } from './mailboxes.ts';
import type { FetchedMessage, OpenMailbox } from './message.ts';
import { type FetchOptions, fetchInPieces, giveMessages, messageItems } from './message-fetch.ts';
import { ranges } from './ranges.ts';
import { RowFetch } from './row-fetch.ts';
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

/** Messages that were asked for before anybody knew whether they are wanted. */
export interface ComingMessages {
  /** What was asked for; null for all there are. */
  readonly uids: UidSet | null;
  /** As `fetch`; null where another command has been given since, for which they were given up. */
  take(
    onMessage: (message: IncomingMessage | SizedMessage) => Promise<void> | undefined,
  ): Promise<{ readonly brokenOff: Failure | null } | null>;
}

/** One of several connections a fetch uses at the same time. */
export interface FetchConnection {
  readonly isGmail: boolean;
  readonly usable: boolean;
  /** What LIST and STATUS say of the mailboxes a pattern names: one round trip with LIST-STATUS. */
  statuses(pattern: string): Promise<MailboxStatus[]>;
  /** The mailboxes a pattern names, without roles and counts: always one round trip. */
  list(pattern: string): Promise<MailboxStatus[]>;
  /** EXAMINE, or SELECT where the messages are to be changed. */
  open(mailbox: MailboxStatus, mode: 'read' | 'write'): Promise<OpenMailbox>;
  /**
   * EXAMINE that tells what has changed since then, where the server has QRESYNC. With the first
   * mailbox a connection opens it is decided whether it does: null asks for nothing yet.
   */
  openSince(mailbox: MailboxStatus, since: Since | null): Promise<ResumedMailbox>;
  /**
   * EXAMINE, and `fetch` of these messages in the same round trip. They wait to be taken; null
   * where they have to be asked for by themselves.
   */
  openAndFetch(
    mailbox: MailboxStatus,
    uids: UidSet | null,
    options: FetchOptions,
  ): Promise<{ readonly opened: OpenMailbox; readonly coming: ComingMessages | null }>;
  uids(): Promise<UidSet>;
  search(expression: Expression, onStep: (text: string) => void): Promise<UidSet>;
  /** Which of these there are. */
  existing(uids: UidSet): Promise<UidSet>;
  /** Bytes of each message; null asks for all there are. */
  sizes(uids: UidSet | null): Promise<Map<number, number>>;
  /**
   * Messages with their bytes, each given to `onMessage` as it comes; of one larger than
   * `maxBytesEach` the size only. No more come while a promise it gives is pending. Resolves
   * to the reason when the answer broke off midway.
   */
  fetch(
    uids: UidSet | null,
    options: FetchOptions,
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

export function fetchConnection(connection: Connection, account: Account): FetchConnection {
  const { client, capabilities } = connection;
  const has = (capability: string) => capabilities.has(capability);
  const isGmail = has('X-GM-EXT-1');
  const ids = has('OBJECTID')
    ? ' EMAILID THREADID'
    : isGmail
      ? ' X-GM-MSGID X-GM-THRID X-GM-LABELS'
      : '';
  const fetch = new RowFetch(connection, account);
  const usable = () => client.usable;

  return {
    isGmail,
    get usable() {
      return client.usable;
    },
    async statuses(pattern) {
      const query = { messages: true, uidNext: true, uidValidity: true, highestModseq: true };
      const listed = await connection.run((imap) => listMatching(imap, pattern, query));
      return toStatuses(listed);
    },
    list: async (pattern) =>
      toStatuses(await connection.run((imap) => listMatching(imap, pattern, null))),
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
      const totalMs = fetch.limitMs(mailbox.messages ?? 0);
      return examineSince(connection, mailbox.path, since, { totalMs }).catch(
        async (error: unknown) => {
          // It has QRESYNC by its own word only.
          if (!(error instanceof Failure) || error.kind !== 'refused') throw error;
          return { ...(await examine(connection, mailbox.path)), changes: null };
        },
      );
    },
    async openAndFetch(mailbox, uids, options) {
      rememberMailbox(client, mailbox.path, mailbox.delimiter);
      const open = () => examine(connection, mailbox.path);
      const { opened, rows } = await fetch.openWith(open, uids, messageItems(ids, options));
      const coming: ComingMessages | null = rows && {
        uids,
        take: async (onMessage) => {
          let came = false;
          const ended = await giveMessages(
            async (onRow) => {
              came = await rows.take(options.expectedBytes, onRow);
            },
            options,
            usable,
            onMessage,
          );
          return came ? ended : null;
        },
      };
      return { opened, coming };
    },
    async uids() {
      const found = await allUids(connection);
      if (found.size >= fetch.mailbox.exists) return found;
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
      const sizes = new Map<number, number>();
      await fetch.rows(uids, '(UID RFC822.SIZE)', {}, ({ uid, sizeBytes }) => {
        sizes.set(uid, sizeBytes ?? 0);
        return undefined;
      });
      return sizes;
    },
    fetch: (uids, options, onMessage) => {
      const { expectedBytes: bytes } = options;
      const rows: Parameters<typeof giveMessages>[0] = (onRow) =>
        fetch.rows(uids, messageItems(ids, options), { bytes }, onRow);
      return giveMessages(rows, options, usable, onMessage);
    },
    fetchInPieces: (message) => fetchInPieces({ fetch, ids }, message),
    async marks(changedSince) {
      const since = changedSince === null ? '' : ` (CHANGEDSINCE ${changedSince})`;
      const items = isGmail ? '(UID FLAGS X-GM-LABELS)' : '(UID FLAGS)';
      // How many have changed nobody knows, but of some one comes soon.
      const expected = changedSince === null ? {} : { expected: 1 };
      const marks = new Map<number, Marks>();
      const [someFlags, someLabels] = [sharedFlags(), sharedLabels()];
      await fetch.rows(null, items + since, { ordered: false, ...expected }, (row) => {
        const flags = row.flags && someFlags.share(row.flags);
        const labels = row.labels && someLabels.share(row.labels);
        marks.set(row.uid, { flags, labels });
        return undefined;
      });
      return marks;
    },
    identities: (uids, onRow) =>
      fetch.rows(uids, `(UID RFC822.SIZE${ids})`, {}, (row) => {
        onRow(row);
        return undefined;
      }),
    headers: (uids, onRow) =>
      fetch.rows(uids, `(UID RFC822.SIZE${ids} BODY.PEEK[HEADER])`, { bytes: 1 }, (row) => {
        onRow(row);
        return undefined;
      }),
    get exists() {
      return fetch.mailbox.exists;
    },
    refresh: () => connection.run((imap) => execute(imap, 'NOOP', [])),
    ...changing(connection),
    measure: (gauge) => fetch.measure(gauge),
    canCompress: has('COMPRESS=DEFLATE'),
    compress: () => {
      fetch.measure(null);
      return connection.run(compress);
    },
    close: () => connection.close(),
  };
}
