import { filesByUid } from '../../archive/files-by-uid.ts';
import { goneDirectory, putAway, takeBack } from '../../archive/gone.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import type { UidSet } from '../../uid-set.ts';
import type { FetchRun } from './fetch-run.ts';
import { followFlags } from './follow-flags.ts';
import { reached } from './followed-changes.ts';
import type { MailboxPass } from './mailbox-pass.ts';
import { naming } from './naming.ts';
import { surelyGone } from './surely-gone.ts';

/** Follow the server: its flags go into the names, and what it no longer has is put away. */
export async function mirrorMailbox(
  run: FetchRun,
  connection: FetchConnection,
  pass: MailboxPass,
): Promise<void> {
  const { mirror } = run.request;
  const { state } = pass.archive;
  if (mirror === null || state === null || pass.opened === null) return;
  const back = state.gone.intersection(pass.present);
  await bringBack(run, pass, back);
  await followFlags(run, connection, pass);
  const gone = await surelyGone(run, connection, pass);
  // An emptied folder may be a mishap over there: it is never the reason to remove mail here.
  const prune = mirror.prune && pass.present.size > 0;
  if (gone !== null && gone.size > 0) await takeAway(run, pass, gone, prune);
  const before = state.gone.minus(back);
  await pass.archive.update({
    // What was removed is fetched again should the server have it again.
    ...(gone === null ? {} : prune ? { stored: state.stored.minus(gone) } : {}),
    gone: prune || gone === null ? before : before.union(gone),
    // In doubt everything is looked at again next time.
    modseq: gone === null ? null : reached(pass.status, pass.opened),
  });
}

/** What was put away, and the server has again: its folder was empty by mistake, or restored. */
async function bringBack(run: FetchRun, pass: MailboxPass, uids: UidSet): Promise<void> {
  if (uids.size === 0) return;
  const { directory } = pass.archive;
  const { uidValidity } = naming(run, pass);
  const away = await filesByUid(pass.archive, uidValidity, {
    wanted: uids,
    directory: goneDirectory(directory),
  });
  const files = [...uids].flatMap((uid) => away.get(uid) ?? []);
  const moved = await takeBack(directory, files);
  for (const { uid, path } of moved) {
    await run.app.output.row({ type: 'returned' as const, ...naming(run, pass), uid, path }, null);
  }
  await tell(run, `${pass.status.path}: ${moved.length} are on the server again, and here, too`);
}

async function takeAway(
  run: FetchRun,
  pass: MailboxPass,
  gone: UidSet,
  prune: boolean,
): Promise<void> {
  const { directory } = pass.archive;
  const { uidValidity } = naming(run, pass);
  const files = await filesByUid(pass.archive, uidValidity, { wanted: gone });
  const there = [...gone].flatMap((uid) => files.get(uid) ?? []);
  const moved = await putAway(directory, there, { prune });
  for (const { uid, path } of moved) {
    await run.app.output.row({ type: 'gone' as const, ...naming(run, pass), uid, path }, null);
  }
  const word = prune ? 'removed' : `moved to ${goneDirectory(directory)}`;
  await tell(run, `${pass.status.path}: ${moved.length} gone from the server, ${word}`);
}

async function tell({ app }: FetchRun, text: string): Promise<void> {
  if (app.output.format === 'table') await app.output.raw(`${text}\n`);
}
