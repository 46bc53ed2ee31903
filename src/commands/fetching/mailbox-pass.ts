import { rm } from 'node:fs/promises';
import type { MailboxArchive, StoredMessage } from '../../archive/mailbox-archive.ts';
import { NotTaken } from '../../archive/not-taken.ts';
import { setAside } from '../../archive/set-aside.ts';
import { filesHere } from '../../archive/still-here.ts';
import type { PassEnding, SyncState } from '../../archive/sync-state.ts';
import { isLarge, windows } from '../../archive/windows.ts';
import { errorText, Failure } from '../../errors.ts';
import type { Since } from '../../mail/changes.ts';
import type {
  FetchConnection,
  IncomingMessage,
  SizedMessage,
} from '../../mail/fetch-connection.ts';
import type { MailboxStatus } from '../../mail/mailbox-status.ts';
import type { ResumedMailbox } from '../../mail/mailboxes.ts';
import type { OpenMailbox } from '../../mail/message.ts';
import { maxMessages } from '../../mail/ranges.ts';
import type { Task } from '../../terminal/progress.ts';
import type { Totals } from '../../terminal/progress-line.ts';
import { UidSet } from '../../uid-set.ts';
import { applyAfterwards } from './afterwards.ts';
import type { Job } from './crew.ts';
import { type FollowedChanges, followedChanges, resumePoint } from './followed-changes.ts';
import { forgetOthers, whyDoubtful } from './gone-back.ts';
import { mirrorMailbox } from './mirror.ts';
import { arrivals, everyUid } from './presence.ts';
import { recognise } from './recognise.ts';
import { changesServer, wantsAll } from './request.ts';
import type { FetchRun } from './run.ts';
import { confirmed } from './same-messages.ts';

/** So few messages come at once, without asking for their sizes first: one round trip less. */
const fewMessages = 200;
/** Of those, what is larger comes in a second go. */
const maxBytesAtOnce = 128 << 10;
/** More than this that is named and not described is not asked for one by one. */
const maxUndescribed = 1000;

/**
 * One mailbox in one run: what is missing is found out, cut into windows, fetched by whichever
 * connection is free, and stored. What does not come is tried once more, each by itself, and then
 * named.
 */
export class MailboxPass {
  readonly status: MailboxStatus;
  readonly archive: MailboxArchive;
  readonly failed = new Map<number, string>();
  opened: ResumedMailbox | null = null;
  /** What the server has told of changes; null where all of it must be looked at. */
  followed: FollowedChanges | null = null;
  /** The server is not where it was: what it does not have now it may have again. */
  wentBack = false;
  /** What ended this mailbox, when others go on. */
  failure: Failure | null = null;
  /** How many messages the server says it has and does not name, or names and does not describe. */
  unnamed = 0;
  saved = 0;
  skipped = 0;
  readonly #run: FetchRun;
  readonly #again = new Map<number, string>();
  /** Where what is fetched again has been until now: a person may have moved it to `cur`. */
  #former: ReadonlyMap<number, string> = new Map();
  readonly #came = new Set<number>();
  readonly #storing = new Set<Promise<void>>();
  #broken: { readonly error: unknown } | null = null;
  #task: Task | null = null;
  #sizes = new Map<number, number>();
  #windowsLeft = 0;
  #present = UidSet.empty;
  /** How many are there that are not in `present`, as all of them are stored. */
  #presentBefore = 0;
  #uidValidity = 0;
  /** The archive is ready to store. */
  #begun = Promise.resolve();

  constructor(run: FetchRun, status: MailboxStatus, archive: MailboxArchive) {
    this.#run = run;
    this.status = status;
    this.archive = archive;
  }

  /** The first job; it makes the others. */
  job(): Job {
    return this.#job(0, (connection) => this.#begin(connection));
  }

  #job(bytes: number, work: (connection: FetchConnection) => Promise<void>): Job {
    return {
      mailbox: this.status.path,
      bytes,
      run: async (connection) => {
        if (this.failure !== null) return;
        try {
          await work(connection);
        } catch (error) {
          // One mailbox that cannot be had must not take the others with it.
          if (!isOfMailbox(error) || !connection.usable) throw error;
          this.failure = error;
          this.#task?.done();
        }
      },
    };
  }

  async #begin(connection: FetchConnection): Promise<void> {
    const { request } = this.#run;
    const opened = await this.#open(connection, this.since);
    this.opened = opened;
    const { state } = this.archive;
    const renumbered = state !== null && state.uidValidity !== opened.uidValidity;
    const known = renumbered ? await recognise(this.#run, connection, this.archive, opened) : [];
    await this.archive.begin(opened.uidValidity, known);
    if (state !== null && !renumbered) await this.#distrust(connection, opened, state);
    if (this.#run.request.refetch) this.#former = await filesHere(this.archive);
    const all = wantsAll(request.selection) && !request.refetch;
    const nothingHere = all && !renumbered && (this.archive.state?.stored.size ?? 0) === 0;
    if (nothingHere && (await this.archive.leftovers()).size === 0) {
      return this.#fetchEverything(connection, opened);
    }
    const steady = !renumbered && !this.wentBack;
    this.followed = steady ? followedChanges(opened, this.status, state) : null;
    const counted = all && steady && request.mirror === null;
    const arrived = counted && !changesServer(request.afterwards) ? arrivals(state, opened) : null;
    this.#present = this.followed?.present ?? arrived ?? (await this.#selected(connection));
    const missing = await this.archive.missing(this.#present, async (found) => {
      const { theirs, others } = await confirmed(connection, this.archive, found);
      await setAside(others);
      return theirs;
    });
    const wanted = request.refetch ? this.#present : missing;
    if (wanted.size > maxMessages) throw tooMany(this.status.path);
    if (arrived !== null) this.#presentBefore = opened.messages - arrived.size;
    this.skipped = this.#presentMessages - wanted.size;
    await this.#plan(connection, wanted, wanted);
  }

  /** UIDs may be those of other messages by now. `state` is what was remembered before this run. */
  async #distrust(
    connection: FetchConnection,
    opened: OpenMailbox,
    state: SyncState,
  ): Promise<void> {
    const { server } = this.archive;
    const why = whyDoubtful(this, opened, state, server);
    if (why !== null) {
      this.wentBack = true;
      await forgetOthers(this.#run, connection, this, { opened, why });
    } else if (state.server === null) {
      await this.archive.update({ server });
    }
  }

  /** A mailbox nothing was stored of: what is there is what is wanted. */
  async #fetchEverything(connection: FetchConnection, opened: OpenMailbox): Promise<void> {
    if (opened.messages > 0) {
      const listed = opened.messages > fewMessages ? await connection.sizes(null) : null;
      if (listed === null) await this.#fetchFew(connection, null);
      else for (const { uid, sizeBytes } of listed) this.#sizes.set(uid, sizeBytes);
    }
    const came = UidSet.of([...this.#sizes.keys(), ...this.#came]);
    // Rows are dropped without a word where they cannot be read: were there as many as there are?
    const enough = came.size >= Math.max(opened.messages, this.status.messages ?? 0);
    this.#present = enough ? came : (await this.#all(connection)).union(came);
    if (this.#present.size > maxMessages) throw tooMany(this.status.path);
    const left = this.#present.minus(came);
    await this.#plan(connection, this.#present, left.size > fewMessages ? left : UidSet.empty);
  }

  async #all(connection: FetchConnection): Promise<UidSet> {
    const { uids, unnamed } = await everyUid(connection, this.status.path);
    this.unnamed = unnamed;
    return uids;
  }

  async #selected(connection: FetchConnection): Promise<UidSet> {
    const { expression, uids } = this.#run.request.selection;
    const onStep = (text: string) => this.#run.app.log.info('search', { text });
    const found =
      expression === null
        ? await this.#all(connection)
        : await connection.search(expression, onStep);
    return uids === null ? found : found.intersection(uids);
  }

  /** Cut what is wanted into windows; `ask` is what the server has not told the sizes of yet. */
  async #plan(connection: FetchConnection, wanted: UidSet, ask: UidSet): Promise<void> {
    const { limit, maxSizeBytes } = this.#run.request.selection;
    let left = wanted;
    if (limit !== null) left = UidSet.of([...left].slice(-limit));
    const asked = ask.intersection(left);
    if (asked.size > 0) {
      if (
        asked.size <= fewMessages &&
        maxSizeBytes === null &&
        this.#run.request.portion === 'whole'
      ) {
        await this.#fetchFew(connection, asked);
      } else {
        for (const { uid, sizeBytes } of await connection.sizes(asked)) {
          this.#sizes.set(uid, sizeBytes);
        }
      }
    }
    const sized: SizedMessage[] = [];
    for (const [uid, sizeBytes] of [...this.#sizes].sort(([a], [b]) => a - b)) {
      if (this.#came.has(uid) || !left.has(uid)) continue;
      if (maxSizeBytes !== null && sizeBytes > maxSizeBytes) this.skipped += 1;
      else sized.push({ uid, sizeBytes });
    }
    const described = UidSet.of([...this.#sizes.keys(), ...this.#came]);
    const undescribed = left.minus(described);
    if (undescribed.size > maxUndescribed) this.unnamed += undescribed.size;
    else for (const uid of undescribed) this.#again.set(uid, 'the server did not describe it');
    this.#sizes = new Map();
    const header = this.#run.request.portion === 'header';
    const cut = [...windows(header ? sized.map(({ uid }) => ({ uid, sizeBytes: 4096 })) : sized)];
    this.#windowsLeft = cut.length;
    if (cut.length === 0) return this.#finish(connection);
    this.#tellProgress(totals(sized));
    this.#run.crew.add(
      cut.map((window) => this.#windowJob(window)),
      { urgent: true },
    );
  }

  #windowJob(window: readonly SizedMessage[]): Job {
    const bytes = window.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return this.#job(bytes, async (connection) => {
      await this.#open(connection);
      await this.#fetchWindow(connection, window);
      this.#windowsLeft -= 1;
      if (this.#windowsLeft > 0) this.#commitSoon();
      else await this.#finish(connection);
    });
  }

  async #fetchWindow(
    connection: FetchConnection,
    messages: readonly SizedMessage[],
  ): Promise<void> {
    const left = messages.filter(({ uid }) => !this.#came.has(uid));
    const [only] = left;
    if (only === undefined) return;
    const { portion } = this.#run.request;
    let reason = 'the server did not send it';
    try {
      if (left.length === 1 && isLarge(only) && portion === 'whole') {
        const message = await connection.fetchInPieces(only);
        if (message !== null) {
          // Pulled from the connection as it is written.
          await this.#store({ ...message, content: this.#counted(message.content) });
          this.#came.add(only.uid);
          this.#task?.advance({ messages: 1 });
        }
      } else {
        const expectedBytes = left.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        const uids = UidSet.of(left.map(({ uid }) => uid));
        const options = { portion, maxBytesEach: null, expectedBytes };
        const { brokenOff } = await connection.fetch(uids, options, (one) => this.#take(one));
        if (brokenOff !== null) reason = brokenOff.message;
      }
    } catch (error) {
      if (!isOfMessages(error) || !connection.usable) throw error;
      reason = errorText(error);
    }
    for (const { uid } of left) if (!this.#came.has(uid)) this.#again.set(uid, reason);
  }

  async *#counted(content: IncomingMessage['content']): AsyncGenerator<Uint8Array> {
    for await (const piece of content) {
      this.#run.budget.passed(piece.byteLength);
      this.#task?.advance({ bytes: piece.byteLength });
      yield piece;
    }
  }

  /** Few messages: what fits comes at once, the size of the rest is noted. */
  async #fetchFew(connection: FetchConnection, uids: UidSet | null): Promise<void> {
    this.#tellProgress({ messages: uids?.size ?? connection.exists });
    const { portion } = this.#run.request;
    const expectedBytes = fewMessages * maxBytesAtOnce;
    const options = { portion, maxBytesEach: maxBytesAtOnce, expectedBytes };
    try {
      await connection.fetch(uids, options, (one) => {
        if ('content' in one) return this.#take(one);
        this.#sizes.set(one.uid, one.sizeBytes);
        return undefined;
      });
    } catch (error) {
      if (!isOfMessages(error) || !connection.usable) throw error;
    }
  }

  #tellProgress(total: Totals): void {
    this.#task?.done();
    this.#task = this.#run.app.progress.start(this.status.path, total);
  }

  /** Store a message while the next ones are coming, unless too many of them wait for the disk. */
  #take(message: IncomingMessage | SizedMessage): Promise<void> | undefined {
    if (!('content' in message)) return undefined;
    this.#came.add(message.uid);
    this.#task?.advance({ messages: 1, bytes: message.sizeBytes });
    const storing: Promise<void> = this.#run.budget
      .hold(message.sizeBytes, this.#store(message))
      .catch((error: unknown) => this.#break(error))
      .finally(() => this.#storing.delete(storing));
    this.#storing.add(storing);
    return this.#run.budget.room();
  }

  async #store(message: IncomingMessage): Promise<void> {
    const { emailId, threadId, labels, ...rest } = message;
    await this.#begun;
    try {
      await this.archive.store({ ...rest, ids: { emailId, threadId, labels } });
    } catch (error) {
      // What a command did not take is not offered again at once.
      if (!(error instanceof NotTaken)) throw error;
      this.failed.set(message.uid, error.message);
    }
  }

  /** Nothing more can be stored: the next message would fare no better. */
  #break(error: unknown): void {
    this.#broken ??= { error };
    this.#run.crew.fail(error);
  }

  /** Remember what is stored, and tell; while other messages are coming. */
  #commitSoon(): void {
    const committing: Promise<void> = this.commit()
      .catch((error: unknown) => this.#break(error))
      .finally(() => this.#storing.delete(committing));
    this.#storing.add(committing);
  }

  async commit(ending?: PassEnding): Promise<void> {
    for (const stored of await this.archive.commit(ending)) {
      this.saved += 1;
      await removeFormer(this.#former.get(stored.uid), stored);
      await this.#run.report.saved(this.status.path, this.#uidValidity, stored);
    }
  }

  /** All that came is stored and remembered. */
  async settle(): Promise<void> {
    await this.#stored();
    await this.commit();
  }

  async #stored(): Promise<void> {
    await this.#begun;
    while (this.#storing.size > 0) await Promise.all(this.#storing);
    if (this.#broken !== null) throw this.#broken.error;
  }

  /** The last window has come. What needs no connection any more does not keep one waiting. */
  async #finish(connection: FetchConnection): Promise<void> {
    const { mirror, afterwards } = this.#run.request;
    if (this.#again.size === 0 && mirror === null && !changesServer(afterwards)) {
      this.#run.inBackground(this.#end());
      return;
    }
    await this.settle();
    await this.#tryAgain(connection);
    await this.settle();
    await mirrorMailbox(this.#run, connection, this);
    await applyAfterwards(this.#run, connection, this);
    await this.#end();
  }

  async #end(): Promise<void> {
    await this.#stored();
    this.#task?.done();
    const { selection, afterwards } = this.#run.request;
    const whole = wantsAll(selection) && !changesServer(afterwards) && this.unnamed === 0;
    // STATUS and the open mailbox may disagree: then it is opened again next time.
    const agreed = this.status.messages === this.#presentMessages;
    await this.commit({
      counts: whole && agreed ? this.status : null,
      present: this.#present,
      failures: [...this.failed].map(([uid, reason]) => ({ uid, reason })),
    });
    await this.archive.close();
    await this.#run.report.fetched(this, this.#uidValidity);
  }

  /**
   * Once more, each by itself: one bad message must not take its window with it. What the server
   * has deleted meanwhile was never missed; what it names only now was told under a wrong UID.
   */
  async #tryAgain(connection: FetchConnection): Promise<void> {
    if (this.#again.size === 0) return;
    const there = await connection.uids();
    const { selection, refetch } = this.#run.request;
    if (wantsAll(selection) && !refetch) {
      const late = there.minus(this.#present).minus(this.archive.state?.stored ?? UidSet.empty);
      this.#present = this.#present.intersection(there).union(late);
      if (late.size <= maxUndescribed) {
        for (const uid of late) this.#again.set(uid, 'the server did not send it');
      }
    }
    for (const [uid, reason] of [...this.#again]) {
      this.#again.delete(uid);
      if (!there.has(uid)) continue;
      const sizes = await connection.sizes(UidSet.of([uid]));
      const message = sizes[0];
      if (message === undefined) this.failed.set(uid, reason);
      else await this.#fetchWindow(connection, [message]);
    }
    for (const [uid, reason] of this.#again) this.failed.set(uid, reason);
  }

  /** The messages this run is about, as far as they are stored. */
  get stored(): UidSet {
    return this.#present.intersection(this.archive.state?.stored ?? UidSet.empty);
  }

  get #presentMessages(): number {
    return this.#presentBefore + this.#present.size;
  }

  /** Every message the server has; known when the whole mailbox was asked for. */
  get present(): UidSet {
    return this.#present;
  }

  set present(uids: UidSet) {
    this.#present = uids;
  }

  /** From where on the server is asked for changes; null where it has to be looked at as a whole. */
  get since(): Since | null {
    return this.#run.request.mirror === null ? null : resumePoint(this.status, this.archive.state);
  }

  async #open(connection: FetchConnection, since: Since | null = null): Promise<ResumedMailbox> {
    const opened = await this.#run.open(connection, this.status, since);
    if (this.#uidValidity !== 0 && this.#uidValidity !== opened.uidValidity) {
      throw new Failure('temporary', `the server has renumbered ${this.status.path} just now`, {
        hint: 'run the same command again: what was stored is kept',
      });
    }
    this.#uidValidity = opened.uidValidity;
    return opened;
  }
}

/** When its message is there again, durable: it must not be there twice. */
async function removeFormer(former: string | undefined, { path }: StoredMessage): Promise<void> {
  if (former !== undefined && path !== null && former !== path) await rm(former, { force: true });
}

function totals(messages: readonly SizedMessage[]): Totals {
  return {
    messages: messages.length,
    bytes: messages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

function tooMany(path: string): Failure {
  return new Failure('protocol', `the server says ${path} holds more messages than can be true`, {
    hint: 'nothing was fetched of it; try again later',
  });
}

/** The server refuses or garbles these messages; the connection is as good as before. */
function isOfMessages(error: unknown): boolean {
  return error instanceof Failure && ['refused', 'protocol'].includes(error.kind);
}

function isOfMailbox(error: unknown): error is Failure {
  return error instanceof Failure && ['not-found', 'refused', 'protocol'].includes(error.kind);
}
