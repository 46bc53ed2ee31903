import { join } from 'node:path';
import { filesByUid } from '../../archive/files-by-uid.ts';
import { goneDirectory, putAway, takeBack } from '../../archive/gone.ts';
import { setMaildirFlags } from '../../archive/maildir.ts';
import { errorCode, Failure } from '../../errors.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import { syncDirectory } from '../../system/files.ts';
import { UidSet } from '../../uid-set.ts';
import { reached, resumePoint } from './followed-changes.ts';
import type { MailboxPass } from './mailbox-pass.ts';
import type { FetchRun } from './run.ts';
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

async function followFlags(
  run: FetchRun,
  connection: FetchConnection,
  pass: MailboxPass,
): Promise<void> {
  const { archive } = pass;
  const flags = await changedFlags(connection, pass);
  if (flags.size === 0) return;
  const { uidValidity } = naming(run, pass);
  const files = await filesByUid(archive, uidValidity, { wanted: UidSet.of(flags.keys()) });
  let changed = 0;
  for (const [uid, now] of flags) {
    const file = files.get(uid);
    if (file === undefined) continue;
    const path = await setMaildirFlags(archive.directory, file, now).catch(unlessMovedAway);
    if (path === null || path === file.path) continue;
    changed += 1;
    const row = { type: 'flags' as const, ...naming(run, pass), uid, path, flags: now };
    await run.app.output.row(row, null);
  }
  if (changed === 0) return;
  for (const name of ['cur', 'new']) await syncDirectory(join(archive.directory, name));
}

/** A person may move a file away at the same time. */
function unlessMovedAway(error: unknown): null {
  if (error instanceof Failure && errorCode(error.cause) === 'ENOENT') return null;
  throw error;
}

/** By UID: of what has changed, where that is known, else of every message. */
async function changedFlags(
  connection: FetchConnection,
  pass: MailboxPass,
): Promise<ReadonlyMap<number, readonly string[]>> {
  if (pass.followed !== null) return pass.followed.flags;
  if (pass.present.size === 0) return new Map();
  const since = resumePoint(pass.status, pass.archive.state)?.modseq ?? null;
  if (since !== null && since === pass.status.highestModseq) return new Map();
  const all = () => connection.flags(null);
  if (since === null) return all();
  return connection.flags(since).catch((error: unknown) => {
    // A mailbox without mod-sequences does not take them (RFC 7162 §3.1.2.2).
    if (error instanceof Failure && error.kind === 'refused') return all();
    throw error;
  });
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

/** What rows name a message by. */
function naming({ account }: FetchRun, pass: MailboxPass) {
  const uidValidity = pass.archive.state?.uidValidity ?? 0;
  return { account: account.name, folder: pass.status.path, uidValidity };
}
