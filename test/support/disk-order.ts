import { dirname } from 'node:path';
import { UidSet } from '../../src/uid-set.ts';
import { parseStrace, type SystemCall } from './strace-log.ts';

/** What strace has to write down for `judgeOrder`, beside `-y`: nothing of it may be cut short. */
export const straceOptions = [
  ...['-f', '-y', '-qq', '-s', String(64 << 20), '--seccomp-bpf', '-e'],
  `trace=${[
    ...['openat', 'write', 'pwrite64', 'writev', 'pwritev', 'ftruncate', 'close'],
    ...['fsync', 'fdatasync', 'sync', 'syncfs'],
    ...['mkdir', 'rename', 'renameat', 'renameat2', 'link', 'linkat', 'unlink'],
  ].join()}`,
];

export interface Judgement {
  /** The `saved` rows that were seen on stdout. */
  readonly saved: number;
  /** What a power cut could have taken although it was told as saved. */
  readonly violations: readonly string[];
}

/**
 * Whether a run that begins with no archive keeps to the order in which nothing is lost that it has
 * told as saved, whenever the power goes. What is synced is on the disk; of all else any part may
 * be: so each thing must have been synced before that begins which counts on it.
 *
 * bytes of a message → its name → its row in the index → a memory with its UID → the row on stdout;
 * and a folder's name before a memory of anything in it.
 */
export function judgeOrder(log: string): Judgement {
  const disk = new Disk(parseStrace(log));
  const rows = savedRows(disk.calls);
  return { saved: rows.length, violations: rows.flatMap((row) => violationsOf(row, disk)) };
}

interface SavedRow {
  readonly uid: number;
  readonly path: string;
  readonly begins: number;
}

/** A name that was made, or given to another file. */
interface NewName {
  readonly path: string;
  /** What it was called before. */
  readonly from: string | null;
  readonly begins: number;
  readonly ends: number;
}

const never = Number.POSITIVE_INFINITY;

class Disk {
  readonly calls: readonly SystemCall[];
  readonly names: readonly NewName[];
  readonly folders: readonly NewName[];
  readonly #writes: ReadonlyMap<string, readonly SystemCall[]>;
  readonly #syncs: readonly SystemCall[];
  /** Of files: what they did not take to the disk once is gone, whatever a later sync says. */
  readonly #failed: ReadonlySet<string>;
  readonly #memories = new Map<string, readonly Memory[]>();

  constructor(calls: readonly SystemCall[]) {
    this.calls = calls;
    const syncs = calls.filter(({ name }) => /sync/.test(name));
    this.#syncs = syncs.filter(({ result }) => result === 0);
    this.#failed = new Set(syncs.flatMap(({ result, file }) => (result === 0 ? [] : [file ?? ''])));
    const done = calls.filter(({ result }) => result >= 0);
    this.#writes = writesByFile(done);
    this.names = done.flatMap((call) => newName(call) ?? []);
    this.folders = done.flatMap((call) =>
      call.name === 'mkdir' ? [{ ...call, path: call.texts[0] ?? '', from: null }] : [],
    );
  }

  writes(path: string): readonly SystemCall[] {
    return this.#writes.get(path) ?? [];
  }

  /** From when on what was done to a file, or to the names in a folder, until then is on the disk. */
  syncedAt(path: string, since: number): number {
    if (this.#failed.has(path)) return never;
    const sync = this.#syncs.find(
      ({ name, file, begins }) =>
        // An archive is in one file system.
        begins > since && (file === path || name === 'sync' || name === 'syncfs'),
    );
    return sync?.ends ?? never;
  }

  /** Those of a mailbox's folder, oldest first. */
  memories(box: string): readonly Memory[] {
    const known = this.#memories.get(box) ?? memoriesIn(box, this);
    this.#memories.set(box, known);
    return known;
  }

  nameSyncedAt({ path, ends }: NewName): number {
    return this.syncedAt(dirname(path), ends);
  }
}

function writesByFile(done: readonly SystemCall[]): Map<string, SystemCall[]> {
  const writes = new Map<string, SystemCall[]>();
  for (const call of done) {
    if (call.file === null || !/write|truncate/.test(call.name)) continue;
    const earlier = writes.get(call.file);
    if (earlier === undefined) writes.set(call.file, [call]);
    else earlier.push(call);
  }
  return writes;
}

function newName({ name, args, texts, begins, ends }: SystemCall): NewName | null {
  const [first = '', second] = texts;
  if (name === 'openat' && args.includes('O_CREAT')) {
    return { path: first, from: null, begins, ends };
  }
  if (!/^(rename|link)/.test(name) || second === undefined) return null;
  return { path: second, from: first, begins, ends };
}

function savedRows(calls: readonly SystemCall[]): SavedRow[] {
  const rows: SavedRow[] = [];
  let line = '';
  for (const { name, args, texts, result, begins } of calls) {
    if (!/^writev?$/.test(name) || !/^1</.test(args)) continue;
    const lines = (line + texts.join('').slice(0, Math.max(0, result))).split('\n');
    line = lines.pop() ?? '';
    for (const one of lines) {
      const { type, uid, path } = JSON.parse(one);
      if (type === 'saved') rows.push({ uid, path, begins });
    }
  }
  return rows;
}

interface Memory {
  readonly named: NewName;
  readonly stored: UidSet;
  readonly position: number | null;
}

function violationsOf(row: SavedRow, disk: Disk): string[] {
  const { uid, path } = row;
  const box = path.replace(/(\/(new|cur))?\/[^/]*$/, '');
  const memory = disk.memories(box).find(({ stored }) => stored.has(uid));
  if (memory === undefined) return [`${path}, UID ${uid}: told without being remembered`];
  const { begins } = memory.named;
  const wrong: string[] = path.endsWith('.mbox')
    ? mboxViolations(path, memory, disk)
    : fileViolations(path, memory, disk);
  if (indexedAt(disk, box, uid) > begins) wrong.push('remembered before its row was synced');
  for (const folder of disk.folders) {
    const holds = path.startsWith(`${folder.path}/`);
    if (holds && disk.nameSyncedAt(folder) > begins) {
      wrong.push(`remembered before the name of ${folder.path} was synced`);
    }
  }
  if (textSyncedAt(disk, memory.named) > begins) {
    wrong.push('the memory was renamed before its bytes were synced');
  }
  if (disk.nameSyncedAt(memory.named) > row.begins) {
    wrong.push('told before the name of the memory was synced');
  }
  return wrong.map((sentence) => `${path}, UID ${uid}: ${sentence}`);
}

function fileViolations(path: string, memory: Memory, disk: Disk): string[] {
  const named = disk.names.find((name) => name.path === path);
  if (named === undefined) return ['no such name was given'];
  const wrong: string[] = [];
  if (named.from === null || textSyncedAt(disk, named) > named.begins) {
    wrong.push('renamed before its bytes were synced');
  }
  if (disk.writes(path).length > 0) wrong.push('written after it was renamed');
  if (disk.nameSyncedAt(named) > memory.named.begins) {
    wrong.push('remembered before its name was synced');
  }
  return wrong;
}

/** Of the file that has got a name, under the one it had before. */
function textSyncedAt(disk: Disk, { from }: NewName): number {
  const last = disk.writes(from ?? '').at(-1);
  return last === undefined ? never : disk.syncedAt(from ?? '', last.ends);
}

/** As many messages must be on the disk as are remembered, up to where the memory says they end. */
function mboxViolations(path: string, memory: Memory, disk: Disk): string[] {
  const wrong: string[] = [];
  const named = disk.names.find((name) => name.path === path);
  if (named === undefined || disk.nameSyncedAt(named) > memory.named.begins) {
    wrong.push('remembered before the name of its mbox was synced');
  }
  let synced = '';
  for (const write of disk.writes(path)) {
    if (disk.syncedAt(path, write.ends) > memory.named.begins) break;
    synced =
      write.name === 'ftruncate'
        ? synced.slice(0, Number(/, (\d+)$/.exec(write.args)?.[1]))
        : synced + write.texts.join('').slice(0, write.result);
  }
  const remembered = synced.slice(0, memory.position ?? 0);
  const messages = remembered.match(/^From /gm)?.length ?? 0;
  const whole = remembered.length === memory.position && remembered.endsWith('\n\n');
  if (!whole || messages !== memory.stored.size) {
    wrong.push('remembered before its bytes were synced');
  }
  return wrong;
}

const memoryName = /^\.mailctl(-\w+)?\.json$/;
const indexName = /^\.mailctl(-\w+)?\.index$/;

function memoriesIn(box: string, disk: Disk): Memory[] {
  return disk.names.flatMap((named) => {
    const name = nameIn(box, named.path);
    if (named.from === null || name === null || !memoryName.test(name)) return [];
    const text = disk.writes(named.from).flatMap(({ texts }) => texts);
    const { stored, position } = JSON.parse(text.join(''));
    return [{ named, stored: UidSet.parse(stored) ?? UidSet.empty, position }];
  });
}

/** When the row that describes a message was on the disk. */
function indexedAt(disk: Disk, box: string, uid: number): number {
  for (const { path } of disk.names) {
    const name = nameIn(box, path);
    if (name === null || !indexName.test(name)) continue;
    const write = disk.writes(path).find(({ texts }) => texts.join('').includes(`"uid":${uid},`));
    return write === undefined ? never : disk.syncedAt(path, write.ends);
  }
  return never;
}

function nameIn(folder: string, path: string): string | null {
  return dirname(path) === folder ? path.slice(folder.length + 1) : null;
}
