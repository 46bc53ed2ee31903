import type { DiskStep } from './disk-steps.ts';
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

/** Groups are taken one after the other; what is in a group may be taken in any order. */
export interface Steps {
  readonly id: number;
  readonly groups: readonly (readonly DiskStep[])[];
}

/** How a file, or steps, have ended. */
export type Outcome =
  | { readonly id: number; readonly kind: 'file'; readonly made: MadeFile }
  /** `folders`: those that were not there. */
  | { readonly id: number; readonly kind: 'steps'; readonly folders: readonly string[] }
  | {
      readonly id: number;
      readonly kind: 'failure';
      readonly path: string;
      readonly code: string | null;
      readonly text: string;
    };

export interface Answer {
  /** Slabs that are given back. */
  readonly slabs: readonly number[];
  readonly outcomes: readonly Outcome[];
}
