import type { FetchRow } from './fetch-row.ts';

/**
 * Where all messages are asked for, nobody knows which UIDs there are: a row with a wrong one would
 * be taken for a message. But UIDs ascend (RFC 3501 §2.3.1.1), so that it stands out between its
 * neighbours. Rows out of order are not handed on; what is missing then is asked for by its UID.
 */
export class RowsInOrder {
  readonly #onRow: (row: FetchRow) => void;
  #waiting: FetchRow | null = null;
  #last = 0;

  constructor(onRow: (row: FetchRow) => void) {
    this.#onRow = onRow;
  }

  take(row: FetchRow): void {
    const before = this.#waiting;
    if (before !== null && row.uid < before.uid) {
      // One of the two is wrong.
      this.#waiting = null;
      return;
    }
    this.end();
    if (row.uid > this.#last) this.#waiting = row;
  }

  /** Nothing more will come. */
  end(): void {
    if (this.#waiting === null) return;
    this.#last = this.#waiting.uid;
    this.#onRow(this.#waiting);
    this.#waiting = null;
  }
}
