import { join } from 'node:path';
import { filesByUid } from '../../archive/files-by-uid.ts';
import type { IndexEntry } from '../../archive/index-file.ts';
import { setMaildirFlags } from '../../archive/maildir.ts';
import { errorCode, Failure } from '../../errors.ts';
import type { FetchConnection, Marks } from '../../mail/fetch-connection.ts';
import { syncDirectory } from '../../system/files.ts';
import { UidSet } from '../../uid-set.ts';
import type { FetchRun } from './fetch-run.ts';
import { resumePoint } from './followed-changes.ts';
import type { MailboxPass } from './mailbox-pass.ts';
import { naming } from './naming.ts';

/** The server's flags go into the names of files, Gmail's labels into the index. */
export async function followFlags(
  run: FetchRun,
  connection: FetchConnection,
  pass: MailboxPass,
): Promise<void> {
  const { archive } = pass;
  const marks = await changedMarks(connection, pass);
  if (marks.size === 0) return;
  const { uidValidity } = naming(run, pass);
  const files = await filesByUid(archive, uidValidity, { wanted: UidSet.of(marks.keys()) });
  let changed = 0;
  for (const [uid, { flags }] of marks) {
    const file = files.get(uid);
    if (file === undefined || flags === null) continue;
    const path = await setMaildirFlags(archive.directory, file, flags).catch(unlessMovedAway);
    if (path === null || path === file.path) continue;
    changed += 1;
    await run.app.output.row(
      { type: 'flags' as const, ...naming(run, pass), uid, path, flags },
      null,
    );
  }
  if (changed > 0) {
    for (const name of ['cur', 'new']) await syncDirectory(join(archive.directory, name));
  }
  await followLabels(pass, marks);
}

/** Not everything that is a label in Gmail is a folder here. */
async function followLabels(
  { archive }: MailboxPass,
  marks: ReadonlyMap<number, Marks>,
): Promise<void> {
  const labelled = [...marks].filter(([, { labels }]) => labels !== null);
  if (labelled.length === 0) return;
  const index = (await archive.loadIndex()).get(archive.state?.uidValidity ?? 0);
  const changed = labelled.flatMap(([uid, { labels }]): IndexEntry[] => {
    const entry = index?.get(uid);
    const same = entry === undefined || sorted(entry.labels) === sorted(labels);
    return same ? [] : [{ ...entry, labels }];
  });
  await archive.describe(changed);
}

function sorted(labels: readonly string[] | null): string {
  return JSON.stringify([...(labels ?? [])].sort());
}

/** A person may move a file away at the same time. */
function unlessMovedAway(error: unknown): null {
  if (error instanceof Failure && errorCode(error.cause) === 'ENOENT') return null;
  throw error;
}

/** By UID: of what has changed, where that is known, else of every message. */
async function changedMarks(
  connection: FetchConnection,
  pass: MailboxPass,
): Promise<ReadonlyMap<number, Marks>> {
  if (pass.followed !== null) {
    return new Map([...pass.followed.flags].map(([uid, flags]) => [uid, { flags, labels: null }]));
  }
  if (pass.present.size === 0) return new Map();
  const since = resumePoint(pass.status, pass.archive.state)?.modseq ?? null;
  if (since !== null && since === pass.status.highestModseq) return new Map();
  const all = () => connection.marks(null);
  if (since === null) return all();
  return connection.marks(since).catch((error: unknown) => {
    // A mailbox without mod-sequences does not take them (RFC 7162 §3.1.2.2).
    if (error instanceof Failure && error.kind === 'refused') return all();
    throw error;
  });
}
