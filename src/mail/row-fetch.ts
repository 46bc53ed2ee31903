import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import type { UidSet } from '../uid-set.ts';
import type { Connection } from './connection.ts';
import { slowestBytesPerSecond } from './exchanges.ts';
import type { FetchRow } from './fetch-row.ts';
import { execute } from './imapflow-internals.ts';
import type { Flow, LinkGauge } from './link-gauge.ts';
import { maxMessages, ranges } from './ranges.ts';
import { RowsInOrder } from './rows-in-order.ts';

/** Slower than this a server that only names its messages counts as stuck. */
const slowestRowsPerSecond = 20;
/** What is no row of a message that was asked for; more of it is a flood. */
const maxJunkRows = 10_000;
/** What a row without a body may take. */
const bytesPerRow = 100;
/** A timer takes no more. */
const longestMs = 86_400_000;

interface RowOptions {
  /** About how many bytes of bodies will come. */
  readonly bytes?: number;
  /** All rows come, and by ascending UID. Default: true. */
  readonly ordered?: boolean;
  /** How many rows will come, where it is not as many as were asked for. */
  readonly expected?: number;
}

/** UID FETCH on one connection, within bounds of time, count and truth. */
export class RowFetch {
  readonly #connection: Connection;
  readonly #commandSeconds: number;
  #flow: Flow | null = null;

  constructor(connection: Connection, { timeouts }: Pick<Account, 'timeouts'>) {
    this.#connection = connection;
    this.#commandSeconds = timeouts.command;
  }

  /** What the server says of the open mailbox; UIDNEXT is the highest there can be where it does not. */
  get mailbox(): { readonly exists: number; readonly uidNext: number } {
    const { mailbox } = this.#connection.client;
    const { exists = 0, uidNext = 2 ** 32 } = mailbox === false ? {} : mailbox;
    return { exists, uidNext };
  }

  /** Have what it brings from now on measured; null ends it. */
  measure(gauge: LinkGauge | null): void {
    this.#flow = gauge?.flow() ?? null;
  }

  /** How long an answer with so many rows and bytes may take, milliseconds. */
  limitMs(rows: number, bytes = 0): number {
    const seconds = this.#commandSeconds + (bytes + bytesPerRow * rows) / slowestBytesPerSecond;
    return Math.min(seconds * 1000, longestMs);
  }

  /**
   * `onRow` is told of each valid row of a UID that was asked for, once; null asks for all. No more
   * come while a promise it gives is pending.
   */
  async rows(
    uids: UidSet | null,
    items: string,
    { bytes = 0, ordered = true, expected }: RowOptions,
    onRow: (row: FetchRow) => Promise<void> | undefined,
  ): Promise<void> {
    const { client, rows: reader } = this.#connection;
    const { exists: said, uidNext } = this.mailbox;
    const exists = Math.min(said, maxMessages);
    const seen = new Set<number>();
    const getsOn = strides(expected ?? uids?.size ?? exists, this.#commandSeconds);
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
      if (pause !== undefined) this.#flow?.rest();
      return pause;
    };
    const limits = {
      totalMs: this.limitMs(exists, bytes),
      flows: bytes > 0,
      getsOn: () => bytes > 0 || getsOn(seen.size),
    };
    try {
      for (const range of ranges(uids)) {
        reader.onRow = take;
        if (bytes > 0) reader.onBytes = this.#flow?.received ?? null;
        await this.#connection.run(
          (imap) => execute(imap, 'UID FETCH', command(range, items)),
          limits,
        );
        this.#flow?.rest();
      }
    } catch (error) {
      if (junk > 0) throw error;
      throw new Failure('protocol', 'the server sends much that it was not asked for', {
        hint: 'try again later',
        cause: error,
      });
    } finally {
      reader.onRow = null;
      reader.onBytes = null;
      this.#flow?.rest();
      rows.end();
    }
  }

  /** The one row of these, or none. */
  async row(uids: UidSet, items: string, bytes: number): Promise<FetchRow | undefined> {
    let found: FetchRow | undefined;
    await this.rows(uids, items, { bytes }, (row) => {
      found ??= row;
      return undefined;
    });
    return found;
  }
}

function command(range: string, items: string) {
  return [
    { type: 'SEQUENCE', value: range },
    { type: 'TEXT', value: items },
  ] as const;
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
