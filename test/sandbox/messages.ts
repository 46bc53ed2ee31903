import { compose, type Letter } from './letters/compose.ts';
import { inboxLetters } from './letters/inbox.ts';
import {
  archiveLetters,
  draftLetters,
  junkLetters,
  lighthouseLetters,
  sentLetters,
} from './letters/other-folders.ts';
import { calendar, ids } from './letters/people.ts';

export interface SandboxMessage {
  readonly source: Buffer;
  readonly flags: string[];
  readonly internalDate: Date;
}

export interface SandboxFolder {
  readonly path: string;
  readonly specialUse: string | null;
  /** In the order of their UIDs, oldest first. */
  readonly messages: SandboxMessage[];
}

/** The Message-ID of a letter in INBOX with two alternatives and an attachment. */
export const richMessageId = ids.glassArrived;

/** The mailbox of ada@example.org, whose latest letter came shortly before `now`. */
export function sandboxMailbox(now: Date): SandboxFolder[] {
  const dates = calendar(now);
  return [
    folder('INBOX', null, inboxLetters(dates)),
    folder('Archive', '\\Archive', archiveLetters(dates)),
    folder('Drafts', '\\Drafts', draftLetters(dates)),
    folder('Junk', '\\Junk', junkLetters(dates)),
    folder('Projects/Lighthouse', null, lighthouseLetters(dates)),
    folder('Sent', '\\Sent', sentLetters(dates)),
  ];
}

function folder(
  path: string,
  specialUse: string | null,
  letters: readonly Letter[],
): SandboxFolder {
  const deliveryMs = 7_000;
  const messages = letters.map((letter) => ({
    source: compose(letter),
    flags: [...(letter.flags ?? [])],
    internalDate: new Date(letter.at.getTime() + deliveryMs),
  }));
  messages.sort((one, other) => one.internalDate.getTime() - other.internalDate.getTime());
  return { path, specialUse, messages };
}
