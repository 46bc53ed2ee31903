import type { Account } from '../../account/account.ts';
import type { Since } from '../../mail/changes.ts';
import type { ComingMessages, FetchConnection } from '../../mail/fetch-connection.ts';
import type { MailboxStatus } from '../../mail/mailbox-status.ts';
import type { ResumedMailbox } from '../../mail/mailboxes.ts';
import type { FetchOptions } from '../../mail/message-fetch.ts';
import type { UidSet } from '../../uid-set.ts';
import type { App } from '../app.ts';
import type { Budget } from './budget.ts';
import type { Crew } from './crew.ts';
import type { Report } from './report.ts';
import type { FetchRequest } from './request.ts';

/** What the parts of one run share. */
export interface FetchRun {
  readonly app: App;
  readonly account: Account;
  readonly request: FetchRequest;
  readonly crew: Crew;
  readonly budget: Budget;
  readonly report: Report;
  /** Go on without waiting; a failure ends the run, and the run waits for it at its end. */
  inBackground(work: Promise<void>): void;
  /** Open a mailbox on a connection, unless it is open there already; told what changed since. */
  open(
    connection: FetchConnection,
    mailbox: MailboxStatus,
    since?: Since | null,
  ): Promise<ResumedMailbox>;
  /** Open a mailbox, where nothing is to be changed, and ask for messages of it in one go. */
  openAndFetch(
    connection: FetchConnection,
    mailbox: MailboxStatus,
    uids: UidSet | null,
    options: FetchOptions,
  ): Promise<{ readonly opened: ResumedMailbox; readonly coming: ComingMessages | null }>;
}
