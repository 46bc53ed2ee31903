import type { Account } from '../../account/account.ts';
import type { Format } from '../../archive/formats.ts';
import type { StoredMessage } from '../../archive/mailbox-archive.ts';
import { Failure } from '../../errors.ts';
import type { MailboxStatus } from '../../mail/mailbox-status.ts';
import type { App } from '../app.ts';
import type { MailboxPass } from './mailbox-pass.ts';

/** What a run tells: rows for a program, a line for a person, and in cron only of trouble. */
export class Report {
  readonly #app: App;
  readonly #account: Account;
  readonly #mailboxes: number;
  #failed = 0;
  #failedIn = '';
  #withNews = 0;
  #done = 0;

  constructor(app: App, account: Account, mailboxes: number) {
    this.#app = app;
    this.#account = account;
    this.#mailboxes = mailboxes;
  }

  async saved(folder: string, uidValidity: number, stored: StoredMessage): Promise<void> {
    const { uid, path, sizeBytes } = stored;
    const account = this.#account.name;
    const row = { type: 'saved', account, folder, uidValidity, uid, path, sizeBytes } as const;
    await this.#app.output.row(row, null);
  }

  /** A mailbox that was not even opened. */
  async unchanged({ path }: MailboxStatus, skipped: number): Promise<void> {
    await this.#line(path, { saved: 0, skipped, failed: 0 }, '');
  }

  async fetched(pass: MailboxPass, uidValidity: number): Promise<void> {
    const { path: folder } = pass.status;
    const { output } = this.#app;
    for (const [uid, reason] of [...pass.storing.failed].sort(([a], [b]) => a - b)) {
      const account = this.#account.name;
      const row = { type: 'failed', account, folder, uidValidity, uid, reason } as const;
      await output.row(row, null);
      if (output.format !== 'json') this.#app.tell(`mailctl: ${folder} UID ${uid}: ${reason}`);
    }
    if (pass.unnamed > 0) {
      this.#app.tell(
        `mailctl: ${folder}: the server says it has ${pass.unnamed} more messages, and does not show them`,
      );
    }
    const failed = pass.storing.failed.size + pass.unnamed;
    this.#failed += failed;
    if (failed > 0) this.#failedIn = this.#failedIn === '' ? folder : 'the messages';
    const counts = { saved: pass.storing.saved, skipped: pass.skipped, failed };
    await this.#line(folder, counts, this.#whereTo(pass.archive.format));
  }

  async #line(
    folder: string,
    counts: { readonly saved: number; readonly skipped: number; readonly failed: number },
    whereTo: string,
  ): Promise<void> {
    const { output } = this.#app;
    const news = counts.saved === 0 ? 'nothing new' : `${counts.saved} new${whereTo}`;
    if (counts.saved > 0) this.#withNews += 1;
    this.#done += 1;
    // Of many folders a person wants to read of those where something happened. What is new and
    // could not be had is told as that.
    const told = counts.saved > 0 || (this.#mailboxes === 1 && counts.failed === 0);
    const text = output.format === 'table' && told ? `${folder}: ${news}` : null;
    await output.row({ type: 'fetched' as const, folder, ...counts }, text);
  }

  #whereTo(format: Format): string {
    if (format === 'ndjson') return ''; // it is there to be seen
    return format === 'pipe' ? ' given to the command' : ` in ${this.#account.archive}`;
  }

  async end(): Promise<void> {
    const { output } = this.#app;
    if (this.#mailboxes === 1 || this.#withNews > 0 || output.format !== 'table') return;
    if (this.#failed > 0 || this.#done === 0 || this.#done < this.#mailboxes) return;
    await output.raw(`${this.#mailboxes} folders: nothing new\n`);
  }

  /** @throws Failure 'incomplete' */
  throwIncomplete(): void {
    if (this.#failed === 0) return;
    throw new Failure('incomplete', `${this.#failed} of ${this.#failedIn} could not be fetched`, {
      hint: 'run the same command again: what was stored is kept',
    });
  }
}
