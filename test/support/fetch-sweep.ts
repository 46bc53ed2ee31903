import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { archivedFiles } from '../sandbox/archive-files.ts';
import { census, filesBelow, messagesOfMbox, served, temporaryFiles } from './archived.ts';
import type { Provider } from './provider.ts';
import { binary, type Home, type Result, run, startProgram } from './run.ts';

export const fileFormats = ['maildir', 'mbox', 'eml'] as const;
export type FileFormat = (typeof fileFormats)[number];

/** A fetch that is to be struck at its system calls, each time from the same beginning. */
export interface Story {
  readonly provider: Provider;
  /** Logged in. */
  readonly home: Home;
  readonly address: string;
  readonly format: FileFormat;
  /** The archive it begins with; null: none. */
  readonly begin: string | null;
  /** What INBOX has in the end, as the server sends it. */
  readonly wanted: readonly Buffer[];
}

/** The nth of these calls that a thread makes, about some files where they are named. */
export interface Step {
  readonly call: string;
  readonly nth: number;
  readonly paths: readonly string[];
}

/** What an archive is written with, and what may come between. */
const calls = [
  ...['openat', 'write', 'pwrite64', 'writev', 'pwritev', 'fsync', 'fdatasync', 'close'],
  ...['rename', 'link', 'unlink', 'mkdir', 'ftruncate', 'utimensat'],
  ...['fcntl', 'statx', 'fstat', 'getdents64'],
];

/** Where the archive of every run is: its files are known by their paths. */
export function archiveOf({ home }: Pick<Story, 'home'>): string {
  return join(home.directory, 'data', 'mailctl', 'club');
}

/** Of each run; one thread beside the main one, as strace counts in each by itself. */
export function environment({ home }: Pick<Story, 'home'>): Record<string, string> {
  return { XDG_DATA_HOME: join(home.directory, 'data'), UV_THREADPOOL_SIZE: '1' };
}

function beginAgain(story: Story): void {
  rmSync(join(story.home.directory, 'data'), { recursive: true, force: true });
  if (story.begin === null) return;
  cpSync(story.begin, archiveOf(story), { recursive: true, preserveTimestamps: true });
}

function fetch(story: Story): Promise<Result> {
  const args = ['fetch', '--json', '--format', story.format];
  return run(args, { home: story.home, env: environment(story) });
}

function traced(story: Story, options: readonly string[]): Promise<Result> {
  const strace = ['-f', '-qq', ...options, process.execPath, binary];
  const fetch = ['fetch', '--format', story.format];
  const { home } = story;
  return startProgram('strace', [...strace, ...fetch], { home, env: environment(story) }).result;
}

/**
 * Every step of a fetch that is about the archive: those about messages, and those about all else.
 * Each kind has a thread of its own, so that none hides behind a call that another makes first.
 */
export async function stepsOf(story: Story): Promise<Step[]> {
  const log = join(story.home.directory, 'strace.log');
  const look = async (...options: readonly string[]) => {
    beginAgain(story);
    const all = ['-o', log, '-e', `trace=${calls.join()}`, ...options];
    expect(await traced(story, all)).toMatchObject({ code: 0 });
    return readFileSync(log, 'utf8');
  };
  const everything = await look('-y');
  const paths = everything.match(new RegExp(`${archiveOf(story)}[^"<>\\n]*`, 'g')) ?? [];
  const [messages, others] = [new Set<string>(), new Set<string>()];
  for (const path of paths) {
    const ofMessage = /\/(tmp|new|cur)\/.|\.(part|eml)$/.test(path);
    (ofMessage ? messages : others).add(path);
  }
  const steps: Step[] = [];
  for (const about of [[...messages], [...others]]) {
    if (about.length === 0) continue;
    const text = await look(...about.flatMap(watch));
    for (const call of calls) {
      const most = mostOf(call, text);
      for (let nth = 1; nth <= most; nth += 1) steps.push({ call, nth, paths: about });
    }
  }
  return steps;
}

function watch(path: string): string[] {
  return ['-P', path];
}

/** The most calls that one thread has made. */
function mostOf(call: string, log: string): number {
  const counts = new Map<string, number>();
  for (const [, thread = ''] of log.matchAll(new RegExp(`^(\\d+) +${call}\\(`, 'gm'))) {
    counts.set(thread, (counts.get(thread) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

/** What comes over a system call: the death of its process, or an error instead of its work. */
export type Blow = 'SIGKILL' | 'EIO' | 'ENOSPC' | 'EDQUOT' | 'EROFS' | 'EACCES' | 'ENAMETOOLONG';

/**
 * Strikes a fetch at a step, and sees the next one through. False: it did not come to that step, or
 * could do without.
 */
export async function strikeAt(story: Story, step: Step, blow: Blow): Promise<boolean> {
  const { call, nth, paths } = step;
  const about = `${story.format}, ${blow} at ${call} ${nth}`;
  beginAgain(story);
  const what = blow === 'SIGKILL' ? `signal=${blow}` : `error=${blow}`;
  const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:${what}:when=${nth}`];
  const struck = await traced(story, ['-o', '/dev/null', ...inject, ...paths.flatMap(watch)]);
  const survived = struck.signal !== 'SIGKILL' && struck.code === 0;
  if (blow === 'SIGKILL') expect([struck.signal, survived], about).toContain('SIGKILL');
  else if (!survived) expectSaid(struck, step, blow, about);

  const wanted = census(story.wanted.map((message) => kept(story, message)));
  for (const [key, count] of census(await wholeMessages(story))) {
    expect(wanted.get(key), `${about}: a message is not whole, or twice`).toBe(count);
  }
  // What could not be removed may be there until the next run.
  if (blow !== 'SIGKILL' && call !== 'unlink') {
    expect(temporaryFiles(archiveOf(story)), about).toEqual([]);
  }
  expect(await fetch(story), about).toMatchObject({ code: 0 });
  expect(census(await messagesIn(archiveOf(story), story.format)), about).toEqual(wanted);
  expect(temporaryFiles(archiveOf(story)), about).toEqual([]);
  const said = story.provider.imap.record(story.address);
  const { code, rows } = await fetch(story);
  expect([code, rows], about).toMatchObject([0, [{ type: 'fetched', saved: 0, failed: 0 }]]);
  expect(said(), about).not.toContain('BODY');
  return !survived;
}

/** One sentence with what it was about, and a way out where there is one. */
function expectSaid(
  { code, stdout, stderr }: Result,
  { call }: Step,
  blow: Blow,
  about: string,
): void {
  // The memory may be what cannot be opened.
  expect(call === 'openat' ? [65, 74] : [74], `${about}: ${stderr}`).toContain(code);
  expect(stdout, about).toBe('');
  const hint = ['ENOSPC', 'EDQUOT'].includes(blow) ? ' {2}→ make room, .*\n' : '';
  expect(stderr, about).toMatch(
    new RegExp(
      `^(mailctl: the server has renumbered .*\n)?mailctl: .*cannot .*: ${blow}: .*\n${hint}$`,
    ),
  );
}

/** A message as the format keeps it: an mbox ends every last line. */
function kept({ format }: Story, message: Buffer): Buffer {
  if (format !== 'mbox' || message.subarray(-2).equals(Buffer.from('\r\n'))) return message;
  return Buffer.concat([message, Buffer.from('\r\n')]);
}

/** The messages of the archive, with the line ends of the network. */
export async function messagesIn(archive: string, format: FileFormat): Promise<Buffer[]> {
  const box = join(archive, 'INBOX');
  if (!existsSync(box)) return [];
  if (format === 'mbox') {
    const path = join(box, 'messages.mbox');
    return existsSync(path) ? messagesOfMbox(await readFile(path)).map(served) : [];
  }
  const paths =
    format === 'maildir'
      ? await archivedFiles(box)
      : filesBelow(box)
          .filter((name) => name.endsWith('.eml'))
          .map((name) => join(box, name));
  // One after the other: there may be more than can be open at once.
  return paths.map((path) => served(readFileSync(path)));
}

/** Those that must be whole at any moment: the last one of an mbox is being written, under a lock. */
async function wholeMessages(story: Story): Promise<Buffer[]> {
  const all = await messagesIn(archiveOf(story), story.format);
  const locked = existsSync(join(archiveOf(story), 'INBOX', 'messages.mbox.lock'));
  return story.format === 'mbox' && locked ? all.slice(0, -1) : all;
}
