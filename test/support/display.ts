import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { killTree } from './processes.ts';

/** A screen nobody sees, and somebody who looks at it and types. */
export interface Display {
  /** What `DISPLAY` is to be. */
  name: string;
  /** Resolves when a window is on it. */
  windowShown(): Promise<void>;
  /** Types a line into the window that is on it. */
  type(line: string): Promise<void>;
  /** Presses a key, such as `Escape`, in that window. */
  press(key: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts Xvfb under a number that it finds free by itself. */
export async function startDisplay(): Promise<Display> {
  const server = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', '640x480x24', '-nolisten', 'tcp'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  const lines = createInterface(server.stdio[3] as Readable);
  const [number] = await once(lines, 'line', { signal: AbortSignal.timeout(20_000) });
  const name = `:${number}`;
  const xdotool = (...args: string[]) =>
    promisify(execFile)('xdotool', args, {
      env: { PATH: process.env.PATH, DISPLAY: name },
      timeout: 20_000,
    });
  const shown = ['search', '--sync', '--onlyvisible', '--class', 'prompter'];
  return {
    name,
    async windowShown() {
      await xdotool(...shown);
    },
    async type(line) {
      await xdotool(...shown, 'windowfocus', '--sync', 'type', '--delay', '20', line);
      await xdotool('key', 'Return'); // to the display: the window may be gone before it comes up
    },
    async press(key) {
      await xdotool(...shown, 'windowfocus', '--sync');
      await xdotool('key', key);
    },
    async close() {
      if (server.pid !== undefined) await killTree(server.pid);
    },
  };
}
