import { isLarge, type Window } from '../../archive/windows.ts';
import { errorText, Failure } from '../../errors.ts';
import type {
  ComingMessages,
  FetchConnection,
  IncomingMessage,
  SizedMessage,
} from '../../mail/fetch-connection.ts';
import type { FetchOptions } from '../../mail/message-fetch.ts';
import type { Task } from '../../terminal/progress.ts';
import type { Totals } from '../../terminal/progress-line.ts';
import { UidSet } from '../../uid-set.ts';
import type { FetchRun } from './fetch-run.ts';
import type { Storing } from './storing.ts';

/** So few messages come at once, without asking for their sizes first: one round trip less. */
export const fewMessages = 200;
/** Of those, what is larger comes in a second go. */
const maxBytesAtOnce = 128 << 10;

/** What a row without a body leaves behind. */
const bytesPerRow = 200;

/** Messages of one mailbox on their way from the server; what does not come is noted. */
export class Download {
  /** Bytes of each message the server has described and not sent. */
  sizes = new Map<number, number>();
  readonly came = new Set<number>();
  /** What has to be tried once more, and why. */
  readonly again = new Map<number, string>();
  /** What was asked for while the mailbox was being opened. */
  coming: ComingMessages | null = null;
  readonly #run: FetchRun;
  readonly #folder: string;
  readonly #storing: Storing;
  #task: Task | null = null;

  constructor(run: FetchRun, folder: string, storing: Storing) {
    this.#run = run;
    this.#folder = folder;
    this.#storing = storing;
  }

  /** Null asks for the sizes of all there are. */
  async askSizes(connection: FetchConnection, uids: UidSet | null): Promise<void> {
    this.tellProgress({});
    const sizes = await connection.sizes(uids);
    this.#run.budget.passed(sizes.size * bytesPerRow);
    for (const [uid, sizeBytes] of this.sizes) sizes.set(uid, sizeBytes);
    this.sizes = sizes;
  }

  /** How few messages are asked for, all in one go. */
  get fewOptions(): FetchOptions {
    const { portion } = this.#run.request;
    const expectedBytes = fewMessages * maxBytesAtOnce;
    return { portion, maxBytesEach: maxBytesAtOnce, expectedBytes };
  }

  /** Few messages, or all there are: what fits comes at once, the size of the rest is noted. */
  async fetchFew(connection: FetchConnection, uids: UidSet | null): Promise<void> {
    this.tellProgress({ messages: uids?.size ?? connection.exists });
    let left = uids;
    if (await this.#takeComing(connection, uids)) {
      if (uids === null) return;
      left = uids.minus(UidSet.of([...this.came, ...this.sizes.keys()]));
      if (left.size === 0) return;
    }
    await this.#unlessRefused(connection, () =>
      connection.fetch(left, this.fewOptions, (one) => this.#takeOrNote(one)),
    );
  }

  /**
   * False where nothing has come of what was asked for while the mailbox was being opened. Nothing
   * of it is unwanted: where that had to be found out, it was given up for the asking.
   */
  async #takeComing(connection: FetchConnection, uids: UidSet | null): Promise<boolean> {
    const { coming } = this;
    this.coming = null;
    // All there are is more than what was asked for.
    if (coming === null || (uids === null && coming.uids !== null)) return false;
    await this.#unlessRefused(connection, () => coming.take((one) => this.#takeOrNote(one)));
    return this.came.size + this.sizes.size > 0;
  }

  #takeOrNote(one: IncomingMessage | SizedMessage): Promise<void> | undefined {
    if ('content' in one) return this.#take(one);
    this.sizes.set(one.uid, one.sizeBytes);
    return undefined;
  }

  /** These messages may be refused, or garbled; they are asked for in another way then. */
  async #unlessRefused(connection: FetchConnection, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isOfMessages(error) || !connection.usable) throw error;
    }
  }

  async fetchWindow(connection: FetchConnection, { uids, sizeBytes }: Window): Promise<void> {
    const left = uids.filter((uid) => !this.came.has(uid));
    const [only] = left;
    if (only === undefined) return;
    let reason = 'the server did not send it';
    const isAlone = uids.length === 1 && this.#run.request.portion === 'whole';
    try {
      if (isAlone && isLarge({ sizeBytes })) {
        await this.#fetchLarge(connection, { uid: only, sizeBytes });
      } else reason = (await this.#fetchTogether(connection, left, sizeBytes)) ?? reason;
    } catch (error) {
      if (!isOfMessages(error) || !connection.usable) throw error;
      reason = errorText(error);
    }
    for (const uid of left) if (!this.came.has(uid)) this.again.set(uid, reason);
    // Nobody asks for these any more; of a window that is begun anew only what has not come.
    for (const uid of uids) this.came.delete(uid);
  }

  tellProgress(total: Totals): void {
    this.#task?.done();
    this.#task = this.#run.app.progress.start(this.#folder, total);
  }

  /** Nothing more will come. */
  done(): void {
    this.#task?.done();
  }

  async #fetchLarge(connection: FetchConnection, only: SizedMessage): Promise<void> {
    const message = await connection.fetchInPieces(only);
    if (message === null) return;
    // Pulled from the connection as it is written.
    await this.#storing.store({ ...message, content: this.#counted(message.content) });
    this.came.add(only.uid);
    this.#task?.advance({ messages: 1 });
  }

  /** Gives why the answer broke off, where it did. */
  async #fetchTogether(
    connection: FetchConnection,
    uids: readonly number[],
    expectedBytes: number,
  ): Promise<string | null> {
    const { portion } = this.#run.request;
    const options = { portion, maxBytesEach: null, expectedBytes };
    const { brokenOff } = await connection.fetch(UidSet.of(uids), options, (one) =>
      'content' in one ? this.#take(one) : undefined,
    );
    return brokenOff?.message ?? null;
  }

  #take(message: IncomingMessage): Promise<void> | undefined {
    this.came.add(message.uid);
    this.#task?.advance({ messages: 1, bytes: message.sizeBytes });
    return this.#storing.storeSoon(message);
  }

  async *#counted(content: IncomingMessage['content']): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      this.#run.budget.passed(piece.byteLength);
      this.#task?.advance({ bytes: piece.byteLength });
      yield piece;
    }
  }
}

/** The server refuses or garbles these messages; the connection is as good as before. */
function isOfMessages(error: unknown): boolean {
  return error instanceof Failure && ['refused', 'protocol'].includes(error.kind);
}
