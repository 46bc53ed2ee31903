import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { namespaces } from './namespaces.ts';
import { type Home, type Result, type RunOptions, startProgram } from './run.ts';

/** tmpfs gives whole pages. */
export const pageBytes = 4096;

/** A file system of its own in memory, which only programs see that are started by it. */
export interface SmallDisk {
  /** Where those programs find it. */
  readonly path: string;
  /** Where the test finds the same files. */
  readonly outside: string;
  resize(pages: number): Promise<void>;
  usedPages(): number;
  run(file: string, args: readonly string[], options?: Omit<RunOptions, 'home'>): Promise<Result>;
}

export async function mountSmallDisk(home: Home, pages: number): Promise<SmallDisk> {
  const path = join(home.directory, 'disk');
  mkdirSync(path);
  const mount = `mount -t tmpfs -o size=${pages * pageBytes},mode=0700 none "$0" && echo mounted && exec cat`;
  // It lives as long as this process, which is ended with the test.
  const holder = startProgram('unshare', [...namespaces, 'sh', '-c', mount, path], {
    home,
    stdin: null,
    timeoutMs: 600_000,
  });
  await holder.waitForStdout(/mounted/);
  const outside = `/proc/${holder.pid}/root${path}`;
  const inside = ['-t', String(holder.pid), '--mount'];
  if (namespaces.includes('--user')) inside.push('--user', '--preserve-credentials');
  const run: SmallDisk['run'] = (file, args, options) =>
    startProgram('nsenter', [...inside, '--', file, ...args], { ...options, home }).result;
  return {
    path,
    outside,
    async resize(pages) {
      const size = `remount,size=${pages * pageBytes}`;
      const { code, stderr } = await run('mount', ['-o', size, path]);
      if (code !== 0) throw new Error(stderr);
    },
    usedPages() {
      const { blocks, bfree, bsize } = statfsSync(outside);
      return ((blocks - bfree) * bsize) / pageBytes;
    },
    run,
  };
}
