import type { Traffic } from './link.ts';
import type { Measured } from './measure.ts';
import type { LinkName } from './options.ts';
import type { Mode } from './peers/peer.ts';

/** Where a figure belongs. */
export interface Cell {
  readonly corpus: string;
  readonly link: LinkName;
  readonly mode: Mode;
  readonly peer: string;
}

export interface Run extends Measured {
  readonly traffic: Traffic | null;
}

export interface Medians extends Run {
  readonly runs: number;
}

/** Every run of the bench, and the medians of those of one cell. */
export class Results {
  readonly #runs = new Map<string, Run[]>();

  add(cell: Cell, run: Run): void {
    const key = keyOf(cell);
    this.#runs.set(key, [...(this.#runs.get(key) ?? []), run]);
  }

  of(cell: Cell): Medians | null {
    const runs = this.#runs.get(keyOf(cell)) ?? [];
    if (runs.length === 0) return null;
    const middle = (value: (run: Run) => number) => median(runs.map(value));
    const counted = runs.every(({ traffic }) => traffic !== null);
    return {
      runs: runs.length,
      wallSeconds: middle(({ wallSeconds }) => wallSeconds),
      cpuSeconds: middle(({ cpuSeconds }) => cpuSeconds),
      // The bar is about memory at its worst.
      peakMb: Math.max(...runs.map(({ peakMb }) => peakMb)),
      traffic: counted
        ? {
            roundTrips: middle(({ traffic }) => traffic?.roundTrips ?? 0),
            bytes: middle(({ traffic }) => traffic?.bytes ?? 0),
            connections: middle(({ traffic }) => traffic?.connections ?? 0),
          }
        : null,
    };
  }
}

function keyOf({ corpus, link, mode, peer }: Cell): string {
  return [corpus, link, mode, peer].join('|');
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}
