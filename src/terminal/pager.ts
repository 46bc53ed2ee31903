import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { leaveInterrupts } from '../system/interrupts.ts';
import type { System } from '../system/system.ts';
import { ReaderGone } from './stdout.ts';

/** What a long text is read with on a terminal. */
export interface Pager {
  /** @throws ReaderGone when the person has left it */
  write(text: string): Promise<void>;
  /** No more comes; resolves when the person has left it. */
  close(): Promise<void>;
}

/** How much may wait for a person who reads slowly. */
const maxWaitingBytes = 32 << 20;

/**
 * $PAGER on the terminal stdout is, else less; null where there is none, or it is to be none
 * (an empty $PAGER, or cat). less ends by itself when all fits on the screen.
 */
export async function openPager({ env, stdout, platform }: System): Promise<Pager | null> {
  const command = env['PAGER'] ?? (platform === 'win32' ? 'more' : 'less');
  if (stdout.isTTY !== true || env['TERM'] === 'dumb' || /^(cat)?$/.test(command.trim())) {
    return null;
  }
  // A pager is a command line, by custom read by the shell; no word of a message is in it.
  const child = spawn(command, {
    shell: true,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS: 'FRX', LV: '-c', ...env },
  });
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  const started = await once(child, 'spawn').then(
    () => true,
    () => false,
  );
  if (!started) return null;
  void ended.then(leaveInterrupts());
  return pagerOn(child, ended);
}

function pagerOn({ stdin }: ChildProcess, ended: Promise<void>): Pager {
  let gone = stdin === null;
  stdin?.on('error', () => {
    gone = true; // left before the end was reached
  });
  return {
    async write(text) {
      if (gone || stdin === null) throw new ReaderGone();
      stdin.write(text);
      if (stdin.writableLength > maxWaitingBytes) {
        await Promise.race([once(stdin, 'drain').catch(() => {}), ended]);
      }
    },
    async close() {
      stdin?.end();
      await ended;
    },
  };
}
