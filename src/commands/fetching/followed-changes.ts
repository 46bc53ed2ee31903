import type { SyncState } from '../../archive/sync-state.ts';
import type { Since } from '../../mail/changes.ts';
import { isAtLeast, type MailboxStatus } from '../../mail/mailbox-status.ts';
import type { ResumedMailbox } from '../../mail/mailboxes.ts';
import type { OpenMailbox } from '../../mail/message.ts';
import { UidSet } from '../../uid-set.ts';

/** What the server has told of a mailbox since the archive followed it last (RFC 7162). */
export interface FollowedChanges {
  /** Every message it has now. */
  readonly present: UidSet;
  /** Of stored messages with other flags than then. */
  readonly flags: ReadonlyMap<number, readonly string[]>;
}

/** From where on a mailbox can be followed; null where nothing is known to begin with. */
export function resumePoint(status: MailboxStatus, state: SyncState | null): Since | null {
  if (state === null || state.modseq === null) return null;
  if (status.highestModseq !== null && !isAtLeast(status.highestModseq, state.modseq)) return null;
  return { uidValidity: state.uidValidity, modseq: state.modseq };
}

/**
 * What the changes come to. They are believed where they add up: what was here, without what has
 * vanished, with what is new, must be as many messages as STATUS and the open mailbox say there
 * are. A row that got lost, or a VANISHED of what is still there, does not add up; then null, and
 * every message is looked for.
 */
export function followedChanges(
  { changes, messages }: ResumedMailbox,
  status: MailboxStatus,
  state: SyncState | null,
): FollowedChanges | null {
  if (changes === null || state === null) return null;
  const failed = UidSet.of(state.failures.map(({ uid }) => uid));
  const before = state.stored.minus(state.gone).union(failed);
  const present = before.minus(changes.vanished).union(UidSet.of(changes.flags.keys()));
  if (present.size !== messages || messages !== (status.messages ?? messages)) return null;
  // What is new comes with its flags, as they are then.
  const flags = new Map([...changes.flags].filter(([uid]) => state.stored.has(uid)));
  return { present, flags };
}

/**
 * The mod-sequence up to which everything was told. STATUS and EXAMINE may come from copies of the
 * server that are not alike: the lower one, so that what one of them has not told yet comes next
 * time. Null where the mailbox has none.
 */
export function reached(status: MailboxStatus, opened: OpenMailbox): string | null {
  const [one, other] = [status.highestModseq, opened.highestModseq];
  if (one === null || other === null) return one ?? other;
  return isAtLeast(one, other) ? other : one;
}
