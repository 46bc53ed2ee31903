import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import { numberedParts, type Part } from '../mail/body-structure.ts';
import { parseHeaderLines } from '../mail/header-lines.ts';
import type { Correspondence, MessageSummary, OpenMailbox } from '../mail/message.ts';
import { readHtml, readMessageText } from '../mail/message-text.ts';
import type { MailSession } from '../mail/session.ts';
import { openPager, type Pager } from '../terminal/pager.ts';
import { printableLines } from '../terminal/printable.ts';
import { wrapLines } from '../terminal/wrap.ts';
import type { App } from './app.ts';
import { messageRow } from './columns.ts';
import type { FoundMessages } from './message-names.ts';
import { writePart, writeRaw } from './show-bytes.ts';
import { describePart, formatBlocks, formatHeaderLines, formatMessage } from './show-text.ts';

/** What of a message is shown. */
export type ShowMode =
  | { readonly name: 'text' | 'headers' | 'html' | 'raw' }
  | { readonly name: 'part'; readonly part: string };

export interface ShowingOptions {
  readonly app: App;
  readonly session: MailSession;
  readonly account: Account;
  readonly mode: ShowMode;
  readonly paged: boolean;
}

interface Message extends MessageSummary, Correspondence {
  readonly mailbox: OpenMailbox;
  /** Null where the server cannot tell. */
  readonly structure: Part | null;
}

/** More headers than anybody reads; the rest is left on the server, and said so. */
const maxHeaderBytes = 1 << 20;
/** Lines longer than this are hard to read, however wide the terminal. */
const widestText = 100;
/** How many are asked about at once; the first one should not wait for the last. */
const batchSize = 50;

/** Messages shown one after the other, and in the end which of them could not be. */
export class Showing {
  readonly #options: ShowingOptions;
  readonly #pager: Pager | null;
  readonly #absent: string[] = [];
  readonly #failures: { readonly where: string; readonly failure: Failure }[] = [];
  #whereToLook = 'mailctl list';
  #shown = 0;
  #attempted = 0;
  #incomplete = 0;

  private constructor(options: ShowingOptions, pager: Pager | null) {
    this.#options = options;
    this.#pager = pager;
  }

  static async start(options: ShowingOptions): Promise<Showing> {
    const { app, paged } = options;
    const read = paged && app.output.format === 'table';
    return new Showing(options, read ? await openPager(app.system) : null);
  }

  async messages(found: FoundMessages): Promise<void> {
    if ('absent' in found) {
      this.#absent.push(found.absent);
      return;
    }
    const { mailbox, uids } = found;
    const missing: number[] = [];
    for (let start = 0; start < uids.length; start += batchSize) {
      missing.push(...(await this.#batch(mailbox, uids.slice(start, start + batchSize))));
    }
    if (missing.length === 0) return;
    this.#absent.push(`${missing.join(', ')} in ${mailbox.path}`);
    this.#whereToLook = `mailctl list --folder ${mailbox.path}`;
  }

  /** Waits for the person to have read. */
  async close(): Promise<void> {
    await this.#pager?.close();
  }

  /** @throws Failure 'not-found' | 'incomplete' where not all was shown */
  judge(): void {
    if (this.#absent.length > 0) {
      throw new Failure('not-found', `there is no message ${this.#absent.join('; ')}`, {
        hint: this.#whereToLook,
      });
    }
    const [only] = this.#failures;
    if (only !== undefined && this.#attempted === 1) throw only.failure;
    for (const { where, failure } of this.#failures) {
      this.#options.app.tell(`mailctl: ${where}: ${failure.message}`);
    }
    const incomplete = this.#incomplete + this.#failures.length;
    if (incomplete > 0) {
      throw new Failure('incomplete', `${incomplete} could not be shown, or not all of it`, {
        hint: 'what the server has: mailctl show --raw',
      });
    }
  }

  /** Gives back the UIDs that are not there. */
  async #batch(mailbox: OpenMailbox, uids: readonly number[]): Promise<number[]> {
    const { session, mode } = this.#options;
    const summaries = new Map((await session.summaries(uids)).map((one) => [one.uid, one]));
    const there = [...summaries.keys()];
    const raw = mode.name === 'raw';
    const structures = raw ? null : await session.structures(there);
    const letters = raw ? null : await session.correspondence(there);
    for (const uid of uids) {
      const summary = summaries.get(uid);
      if (summary === undefined) continue;
      const structure = structures?.get(uid) ?? null;
      const letter = letters?.get(uid) ?? unknownCorrespondence;
      await this.#tryOne({ ...summary, ...letter, mailbox, structure });
    }
    return uids.filter((uid) => !summaries.has(uid));
  }

  /** What is wrong with one message is told in the end; the others are shown all the same. */
  async #tryOne(message: Message): Promise<void> {
    this.#attempted += 1;
    try {
      await this.#one(message);
    } catch (error) {
      const own =
        error instanceof Failure && ['protocol', 'not-found', 'usage'].includes(error.kind);
      if (!own) throw error;
      this.#failures.push({ where: place(message), failure: error });
    }
  }

  async #one(message: Message): Promise<void> {
    const { app, session, mode } = this.#options;
    const { uid, structure } = message;
    if (mode.name === 'raw') return writeRaw(app, session, uid);
    const json = app.output.format === 'json' && mode.name !== 'part';
    const headers =
      mode.name === 'headers'
        ? parseHeaderLines(await session.headerBlock(uid, maxHeaderBytes))
        : null;
    if (headers !== null && !json) return this.#print(message, formatHeaderLines(headers));

    const content = await session.content(uid, structure);
    if (mode.name === 'part') return writePart(app, content, { uid, number: mode.part });
    const html = mode.name === 'html' ? await readHtml(content) : null;
    if (mode.name === 'html' && !json) {
      if (html !== null) return this.#print(message, html);
      throw new Failure('not-found', `message ${place(message)} has no HTML`, {
        hint: `mailctl show '${place(message)}'`,
      });
    }
    const text = await readMessageText(content);
    if (text.incomplete) this.#incomplete += 1;
    if (!json) return this.#print(message, formatMessage(message, content.root, text));
    const {
      sender,
      replyTo,
      bcc,
      inReplyTo,
      references,
      mailbox,
      structure: _,
      ...summary
    } = message;
    const row = {
      ...messageRow(this.#options.account, mailbox, summary),
      ...{ sender, replyTo, bcc, inReplyTo, references, headers },
      text: formatBlocks(text.blocks),
      html,
      parts: numberedParts(content.root).map(describePart),
      problems: text.problems,
    };
    await app.output.row(row, null);
  }

  async #print(message: Message, text: string): Promise<void> {
    const { app, mode } = this.#options;
    const { stdout } = app.system;
    const safe = printableLines(text);
    const width = Math.min(stdout.columns ?? 80, widestText);
    const table = app.output.format === 'table';
    // Source is not broken: what was one line should be one again.
    const fitted = table && mode.name !== 'html' ? wrapLines(safe, width) : safe;
    const rule = `${'─'.repeat(4)} ${place(message)} `.padEnd(width, '─');
    const before = this.#shown === 0 ? '' : table ? `\n${printableLines(rule)}\n\n` : '\n';
    this.#shown += 1;
    const all = `${before}${fitted}\n`;
    await (this.#pager?.write(all) ?? app.output.raw(all));
  }
}

function place({ mailbox, uid }: Message): string {
  return `${mailbox.path}/${uid}`;
}

const unknownCorrespondence: Correspondence = {
  sender: [],
  replyTo: [],
  bcc: [],
  inReplyTo: null,
  references: [],
};
