import { Failure } from '../../errors.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';

/** Work for one connection. It may be begun again on another one when the first is lost. */
export interface Job {
  /** The mailbox it is about: a connection that has it open does it sooner. */
  readonly mailbox: string;
  readonly bytes: number;
  run(connection: FetchConnection): Promise<void>;
}

export interface CrewOptions {
  readonly first: FetchConnection;
  readonly open: () => Promise<FetchConnection>;
  readonly maxConnections: number;
  /** Waits until what was downloaded has been stored, as far as memory asks for it. */
  readonly room: () => Promise<void> | undefined;
  /** Before each job: gives the connection to do it on, this one or one in its place. */
  readonly prepare: (connection: FetchConnection) => Promise<FetchConnection>;
  readonly onFewerConnections: (error: unknown) => void;
}

/** More work than this for each connection is worth another one: it costs some round trips. */
const worthBytes = 1 << 20;
const worthJobs = 3;
const maxTries = 2;

/**
 * Several connections that take jobs from one queue, each the next when it is done, so that one
 * slow job holds up no other. Connections are opened while there is work for them. One that is lost
 * leaves its job to the others; the last one lost ends the run.
 */
export class Crew {
  readonly #options: CrewOptions;
  readonly #queue: { readonly job: Job; readonly tries: number }[] = [];
  readonly #connections = new Set<FetchConnection>();
  readonly #waiting: (() => void)[] = [];
  readonly #workers: Promise<void>[] = [];
  #working = 0;
  #begun = 0;
  #opening = 0;
  #max: number;
  #failure: { readonly error: unknown } | null = null;
  /** Why the last connection was lost. */
  #lost: { readonly error: unknown } | null = null;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#max = options.maxConnections;
  }

  /** More work; also while the crew is running. `urgent` goes before what waits already. */
  add(jobs: readonly Job[], { urgent = false }: { readonly urgent?: boolean } = {}): void {
    const entries = jobs.map((job) => ({ job, tries: 0 }));
    if (urgent) this.#queue.unshift(...entries);
    else this.#queue.push(...entries);
    this.#wake();
  }

  /** About how much waits: a job that does not know brings as much as those begun before. */
  bytesToCome(bytesSoFar: number): number {
    const usual = bytesSoFar / Math.max(1, this.#begun);
    return this.#queue.reduce((sum, { job }) => sum + (job.bytes > 0 ? job.bytes : usual), 0);
  }

  /** Stop everything with this error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    for (const connection of this.#connections) connection.close();
    this.#wake();
  }

  /** Until there is no work any more. @throws what ended it */
  async run(): Promise<void> {
    this.#employ(this.#options.first);
    // Workers start others, so there may be more when the first ones have ended.
    for (let index = 0; index < this.#workers.length; index += 1) await this.#workers[index];
    if (this.#failure === null && this.#queue.length > 0) this.#failure = this.#lost;
    this.throwFailure();
  }

  /** @throws what `fail` was told */
  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  #employ(connection: FetchConnection): void {
    this.#workers.push(this.#work(connection));
  }

  async #work(first: FetchConnection): Promise<void> {
    let connection = first;
    this.#connections.add(connection);
    let mailbox = '';
    while (this.#failure === null) {
      const entry = this.#next(mailbox);
      if (entry === null) {
        if (this.#working === 0 && this.#opening === 0) break;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        continue;
      }
      this.#working += 1;
      this.#grow();
      try {
        await this.#options.room();
        const prepared = await this.#options.prepare(connection);
        if (prepared !== connection) {
          this.#leave(connection);
          connection = prepared;
          this.#connections.add(connection);
          this.throwFailure();
        }
        mailbox = entry.job.mailbox;
        this.#begun += 1;
        await entry.job.run(connection);
      } catch (error) {
        if (!this.#survives(connection, entry, error)) break;
      } finally {
        this.#working -= 1;
        this.#wake();
      }
    }
    this.#leave(connection);
    this.#wake();
  }

  #leave(connection: FetchConnection): void {
    this.#connections.delete(connection);
    connection.close();
  }

  /** Whether this connection goes on. Only the loss of one among several does not end the run. */
  #survives(
    connection: FetchConnection,
    { job, tries }: { readonly job: Job; readonly tries: number },
    error: unknown,
  ): boolean {
    const lost = error instanceof Failure && error.kind === 'temporary' && !connection.usable;
    const others = this.#connections.size > 1 || this.#opening > 0;
    if (!lost || !others || tries + 1 >= maxTries || this.#failure !== null) this.fail(error);
    else {
      this.#lost = { error };
      this.#queue.unshift({ job, tries: tries + 1 });
    }
    return false;
  }

  /** The next job, one of the mailbox that is open already if there is one. */
  #next(mailbox: string): { readonly job: Job; readonly tries: number } | null {
    const same = this.#queue.findIndex(({ job }) => job.mailbox === mailbox);
    return this.#queue.splice(Math.max(0, same), 1)[0] ?? null;
  }

  #grow(): void {
    const employed = this.#connections.size + this.#opening;
    const bytes = this.#queue.reduce((sum, { job }) => sum + job.bytes, 0);
    const worth =
      this.#queue.length >= worthJobs * employed ||
      (this.#queue.length >= employed && bytes >= worthBytes * employed);
    if (!worth || employed >= this.#max || this.#failure !== null) return;
    this.#opening += 1;
    this.#workers.push(
      this.#options
        .open()
        .then(
          (connection) => {
            if (this.#failure !== null || this.#queue.length === 0) connection.close();
            else this.#employ(connection);
          },
          (error: unknown) => {
            // A server that takes no more is no failure: there is one connection at least.
            this.#max = Math.max(1, this.#connections.size);
            this.#options.onFewerConnections(error);
          },
        )
        .finally(() => {
          this.#opening -= 1;
          this.#wake();
        }),
    );
    this.#grow();
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }
}
