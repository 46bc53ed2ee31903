import type { MailboxArchive } from '../../archive/mailbox-archive.ts';
import { setAside } from '../../archive/set-aside.ts';
import { filesHere } from '../../archive/still-here.ts';
import type { SyncState } from '../../archive/sync-state.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import { isAtLeast } from '../../mail/mailbox-status.ts';
import type { OpenMailbox } from '../../mail/message.ts';
import { UidSet } from '../../uid-set.ts';
import type { FetchRun } from './fetch-run.ts';
import { reached } from './followed-changes.ts';
import type { MailboxPass } from './mailbox-pass.ts';
import { everyUid } from './presence.ts';
import { otherMessages } from './same-messages.ts';

/** Messages that came last have the UIDs a server gives a second time. */
const newest = 1000;
const lastUid = 2 ** 32 - 1;

/** Why the UIDs of the memory may be those of other messages by now; null where nothing says so. */
export function whyDoubtful(
  pass: Pick<MailboxPass, 'status'>,
  opened: OpenMailbox,
  state: SyncState,
  server: string,
): 'another server' | 'gone back' | null {
  if (state.server !== null && state.server !== server) return 'another server';
  // A UIDNEXT that is no higher than the count of messages is none.
  const { uidNext, messages } = opened;
  if (uidNext !== null && uidNext > messages && state.stored.last >= uidNext) return 'gone back';
  const now = reached(pass.status, opened);
  const then = [state.modseq, state.complete?.highestModseq ?? null];
  return then.some((one) => one !== null && now !== null && !isAtLeast(now, one))
    ? 'gone back'
    : null;
}

/**
 * A server that was restored from a backup gives UIDs a second time, though it must not (RFC 9051
 * §2.3.1.1), and another server may have the same UIDVALIDITY by chance. What is stored under the
 * UID of another message is forgotten and its file gets another name; what is on the server is
 * fetched then. What has a UID that is still to be given is looked at when it is. Nothing is
 * removed.
 */
export async function forgetOthers(
  run: FetchRun,
  connection: FetchConnection,
  pass: MailboxPass,
  { opened, why }: { readonly opened: OpenMailbox; readonly why: 'another server' | 'gone back' },
): Promise<void> {
  const { archive, status } = pass;
  const { state } = archive;
  if (state === null) return;
  const { uids } = await everyUid(connection, status.path);
  const both = state.stored.intersection(uids);
  const closely = why === 'another server' ? both : UidSet.of([...both].slice(-newest));
  const others = await otherMessages(connection, archive, both, closely);
  const coming = state.stored.intersection(comingUids(opened)).minus(uids);
  await setAside(await filesOf(archive, others));
  const forgotten = others.union(coming);
  await archive.update({
    stored: state.stored.minus(forgotten),
    gone: state.gone.minus(forgotten),
    unsure: state.unsure.union(coming),
    complete: null,
    modseq: null,
    server: archive.server,
  });
  if (forgotten.size === 0) return;
  const because =
    why === 'another server'
      ? `${archive.server} is another server than ${state.server}`
      : 'the server has gone back to an earlier state';
  run.app.tell(
    `mailctl: ${status.path}: ${because}: ${forgotten.size} stored messages are not there under their UIDs any more; they are kept, and what is there now is fetched`,
  );
}

/**
 * What is fetched again takes the place of what is stored, unless that is another message: such a
 * one gets another name and stays. It is forgotten, so that the one there now comes in any case.
 */
export async function keepOthers(
  { app }: FetchRun,
  connection: FetchConnection,
  { archive, present, status }: Pick<MailboxPass, 'archive' | 'present' | 'status'>,
): Promise<void> {
  const { state, kept } = archive;
  const again = kept.intersection(present);
  if (state === null || again.size === 0) return;
  const looking = app.progress.start(status.path);
  const others = await otherMessages(connection, archive, again, again).finally(() =>
    looking.done(),
  );
  const files = await filesOf(archive, others);
  if (files.length === 0) return;
  await setAside(files);
  await archive.update({ stored: state.stored.minus(others), complete: null });
  app.tell(
    `mailctl: ${status.path}: the server has other messages under the UIDs of ${files.length} that are stored; those are kept, and what is there now is fetched`,
  );
}

async function filesOf(archive: MailboxArchive, uids: UidSet): Promise<string[]> {
  if (uids.size === 0) return [];
  const files = await filesHere(archive);
  return [...uids].flatMap((uid) => files.get(uid) ?? []);
}

function comingUids({ uidNext, messages }: OpenMailbox): UidSet {
  const plausible = uidNext !== null && uidNext > messages;
  return (plausible && UidSet.parse(`${uidNext}:${lastUid}`)) || UidSet.empty;
}
