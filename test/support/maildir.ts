import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

export interface Delivery {
  /** IMAP system flags, such as `\Seen`. */
  flags?: readonly string[];
  /** Default: now. */
  internalDate?: Date;
}

const infos = new Map([
  ['\\Draft', 'D'],
  ['\\Flagged', 'F'],
  ['\\Answered', 'R'],
  ['\\Seen', 'S'],
  ['\\Deleted', 'T'],
]);

/** The mail folders of one IMAP server, written as files, without asking the server. */
export class MailFiles {
  readonly #root: string;
  readonly #owner: { uid: number; gid: number };
  #delivered = 0;

  constructor(root: string, owner: { uid: number; gid: number }) {
    this.#root = root;
    this.#owner = owner;
    this.makeDirectory(root);
  }

  home(user: string): string {
    return join(this.#root, user);
  }

  mailbox(user: string, name: string): string {
    return join(this.home(user), 'mail', ...name.split('/'));
  }

  create(user: string, name: string): void {
    for (const part of ['cur', 'new', 'tmp']) {
      this.makeDirectory(join(this.mailbox(user, name), part));
    }
  }

  /** Adds a message as the newest one: a later delivery gets a higher UID. */
  deliver(user: string, name: string, message: Buffer, delivery: Delivery = {}): void {
    const directory = this.mailbox(user, name);
    if (!existsSync(join(directory, 'cur'))) this.create(user, name);
    this.#delivered += 1;
    // Dovecot numbers new messages in the order of the time that their names begin with.
    const unique = `${1_700_000_000 + this.#delivered}.M0P1.sandbox,S=${message.length}`;
    const info = (delivery.flags ?? []).map((flag) => {
      const letter = infos.get(flag);
      if (letter === undefined) throw new Error(`no system flag: ${flag}`);
      return letter;
    });
    const temporary = join(directory, 'tmp', unique);
    writeFileSync(temporary, message);
    this.#own(temporary);
    if (delivery.internalDate) {
      utimesSync(temporary, delivery.internalDate, delivery.internalDate);
    }
    renameSync(temporary, join(directory, 'cur', `${unique}:2,${info.sort().join('')}`));
  }

  /** Makes the server forget all UIDs of a mailbox, so that it gets a new UIDVALIDITY. */
  renumber(user: string, name: string): void {
    const directory = this.mailbox(user, name);
    for (const file of readdirSync(directory)) {
      if (/^dovecot[.-](index|uidlist)/.test(file)) rmSync(join(directory, file));
    }
  }

  /** Like `mkdir -p`, and every directory made belongs to the owner of the mail. */
  makeDirectory(directory: string): void {
    if (existsSync(directory)) return;
    if (directory !== this.#root) this.makeDirectory(dirname(directory));
    mkdirSync(directory, { mode: 0o700 });
    this.#own(directory);
  }

  #own(path: string): void {
    if (process.getuid?.() === 0) chownSync(path, this.#owner.uid, this.#owner.gid);
  }
}
