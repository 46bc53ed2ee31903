import { rm } from 'node:fs/promises';
import type { MailboxArchive, StoredMessage } from '../../archive/mailbox-archive.ts';
import { NotTaken } from '../../archive/not-taken.ts';
import type { PassEnding } from '../../archive/sync-state.ts';
import type { IncomingMessage } from '../../mail/fetch-connection.ts';
import type { FetchRun } from './fetch-run.ts';

/**
 * What comes of one mailbox on its way into the archive: stored while more is coming, remembered
 * and told from time to time.
 */
export class Storing {
  /** What was offered and not taken, and why. */
  readonly failed = new Map<number, string>();
  /** Where what is fetched again has been until now: a person may have moved it to `cur`. */
  former: ReadonlyMap<number, string> = new Map();
  /** The archive is ready to store. */
  begun: Promise<void> = Promise.resolve();
  saved = 0;
  readonly #run: FetchRun;
  readonly #folder: string;
  readonly #archive: MailboxArchive;
  readonly #underWay = new Set<Promise<void>>();
  #broken: { readonly error: unknown } | null = null;

  constructor(run: FetchRun, folder: string, archive: MailboxArchive) {
    this.#run = run;
    this.#folder = folder;
    this.#archive = archive;
  }

  /** Store a message while the next ones are coming; what it gives is to be waited for by those. */
  storeSoon(message: IncomingMessage): Promise<void> | undefined {
    const { budget } = this.#run;
    this.#go(budget.hold(message.sizeBytes, this.store(message)));
    return budget.room();
  }

  async store(message: IncomingMessage): Promise<void> {
    const { emailId, threadId, labels, ...rest } = message;
    await this.begun;
    try {
      await this.#archive.store({ ...rest, ids: { emailId, threadId, labels } });
    } catch (error) {
      // What a command did not take is not offered again at once.
      if (!(error instanceof NotTaken)) throw error;
      this.failed.set(message.uid, error.message);
    }
  }

  /** Remember what is stored, and tell; while other messages are coming. */
  commitSoon(): void {
    this.#go(this.commit());
  }

  async commit(ending?: PassEnding): Promise<void> {
    await this.begun;
    for (const stored of await this.#archive.commit(ending)) {
      this.saved += 1;
      await removeFormer(this.former.get(stored.uid), stored);
      const uidValidity = this.#archive.state?.uidValidity ?? 0;
      await this.#run.report.saved(this.#folder, uidValidity, stored);
    }
  }

  /** All that came is stored and remembered. */
  async settle(): Promise<void> {
    await this.allStored();
    await this.commit();
  }

  async allStored(): Promise<void> {
    await this.begun;
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    if (this.#broken !== null) throw this.#broken.error;
  }

  /** A failure ends the run: nothing more can be stored, the next message would fare no better. */
  #go(work: Promise<void>): void {
    const going: Promise<void> = work
      .catch((error: unknown) => {
        this.#broken ??= { error };
        this.#run.crew.fail(error);
      })
      .finally(() => this.#underWay.delete(going));
    this.#underWay.add(going);
  }
}

/** When its message is there again, durable: it must not be there twice. */
async function removeFormer(former: string | undefined, { path }: StoredMessage): Promise<void> {
  if (former !== undefined && path !== null && former !== path) await rm(former, { force: true });
}
