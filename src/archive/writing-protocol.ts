import type { FileOrder, MadeFile } from './new-file.ts';

/** What the writing thread is given when it starts: memory it shares with us. */
export interface ThreadData {
  readonly slabs: readonly SharedArrayBuffer[];
}

/** Some bytes of a file; `order` comes with the first of them. */
export interface Part {
  readonly id: number;
  readonly order: FileOrder | null;
  /** Where in the slab the bytes are. */
  readonly start: number;
  readonly length: number;
  readonly ending: 'more' | 'whole' | 'broken';
}

/** The slab is the thread's until it gives it back. */
export interface Batch {
  readonly slab: number;
  readonly parts: readonly Part[];
}

/** How a file has ended. */
export type Outcome =
  | { readonly id: number; readonly made: MadeFile }
  | {
      readonly id: number;
      readonly made: null;
      readonly path: string;
      readonly code: string | null;
      readonly text: string;
    };

export interface Answer {
  /** Slabs that are given back. */
  readonly slabs: readonly number[];
  readonly outcomes: readonly Outcome[];
}
