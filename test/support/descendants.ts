import { readdir, readFile } from 'node:fs/promises';

/** The processes started by a process and by those it started, deepest last. Linux only. */
export async function descendants(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // "pid (name) state ppid …", and a name may hold blanks and parentheses.
    const ppid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (stat !== '') parents.set(Number(name), ppid);
  }
  const children = (of: number): number[] =>
    [...parents].flatMap(([child, parent]) => (parent === of ? [child, ...children(child)] : []));
  return children(pid);
}
