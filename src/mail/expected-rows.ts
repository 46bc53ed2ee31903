import type { UidSet } from '../uid-set.ts';
import type { FetchRow } from './fetch-row.ts';
import { maxMessages } from './ranges.ts';
import { RowsInOrder } from './rows-in-order.ts';

/** What is no row of a message that was asked for; more of it is a flood. */
export const maxJunkRows = 10_000;

export interface Expectation {
  /** Null for all there are. */
  readonly uids: UidSet | null;
  /** What the server says of the mailbox. */
  readonly exists: number;
  readonly uidNext: number | null;
  /** All rows come, and by ascending UID. */
  readonly ordered: boolean;
  readonly onRow: (row: FetchRow) => Promise<void> | undefined;
  readonly onFlood: () => void;
}

/** Of what answers a UID FETCH, each valid row of a UID that was asked for, once. */
export class ExpectedRows {
  readonly #asked: (uid: number) => boolean;
  readonly #rows: Pick<RowsInOrder, 'take' | 'end'>;
  readonly #onFlood: () => void;
  /** Null where their order tells those that come twice. */
  readonly #seen: Set<number> | null;
  readonly #most: number;
  #junk: number;
  #came = 0;

  constructor({ uids, exists: said, uidNext, ordered, onRow, onFlood }: Expectation) {
    const exists = Math.min(said, maxMessages);
    // A UIDNEXT that is no higher than the count of messages cannot be true.
    const next = uidNext !== null && uidNext > said ? uidNext : 2 ** 32;
    this.#asked = (uid) => (uids === null ? uid < next : uids.has(uid));
    const known = uids !== null || !ordered;
    this.#seen = known ? new Set() : null;
    this.#rows = known ? { take: onRow, end: () => undefined } : new RowsInOrder(onRow);
    this.#onFlood = onFlood;
    // Of all messages, what is beyond UIDNEXT may have arrived just now; or UIDNEXT is wrong.
    this.#junk = maxJunkRows + (uids === null ? exists : 0);
    this.#most = uids === null ? Math.min(exists + maxJunkRows, maxMessages) : maxMessages;
  }

  /** How many have come. */
  get came(): number {
    return this.#came;
  }

  /** Null is a row that could not be read. No more come while the promise it gives is pending. */
  take(row: FetchRow | null): Promise<void> | undefined {
    if (this.#junk === 0) return undefined;
    const good = row !== null && !this.#seen?.has(row.uid) && this.#asked(row.uid);
    if (!good || this.#came === this.#most) {
      this.#junk = good ? 0 : this.#junk - 1;
      if (this.#junk === 0) this.#onFlood();
      return undefined;
    }
    this.#came += 1;
    this.#seen?.add(row.uid);
    return this.#rows.take(row);
  }

  /** Nothing more will come. */
  end(): void {
    this.#rows.end();
  }
}
