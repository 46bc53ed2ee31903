import type { FetchRow } from './fetch-row.ts';

/**
 * Where all messages are asked for, nobody knows which UIDs there are: a row with a wrong one would
 * be taken for a message. But UIDs ascend (RFC 3501 §2.3.1.1), so that it stands out between its
 * neighbours. Rows out of order are not handed on; what is missing then is asked for by its UID.
 */
export class RowsInOrder {
  readonly #onRow: (row: FetchRow) => Promise<void> | undefined;
  #waiting: FetchRow | null = null;
  #last = 0;

  constructor(onRow: (row: FetchRow) => Promise<void> | undefined) {
    this.#onRow = onRow;
  }

  /** What whoever is told of the row before gives back. */
  take(row: FetchRow): Promise<void> | undefined {
    const before = this.#waiting;
    if (before !== null && row.uid < before.uid) {
      // One of the two is wrong.
      this.#waiting = null;
      return undefined;
    }
    const given = this.end();
    if (row.uid > this.#last) this.#waiting = row;
    return given;
  }

  /** Nothing more will come. */
  end(): Promise<void> | undefined {
    const row = this.#waiting;
    if (row === null) return undefined;
    this.#waiting = null;
    this.#last = row.uid;
    return this.#onRow(row);
  }
}
