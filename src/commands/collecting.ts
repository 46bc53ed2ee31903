import type { Account } from '../account/account.ts';
import { AttachmentFolder } from '../archive/attachment-folder.ts';
import { attachmentName } from '../archive/attachment-name.ts';
import { errorText, Failure } from '../errors.ts';
import {
  type Attachment,
  type AttachmentFilter,
  attachments,
  namelessFile,
  smallBytes,
  together,
} from '../mail/attachment.ts';
import type { OpenMailbox } from '../mail/message.ts';
import type { MessageContent } from '../mail/message-content.ts';
import type { MailSession } from '../mail/session.ts';
import { decodeTransfer, decodeTransferStream } from '../mail/transfer-encoding.ts';
import type { Column } from '../terminal/table.ts';
import type { App } from './app.ts';
import { type AttachmentRow, attachmentColumns } from './attachment-columns.ts';
import type { FoundMessages } from './message-names.ts';

export interface CollectingOptions {
  readonly app: App;
  readonly session: MailSession;
  readonly account: Account;
  readonly filter: AttachmentFilter;
  readonly to?: string | undefined;
  readonly list?: true | undefined;
  readonly force?: true | undefined;
  readonly limit?: number | undefined;
}

/** How many messages are described at once; the first attachment should not wait for the last. */
const batchSize = 100;

/** Attachments listed, or saved one after the other, and in the end which of them could not be. */
export class Collecting {
  readonly #options: CollectingOptions;
  /** Null where they are only listed. */
  readonly #folder: AttachmentFolder | null;
  readonly #rows: AttachmentRow[] = [];
  /** What a person calls them, also those that have no name of their own. */
  readonly #names = new Map<AttachmentRow, string>();
  readonly #absent: string[] = [];
  #several = false;
  #failed = 0;

  private constructor(options: CollectingOptions, folder: AttachmentFolder | null) {
    this.#options = options;
    this.#folder = folder;
  }

  static async start(options: CollectingOptions): Promise<Collecting> {
    const { to, list, force } = options;
    const folder =
      to === undefined || list === true
        ? null
        : await AttachmentFolder.open(to, { overwrite: force === true });
    return new Collecting(options, folder);
  }

  /** @throws Failure 'incomplete' | 'not-found' in the end, where not all was saved */
  async all(found: AsyncIterable<FoundMessages>): Promise<void> {
    let folder: string | null = null;
    try {
      for await (const one of found) {
        if ('absent' in one) {
          this.#absent.push(one.absent);
          continue;
        }
        this.#several ||= folder !== null && folder !== one.mailbox.path;
        folder = one.mailbox.path;
        await this.#messages(one.mailbox, one.uids);
        if (this.#full) break;
      }
    } finally {
      await this.#folder?.sync();
      await this.#table(); // what was saved is told, also where the disk is full by now
    }
    this.#judge();
  }

  get #full(): boolean {
    return this.#rows.length >= (this.#options.limit ?? Number.POSITIVE_INFINITY);
  }

  async #messages(mailbox: OpenMailbox, uids: readonly number[]): Promise<void> {
    const { app, session } = this.#options;
    const task = app.progress.start(mailbox.path, { messages: uids.length });
    for (let start = 0; start < uids.length && !this.#full; start += batchSize) {
      const batch = uids.slice(start, start + batchSize);
      const structures = await session.structures(batch);
      for (const uid of batch) {
        if (this.#full) break;
        await this.#message(mailbox, uid, () => session.content(uid, structures.get(uid) ?? null));
        task.advance({ messages: 1 });
      }
    }
    task.done();
  }

  async #message(
    mailbox: OpenMailbox,
    uid: number,
    open: () => Promise<MessageContent>,
  ): Promise<void> {
    const { app, filter } = this.#options;
    let content: MessageContent;
    try {
      content = await open();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.kind === 'not-found') this.#absent.push(`${uid} in ${mailbox.path}`);
      else if (error.kind !== 'protocol') throw error;
      else {
        app.tell(`mailctl: ${mailbox.path}/${uid}: ${errorText(error)}`);
        this.#failed += 1;
      }
      return;
    }
    const room = (this.#options.limit ?? Number.POSITIVE_INFINITY) - this.#rows.length;
    const wanted = attachments(content.root, uid, filter).slice(0, room);
    const row = ({ part, sizeBytes }: Attachment): AttachmentRow => ({
      type: 'attachment',
      account: this.#options.account.name,
      ...{ folder: mailbox.path, uidValidity: mailbox.uidValidity, uid },
      ...{ part: part.part, mediaType: part.type, filename: part.filename, sizeBytes },
      ...{ path: null, problem: null },
    });
    for (const batch of this.#folder === null ? [wanted] : together(wanted)) {
      const saved =
        this.#folder === null ? [] : await this.#save(this.#folder, uid, content, batch);
      for (const [index, attachment] of batch.entries()) {
        const told = { ...row(attachment), ...saved[index] };
        this.#names.set(told, attachment.name);
        await this.#told(told);
      }
    }
  }

  /** What became of each: where it is, or why it is not. */
  async #save(
    folder: AttachmentFolder,
    uid: number,
    content: MessageContent,
    batch: readonly Attachment[],
  ): Promise<Pick<AttachmentRow, 'path' | 'problem' | 'sizeBytes'>[]> {
    const small =
      batch.length === 1
        ? null
        : await content.read(
            batch.map(({ part }) => part),
            smallBytes,
          );
    const files = batch.map(({ part, name }) => {
      const bytes = small?.get(part.section);
      // An empty part may be answered by nothing at all.
      const empty = bytes === undefined && part.sizeBytes === 0;
      // Only what has exactly the size it should have is believed to be whole.
      const whole = bytes !== undefined && bytes.length === part.sizeBytes;
      return {
        name: attachmentName(name, namelessFile(part, uid)),
        content: whole
          ? [decodeTransfer(bytes, part.encoding)]
          : empty
            ? []
            : decodeTransferStream(content.stream(part), part.encoding),
      };
    });
    return (await folder.save(files)).map((one, index) => {
      if ('path' in one) return { ...one, problem: null };
      const { error } = one;
      if (!(error instanceof Failure) || error.kind !== 'protocol') throw error;
      this.#failed += 1;
      this.#options.app.tell(`mailctl: UID ${uid}: ${batch[index]?.name}: ${errorText(error)}`);
      return { path: null, problem: errorText(error), sizeBytes: null };
    });
  }

  async #told(row: AttachmentRow): Promise<void> {
    this.#rows.push(row);
    const { output } = this.#options.app;
    // A table has to know all of its rows.
    if (output.format !== 'table') await output.rows([row], this.#columns);
  }

  async #table(): Promise<void> {
    const { output } = this.#options.app;
    if (output.format === 'table') await output.rows(this.#rows, this.#columns);
  }

  get #columns(): readonly Column<AttachmentRow>[] {
    return attachmentColumns({
      listed: this.#folder === null,
      several: this.#several,
      nameOf: (row) => this.#names.get(row) ?? '',
    });
  }

  #judge(): void {
    if (this.#failed > 0) {
      throw new Failure('incomplete', `${this.#failed} could not be saved`, {
        hint: 'run the same command again: what was saved is recognised',
      });
    }
    if (this.#absent.length > 0) {
      throw new Failure('not-found', `there is no message ${this.#absent.join('; ')}`);
    }
  }
}
