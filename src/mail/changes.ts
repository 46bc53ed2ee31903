import { isUid, UidSet } from '../uid-set.ts';
import { type ChangesListener, tokenText, type Untagged } from './imapflow-internals.ts';

/** Where a mailbox was when its changes were last taken over. */
export interface Since {
  readonly uidValidity: number;
  /** Decimal digits (RFC 7162). */
  readonly modseq: string;
}

/** What has changed in a mailbox since then, as the server says when it is opened (RFC 7162 §3.2.5). */
export interface MailboxChanges {
  /** May name messages that never were: of some changes a server only knows what is left. */
  readonly vanished: UidSet;
  /** The flags of each message that is new or has got other ones. */
  readonly flags: ReadonlyMap<number, readonly string[]>;
}

/** More than this is a flood, or so much that it can be asked for like the first time. */
const maxVanishedLength = 4 << 20;
const maxFlagsBytes = 64 << 20;
const bytesPerRow = 64;

/** Where nobody wants to know: only the count of messages is kept up. */
export const unheard: ChangesListener = { vanished: () => {}, row: () => {}, expunged };

/** Gathers changes while a mailbox is being opened, within bounds. */
export class ChangesHeard implements ChangesListener {
  readonly expunged = expunged;
  #vanished = UidSet.empty;
  #vanishedLength = 0;
  #flags = new Map<number, readonly string[]>();
  #flagsBytes = 0;

  vanished(answer: Untagged): void {
    const text = vanishedText(answer);
    this.#vanishedLength += text.length;
    if (this.#tooMuch) return;
    this.#vanished = this.#vanished.union(UidSet.parseLoosely(text) ?? UidSet.empty);
  }

  row(answer: Untagged): void {
    const row = this.#tooMuch ? null : flagsOf(answer);
    if (row === null) return;
    this.#flagsBytes += bytesPerRow + row.flags.join().length;
    if (this.#tooMuch) this.#flags = new Map();
    else this.#flags.set(row.uid, row.flags);
  }

  /** Null where there was too much to keep. */
  get changes(): MailboxChanges | null {
    return this.#tooMuch ? null : { vanished: this.#vanished, flags: this.#flags };
  }

  get #tooMuch(): boolean {
    return this.#vanishedLength > maxVanishedLength || this.#flagsBytes > maxFlagsBytes;
  }
}

function flagsOf({ attributes = [] }: Untagged) {
  const items: unknown = attributes[1];
  if (!Array.isArray(items)) return null;
  const named = (name: string): unknown =>
    items.find((_, index) => index % 2 === 1 && tokenText(items[index - 1]).toUpperCase() === name);
  const uid = Number(tokenText(named('UID')));
  const flags = named('FLAGS');
  return isUid(uid) && Array.isArray(flags) ? { uid, flags: flags.map(tokenText) } : null;
}

/** How many messages an unasked-for VANISHED takes from the open mailbox. */
function expunged({ attributes = [] }: Untagged): number {
  // EARLIER is about messages that were not counted.
  if (Array.isArray(attributes[0])) return 0;
  return UidSet.parseLoosely(vanishedText({ attributes }))?.size ?? 0;
}

function vanishedText({ attributes = [] }: Untagged): string {
  return tokenText(attributes.find((token) => !Array.isArray(token)));
}
