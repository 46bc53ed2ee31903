import type { ImapFlow } from 'imapflow';
import { maxJunkRows } from './expected-rows.ts';
import type { FetchRow } from './fetch-row.ts';
import type { CommandBehind } from './row-reader.ts';

type OnRow = (row: FetchRow | null) => Promise<void> | undefined;

/**
 * The rows of a command that was sent before anybody could know whether they are wanted. What has
 * come waits here; the server is not listened to any further until they are taken or given up.
 */
export class RowsBehind implements CommandBehind {
  /** imapflow's tags are hexadecimal numbers. */
  readonly tag = 'BEHIND';
  readonly #client: ImapFlow;
  readonly #onFlood: () => void;
  readonly #decided: Promise<void>;
  #decide: () => void = () => {};
  #taker: OnRow | null = null;
  #waiting: (FetchRow | null)[] = [];
  #answer: string | null = null;
  #ended: (answer: string) => void = () => {};
  #dropped = false;
  #droppedRows = 0;

  constructor(client: ImapFlow, onFlood: () => void) {
    this.#client = client;
    this.#onFlood = onFlood;
    this.#decided = new Promise((resolve) => {
      this.#decide = resolve;
    });
  }

  get isDropped(): boolean {
    return this.#dropped;
  }

  readonly onRow = (row: FetchRow | null): Promise<void> | undefined => {
    if (this.#taker !== null) return this.#taker(row);
    if (!this.#dropped) {
      this.#waiting.push(row);
      return this.#decided;
    }
    this.#droppedRows += 1;
    if (this.#droppedRows > maxJunkRows) this.#onFlood();
    return undefined;
  };

  readonly onEnd = (answer: string): void => {
    this.#answer = answer;
    this.#ended(answer);
  };

  /** Until the server has answered. @throws as imapflow does for a NO, and when the connection ends */
  async take(onRow: OnRow): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const row of waiting) await onRow(row);
    this.#taker = onRow;
    this.#decide();
    const answer = await this.#answered();
    if (answer === null) {
      const { byeReason: reason } = this.#client;
      throw Object.assign(new Error('closed'), { code: 'NoConnection', reason });
    }
    const [, status = '', text = ''] = /^(\S*)\s*(.*)$/s.exec(answer) ?? [];
    if (status.toUpperCase() === 'OK') return;
    const [, code] = /^\[(\S+?)[\] ]/.exec(text) ?? [];
    throw Object.assign(new Error('refused'), {
      responseStatus: status,
      responseText: text,
      ...(code === undefined ? {} : { serverResponseCode: code.toUpperCase() }),
    });
  }

  /** Null where the connection has ended before. */
  async #answered(): Promise<string | null> {
    if (this.#answer !== null || !this.#client.usable) return this.#answer;
    return new Promise((resolve) => {
      const closed = () => resolve(null);
      this.#client.once('close', closed);
      this.#ended = (answer) => {
        this.#client.off('close', closed);
        resolve(answer);
      };
    });
  }

  /** They are not wanted: what still comes of them is passed over. */
  drop(): void {
    if (this.#taker !== null) return;
    this.#dropped = true;
    this.#waiting = [];
    this.#decide();
  }
}
