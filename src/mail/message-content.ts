import type { Part } from './body-structure.ts';

/** The inside of one message, of which only what is asked for is downloaded. */
export interface MessageContent {
  /** The MIME tree. */
  readonly root: Part;
  /**
   * The first `maxBytes` of each part as they travel, transfer encoding and all, by section. What
   * the server does not give is not in the answer.
   */
  read(parts: readonly Part[], maxBytes: number): Promise<ReadonlyMap<string, Uint8Array>>;
  /** All of a part as it travels, piece by piece. @throws Failure 'protocol' where it does not come whole */
  stream(part: Part): AsyncIterable<Uint8Array>;
}
