import { join } from 'node:path';
import { filesByUid } from '../../archive/files-by-uid.ts';
import { putAway } from '../../archive/gone.ts';
import { type MaildirFile, setMaildirFlags } from '../../archive/maildir.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import { syncDirectory } from '../../system/files.ts';
import { UidSet } from '../../uid-set.ts';
import type { MailboxPass } from './mailbox-pass.ts';
import type { FetchRun } from './run.ts';

/** Follow the server: its flags go into the names, and what it no longer has is put away. */
export async function mirrorMailbox(
  run: FetchRun,
  connection: FetchConnection,
  pass: MailboxPass,
): Promise<void> {
  const { mirror } = run.request;
  const { state, directory } = pass.archive;
  if (mirror === null || state === null) return;
  const files = await filesByUid(pass.archive, state.uidValidity);
  await followFlags(run, connection, pass, files);
  const gone = await surelyGone(run, connection, pass);
  if (gone.size > 0) {
    const there = [...gone].flatMap((uid) => files.get(uid) ?? []);
    // An emptied folder may be a mishap over there: it is never the reason to remove mail here.
    const prune = mirror.prune && pass.present.size > 0;
    const paths = await putAway(directory, there, { prune });
    for (const [index, { uid }] of there.entries()) {
      const row = { type: 'gone' as const, ...naming(run, pass), uid, path: paths[index] ?? null };
      await run.app.output.row(row, null);
    }
    const word = prune ? 'removed' : `moved to ${join(directory, '.gone')}`;
    const text = `${pass.status.path}: ${there.length} gone from the server, ${word}`;
    if (run.app.output.format === 'table') await run.app.output.raw(`${text}\n`);
  }
  await pass.archive.update({
    gone: state.gone.union(gone),
    modseq: pass.status.highestModseq,
  });
}

async function followFlags(
  run: FetchRun,
  connection: FetchConnection,
  pass: MailboxPass,
  files: ReadonlyMap<number, MaildirFile>,
): Promise<void> {
  const since = pass.status.highestModseq === null ? null : (pass.archive.state?.modseq ?? null);
  if (since !== null && since === pass.status.highestModseq) return;
  if (pass.present.size === 0) return;
  let changed = 0;
  for (const { uid, flags } of await connection.flags(null, since)) {
    const file = files.get(uid);
    if (file === undefined || flags === null) continue;
    const path = await setMaildirFlags(pass.archive.directory, file, flags);
    if (path === file.path) continue;
    changed += 1;
    const row = { type: 'flags' as const, ...naming(run, pass), uid, path, flags };
    await run.app.output.row(row, null);
  }
  if (changed === 0) return;
  for (const name of ['cur', 'new']) await syncDirectory(join(pass.archive.directory, name));
}

/**
 * What is stored and no longer on the server. That a row is missing proves nothing: the server must
 * have named as many messages as it says there are, and deny these when it is asked for them.
 */
async function surelyGone(
  run: FetchRun,
  connection: FetchConnection,
  pass: MailboxPass,
): Promise<UidSet> {
  const { state } = pass.archive;
  if (state === null) return UidSet.empty;
  const absent = state.stored.minus(state.gone).minus(pass.present);
  if (absent.size === 0) return absent;
  const present = await connection.uids();
  if (present.size !== connection.exists) {
    run.app.tell(
      `mailctl: ${pass.status.path}: the server says it has ${connection.exists} messages and names ${present.size}; nothing is put away`,
    );
    return UidSet.empty;
  }
  return absent.minus(present).minus(await connection.existing(absent));
}

/** What rows name a message by. */
function naming({ account }: FetchRun, pass: MailboxPass) {
  const uidValidity = pass.archive.state?.uidValidity ?? 0;
  return { account: account.name, folder: pass.status.path, uidValidity };
}
