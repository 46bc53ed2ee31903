import { expect, it } from 'vitest';
import { type Fate, type Step, sweep, type Victim } from '../support/kill-sweep.ts';
import { describeWith } from '../support/parts.ts';

/** Every call by which a process can be noticed from outside, and those in between it waits at. */
const calls = [
  ['openat', 'fsync', 'mkdir'],
  ['read', 'rename', 'pipe2', 'exit_group'],
  ['write', 'unlink', 'fcntl', 'connect'],
  ['close', 'clone3', 'socket', 'writev', 'shutdown'],
  ['epoll_pwait', 'socketpair', 'dup3', 'flock'],
];

describeWith('strace', 'a renewal, killed at every step', () => {
  it.each<[Victim, number]>([
    ['command', 0],
    ['renewal', 2],
  ])('of the %s', async (victim, losses) => {
    const swept = await Promise.all(calls.map((some) => sweep(victim, some)));
    const all = (fate: Fate): Step[] => swept.flatMap((fates) => fates.get(fate) ?? []);
    const lost = all('lost in the window').map(({ call, nth }) => `${call} ${nth}`);
    const { length } = all('alive');
    process.stderr.write(
      `${victim}: alive after ${length} kills, lost after ${lost.length}: ${lost.join(', ')}\n`,
    );
    expect(length).toBeGreaterThan(200);
    if (losses === 0) expect(lost).toEqual([]);
    // What stores is written, synced, renamed: each of these is in the window.
    else expect(lost).toEqual(expect.arrayContaining(['fsync 5', 'rename 3']));
  });
});
