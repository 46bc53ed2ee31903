import type { MailboxArchive } from '../../archive/mailbox-archive.ts';
import { setAside } from '../../archive/set-aside.ts';
import { filesHere } from '../../archive/still-here.ts';
import type { SyncState } from '../../archive/sync-state.ts';
import type { Window } from '../../archive/windows.ts';
import { Failure } from '../../errors.ts';
import type { Since } from '../../mail/changes.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import type { MailboxStatus } from '../../mail/mailbox-status.ts';
import type { ResumedMailbox } from '../../mail/mailboxes.ts';
import type { OpenMailbox } from '../../mail/message.ts';
import { maxMessages } from '../../mail/ranges.ts';
import { UidSet } from '../../uid-set.ts';
import { applyAfterwards } from './afterwards.ts';
import type { Job } from './crew.ts';
import { Download, fewMessages } from './download.ts';
import type { FetchRun } from './fetch-run.ts';
import { isOfFolder } from './folder-failures.ts';
import { type FollowedChanges, followedChanges, resumePoint } from './followed-changes.ts';
import { forgetOthers, keepOthers, whyDoubtful } from './gone-back.ts';
import { leftToFetch } from './left-to-fetch.ts';
import { mirrorMailbox } from './mirror.ts';
import { arrivals, everyUid, likelyFew } from './presence.ts';
import { recognise } from './recognise.ts';
import { changesServer, wantsAll } from './request.ts';
import { confirmed } from './same-messages.ts';
import { maxUndescribed, secondTry } from './second-try.ts';
import { Storing } from './storing.ts';

/**
 * One mailbox in one run: what is missing is found out, cut into windows, fetched by whichever
 * connection is free, and stored. What does not come is tried once more, each by itself, and then
 * named.
 */
export class MailboxPass {
  readonly status: MailboxStatus;
  readonly archive: MailboxArchive;
  readonly storing: Storing;
  opened: ResumedMailbox | null = null;
  /** What the server has told of changes; null where all of it must be looked at. */
  followed: FollowedChanges | null = null;
  /** The server is not where it was: what it does not have now it may have again. */
  wentBack = false;
  /** What ended this mailbox, when others go on. */
  failure: Failure | null = null;
  /** How many messages the server says it has and does not name, or names and does not describe. */
  unnamed = 0;
  skipped = 0;
  /** Every message the server has; known when the whole mailbox was asked for. */
  present = UidSet.empty;
  readonly #run: FetchRun;
  readonly #download: Download;
  /** How many are there that are not in `present`, as all of them are stored. */
  #presentBefore = 0;
  #windowsLeft = 0;
  #uidValidity = 0;

  constructor(run: FetchRun, status: MailboxStatus, archive: MailboxArchive) {
    this.#run = run;
    this.status = status;
    this.archive = archive;
    this.storing = new Storing(run, status.path, archive);
    this.#download = new Download(run, status.path, this.storing);
  }

  /** The first job; it makes the others. */
  job(): Job {
    return this.#job(0, (connection) => this.#begin(connection));
  }

  /** The messages this run is about, as far as they are stored. */
  get stored(): UidSet {
    return this.present.intersection(this.archive.state?.stored ?? UidSet.empty);
  }

  /** From where on the server is asked for changes; null where it has to be looked at as a whole. */
  get since(): Since | null {
    return this.#run.request.mirror === null ? null : resumePoint(this.status, this.archive.state);
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
          if (!isOfFolder(error) || !connection.usable) throw error;
          this.failure = error;
          this.#download.done();
        }
      },
    };
  }

  async #begin(connection: FetchConnection): Promise<void> {
    const { request } = this.#run;
    const opened = await this.#openFirst(connection);
    this.opened = opened;
    const { state } = this.archive;
    const renumbered = state !== null && state.uidValidity !== opened.uidValidity;
    const known = renumbered ? await recognise(this.#run, connection, this.archive, opened) : [];
    const all = wantsAll(request.selection) && !request.refetch;
    this.storing.begun = this.archive.begin(opened.uidValidity, known);
    this.storing.begun.catch(() => {}); // whoever stores is told
    // Where nothing can be here the server is asked at once.
    if (all && this.archive.isNew) return this.#fetchEverything(connection, opened);
    await this.storing.begun;
    if (state !== null && !renumbered) await this.#distrust(connection, opened, state);
    const nothingHere = all && !renumbered && (this.archive.state?.stored.size ?? 0) === 0;
    if (nothingHere && (await this.archive.leftovers()).size === 0) {
      return this.#fetchEverything(connection, opened);
    }
    const steady = !renumbered && !this.wentBack;
    this.followed = steady ? followedChanges(opened, this.status, state) : null;
    const counted = all && steady && request.mirror === null;
    const arrived = counted && !changesServer(request.afterwards) ? arrivals(state, opened) : null;
    this.present = this.followed?.present ?? arrived ?? (await this.#selected(connection));
    if (arrived !== null) this.#presentBefore = opened.messages - arrived.size;
    if (request.refetch) {
      await keepOthers(this.#run, connection, this);
      this.storing.former = await filesHere(this.archive);
    }
    const missing = await this.archive.missing(this.present, async (found) => {
      const { theirs, others } = await confirmed(connection, this.archive, found);
      await setAside(others);
      return theirs;
    });
    const wanted = request.refetch ? this.present : missing;
    if (wanted.size > maxMessages) throw tooMany(this.status.path);
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
    const download = this.#download;
    if (opened.messages > fewMessages) await download.askSizes(connection, null);
    else if (opened.messages > 0) await download.fetchFew(connection, null);
    const came = UidSet.of([...download.sizes.keys(), ...download.came]);
    // Rows are dropped without a word where they cannot be read: were there as many as there are?
    const enough = came.size >= Math.max(opened.messages, this.status.messages ?? 0);
    this.present = enough ? came : (await this.#all(connection)).union(came);
    if (this.present.size > maxMessages) throw tooMany(this.status.path);
    const left = this.present.minus(came);
    await this.#plan(connection, this.present, left.size > fewMessages ? left : UidSet.empty);
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
    const { selection, portion } = this.#run.request;
    const { limit, maxSizeBytes } = selection;
    const { again } = this.#download;
    const left = limit === null ? wanted : UidSet.of([...wanted].slice(-limit));
    const asked = ask.intersection(left);
    const atOnce = asked.size <= fewMessages && maxSizeBytes === null && portion === 'whole';
    if (asked.size > 0 && atOnce) await this.#download.fetchFew(connection, asked);
    else if (asked.size > 0) await this.#download.askSizes(connection, asked);

    const { cut, tooLarge, undescribed } = leftToFetch(left, this.#download, this.#run.request);
    this.skipped += tooLarge;
    if (undescribed.size > maxUndescribed) this.unnamed += undescribed.size;
    else for (const uid of undescribed) again.set(uid, 'the server did not describe it');
    this.#download.sizes.clear();
    this.#windowsLeft = cut.length;
    if (cut.length === 0) return this.#finish(connection);
    this.#download.tellProgress({
      messages: cut.reduce((sum, { uids }) => sum + uids.length, 0),
      bytes: cut.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    });
    this.#run.crew.add(
      cut.map((window) => this.#windowJob(window)),
      { urgent: true },
    );
  }

  #windowJob(window: Window): Job {
    return this.#job(window.sizeBytes, async (connection) => {
      await this.#open(connection);
      await this.#download.fetchWindow(connection, window);
      this.#windowsLeft -= 1;
      if (this.#windowsLeft > 0) this.storing.commitSoon();
      else await this.#finish(connection);
    });
  }

  /** The last window has come. What needs no connection any more does not keep one waiting. */
  async #finish(connection: FetchConnection): Promise<void> {
    const { mirror, afterwards } = this.#run.request;
    if (this.#download.again.size === 0 && mirror === null && !changesServer(afterwards)) {
      this.#run.inBackground(this.#end());
      return;
    }
    await this.storing.settle();
    await secondTry(this.#run, connection, this, this.#download);
    await this.storing.settle();
    await mirrorMailbox(this.#run, connection, this);
    await applyAfterwards(this.#run, connection, this);
    await this.#end();
  }

  async #end(): Promise<void> {
    await this.storing.allStored();
    this.#download.done();
    const whole = wantsAll(this.#run.request.selection) && this.unnamed === 0;
    // STATUS and the open mailbox may disagree: then it is opened again next time.
    const agreed = this.status.messages === this.#presentMessages;
    await this.storing.commit({
      counts: whole && agreed ? this.status : null,
      present: this.present,
      failures: [...this.storing.failed].map(([uid, reason]) => ({ uid, reason })),
    });
    await this.archive.close();
    await this.#run.report.fetched(this, this.#uidValidity);
  }

  get #presentMessages(): number {
    return this.#presentBefore + this.present.size;
  }

  /** With what STATUS lets expect asked for at once, where it is few and nothing else comes first. */
  async #openFirst(connection: FetchConnection): Promise<ResumedMailbox> {
    const { selection, refetch, mirror, afterwards } = this.#run.request;
    const plain = wantsAll(selection) && !refetch && mirror === null && !changesServer(afterwards);
    const uids = plain ? likelyFew(this.archive, this.status, fewMessages) : undefined;
    if (uids === undefined) return this.#open(connection, this.since);
    const { fewOptions } = this.#download;
    const { status } = this;
    const { opened, coming } = await this.#run.openAndFetch(connection, status, uids, fewOptions);
    this.#download.coming = coming;
    return this.#checked(opened);
  }

  async #open(connection: FetchConnection, since: Since | null = null): Promise<ResumedMailbox> {
    return this.#checked(await this.#run.open(connection, this.status, since));
  }

  /** The same mailbox, whichever connection has opened it. */
  #checked(opened: ResumedMailbox): ResumedMailbox {
    if (this.#uidValidity !== 0 && this.#uidValidity !== opened.uidValidity) {
      throw new Failure('temporary', `the server has renumbered ${this.status.path} just now`, {
        hint: 'run the same command again: what was stored is kept',
      });
    }
    this.#uidValidity = opened.uidValidity;
    return opened;
  }
}

function tooMany(path: string): Failure {
  return new Failure('protocol', `the server says ${path} holds more messages than can be true`, {
    hint: 'nothing was fetched of it; try again later',
  });
}
