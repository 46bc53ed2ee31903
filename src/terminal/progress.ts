import type { TerminalStream } from '../system/system.ts';
import { takesEscapes } from './colour.ts';
import { formatProgress, type Totals } from './progress-line.ts';

/** What is under way, told on a terminal's stderr while it takes longer than a moment. */
export interface Progress {
  /** Several may be under way at once: a line each. */
  start(label: string, total?: Totals): Task;
  /** Take the lines away, as something else is about to be printed; they come back by themselves. */
  clear(): void;
  /** Take the lines away for good. */
  close(): void;
}

export interface Task {
  /** So much more is done. */
  advance(by: Totals): void;
  done(): void;
}

/** What takes no longer needs no telling. */
const patienceMs = 500;
const redrawMs = 100;
/** More lines than this would push away what a person reads. */
const maxLines = 6;
/** How far back the rate looks, so that it follows the line and does not jump. */
const rateWindowMs = 4000;

/** For a pipe, a script, and whoever does not want to see it. */
export const noProgress: Progress = {
  start: () => ({ advance: () => {}, done: () => {} }),
  clear: () => {},
  close: () => {},
};

interface Running {
  readonly label: string;
  readonly total: Totals;
  readonly startedMs: number;
  done: Required<Totals>;
  readonly samples: { readonly atMs: number; readonly done: Required<Totals> }[];
}

/**
 * Lines at the bottom of a terminal. The stream is looked at only when something has taken long:
 * Node opens it then, which costs every command that does not need it.
 */
export function openProgress(
  stream: () => TerminalStream,
  env: Readonly<Record<string, string | undefined>>,
): Progress {
  const running = new Set<Running>();
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;

  const clear = () => {
    if (drawn === 0) return;
    stream().write(`\r${'\u001b[1A\u001b[2K'.repeat(drawn)}`);
    drawn = 0;
  };
  const draw = () => {
    const nowMs = performance.now();
    const due = [...running].filter(({ startedMs }) => nowMs - startedMs >= patienceMs);
    const stderr = due.length > 0 ? stream() : null;
    if (stderr === null || !takesEscapes(stderr, env)) return clear();
    const width = (stderr.columns ?? 80) - 1;
    const lines = due.slice(0, maxLines).map((task) => formatProgress(look(task, nowMs), width));
    if (due.length > maxLines) lines.push(`… and ${due.length - maxLines} more`);
    clear();
    stderr.write(`${lines.join('\n')}\n`);
    drawn = lines.length;
  };
  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    clear();
  };

  return {
    start(label, total = {}) {
      const startedMs = performance.now();
      const done = { messages: 0, bytes: 0 };
      const task: Running = { label, total, startedMs, done, samples: [{ atMs: startedMs, done }] };
      running.add(task);
      timer ??= setInterval(draw, redrawMs).unref();
      return {
        advance({ messages = 0, bytes = 0 }) {
          task.done = { messages: task.done.messages + messages, bytes: task.done.bytes + bytes };
        },
        done() {
          running.delete(task);
          if (running.size === 0) stop();
        },
      };
    },
    clear,
    close() {
      running.clear();
      stop();
    },
  };
}

function look({ label, total, done, samples }: Running, nowMs: number) {
  samples.push({ atMs: nowMs, done });
  while (samples.length > 2 && nowMs - (samples[0]?.atMs ?? nowMs) > rateWindowMs) samples.shift();
  const [first] = samples;
  const seconds = first === undefined ? 0 : (nowMs - first.atMs) / 1000;
  const rate = (unit: 'messages' | 'bytes') =>
    first === undefined || seconds === 0 ? 0 : (done[unit] - first.done[unit]) / seconds;
  return { label, total, done, perSecond: { messages: rate('messages'), bytes: rate('bytes') } };
}
