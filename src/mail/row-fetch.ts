import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import type { UidSet } from '../uid-set.ts';
import type { Connection } from './connection.ts';
import { type Limits, slowestBytesPerSecond } from './exchanges.ts';
import { ExpectedRows } from './expected-rows.ts';
import type { FetchRow } from './fetch-row.ts';
import { execute, sendBehind } from './imapflow-internals.ts';
import type { Flow, LinkGauge } from './link-gauge.ts';
import { maxMessages, ranges } from './ranges.ts';
import { RowsBehind } from './rows-behind.ts';

/** Slower than this a server that only names its messages counts as stuck. */
const slowestRowsPerSecond = 20;
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

type OnRow = (row: FetchRow) => Promise<void> | undefined;

/** Rows that were asked for while a mailbox was being opened. */
export interface RowsToTake {
  /** As `rows`; false where they are not to be had any more. */
  take(bytes: number, onRow: OnRow): Promise<boolean>;
}

/** UID FETCH on one connection, within bounds of time, count and truth. */
export class RowFetch {
  readonly #connection: Connection;
  readonly #commandSeconds: number;
  #flow: Flow | null = null;
  #flooded = false;
  #behind: RowsBehind | null = null;

  constructor(connection: Connection, { timeouts }: Pick<Account, 'timeouts'>) {
    this.#connection = connection;
    this.#commandSeconds = timeouts.command;
  }

  /** What the server says of the open mailbox. */
  get mailbox(): { readonly exists: number; readonly uidNext: number | null } {
    const { mailbox } = this.#connection.client;
    if (mailbox === false) return { exists: 0, uidNext: null };
    return { exists: mailbox.exists, uidNext: mailbox.uidNext ?? null };
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
    onRow: OnRow,
  ): Promise<void> {
    const { rows: reader } = this.#connection;
    const rows = this.#expect(uids, ordered, onRow);
    const count = expected ?? uids?.size ?? Math.min(this.mailbox.exists, maxMessages);
    const limits = this.#limits(rows, count, bytes);
    try {
      for (const range of ranges(uids)) {
        reader.onRow = (row) => this.#rested(rows.take(row));
        await this.#listen(bytes, limits, (imap) =>
          execute(imap, 'UID FETCH', command(range, items)),
        );
      }
    } catch (error) {
      throw this.#flooded ? flood(error) : error;
    } finally {
      reader.onRow = null;
      rows.end();
    }
  }

  /**
   * Open a mailbox with a UID FETCH right behind, which is a round trip less. Its rows wait until
   * they are taken; the next command gives them up. Null where it was not sent.
   */
  async openWith<T>(
    open: () => Promise<T>,
    uids: UidSet | null,
    items: string,
  ): Promise<{ readonly opened: T; readonly rows: RowsToTake | null }> {
    const { client, rows: reader } = this.#connection;
    this.#behind?.drop();
    const behind = new RowsBehind(client, this.#onFlood);
    this.#behind = behind;
    let sent = false;
    const onSent = () => {
      sent = true;
      reader.behind.push(behind);
    };
    const line = `${behind.tag} UID FETCH ${uids ?? '1:*'} ${items}`;
    try {
      const opened = await sendBehind(client, line, { onSent, onNext: () => behind.drop() }, open);
      const take = (bytes: number, onRow: OnRow) => this.#takeBehind(behind, uids, bytes, onRow);
      return { opened, rows: sent ? { take } : null };
    } catch (error) {
      behind.drop();
      throw error;
    }
  }

  async #takeBehind(
    behind: RowsBehind,
    uids: UidSet | null,
    bytes: number,
    onRow: OnRow,
  ): Promise<boolean> {
    if (behind.isDropped) return false;
    const rows = this.#expect(uids, true, onRow);
    const limits = this.#limits(rows, uids?.size ?? this.mailbox.exists, bytes);
    try {
      await this.#listen(bytes, limits, () => behind.take((row) => this.#rested(rows.take(row))));
    } catch (error) {
      throw this.#flooded ? flood(error) : error;
    } finally {
      rows.end();
    }
    return true;
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

  #expect(uids: UidSet | null, ordered: boolean, onRow: OnRow): ExpectedRows {
    return new ExpectedRows({ uids, ...this.mailbox, ordered, onRow, onFlood: this.#onFlood });
  }

  readonly #onFlood = () => {
    this.#flooded = true;
    this.#connection.client.close(); // imapflow has no other way to stop it
  };

  #limits(rows: ExpectedRows, count: number, bytes: number): Limits {
    const getsOn = strides(count, this.#commandSeconds);
    return {
      totalMs: this.limitMs(Math.min(this.mailbox.exists, maxMessages), bytes),
      flows: bytes > 0,
      getsOn: () => bytes > 0 || getsOn(rows.came),
    };
  }

  /** While we do not listen, what comes says nothing of the line. */
  #rested(pause: Promise<void> | undefined): Promise<void> | undefined {
    if (pause !== undefined) this.#flow?.rest();
    return pause;
  }

  /** Run an exchange that brings so many bytes. */
  async #listen(bytes: number, limits: Limits, work: Parameters<Connection['run']>[0]) {
    const { rows: reader } = this.#connection;
    if (bytes > 0) reader.onBytes = this.#flow?.received ?? null;
    try {
      await this.#connection.run(work, limits);
    } finally {
      reader.onBytes = null;
      this.#flow?.rest();
    }
  }
}

function command(range: string, items: string) {
  return [
    { type: 'SEQUENCE', value: range },
    { type: 'TEXT', value: items },
  ] as const;
}

function flood(cause: unknown): Failure {
  return new Failure('protocol', 'the server sends much that it was not asked for', {
    hint: 'try again later',
    cause,
  });
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
