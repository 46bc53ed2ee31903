import type { Fingerprint } from './content.ts';
import type { DiskStep } from './disk-steps.ts';
import type { FileOrder, MadeFile } from './new-file.ts';

/**
 * A format is one function: it opens the place of a mailbox and gives what stores messages there.
 * A new format is a file with such a function and a line in formats.ts.
 */
export type Sink = (place: Place) => Promise<OpenSink>;

/** Where and how the messages of a mailbox are kept. */
export interface Place {
  readonly directory: string;
  readonly uidValidity: number;
  /** As mail programs of this platform expect it, or exactly the server's. */
  readonly lineEndings: LineEndings;
  /** How .eml files are called. */
  readonly nameTemplate: string | null;
  /** What `pipe` runs for each message. */
  readonly command: string | null;
  /** Where `ndjson` goes. */
  readonly print: (row: MailRow) => Promise<void>;
  /** Whether `ndjson` has the bytes, too. */
  readonly withSource: boolean;
  /** Whether rows go to stdout, which nothing else may use then. */
  readonly json: boolean;
  /** Where the place ended when it was last remembered, for formats of one file. */
  readonly position: number | null;
  readonly signal: AbortSignal;
  /** What makes the files of formats that have one for each message. */
  readonly files: FileMaker;
  /** What rows name the mailbox by. */
  readonly labels: { readonly account: string; readonly folder: string };
}

export type LineEndings = 'lf' | 'keep';

/** How a file is to be made, by the first bytes of what comes into it. */
export type OrderOf = (beginning: Uint8Array) => FileOrder;

/** What works on the disk for formats that have a file for each message, and for the memory. */
export interface FileMaker {
  /** There will be work soon. */
  expect(): void;
  /**
   * Take these steps, one group after the other; all are durable when it resolves. Gives the folders
   * that were not there. @throws Failure 'archive'
   */
  durably(...groups: readonly (readonly DiskStep[])[]): Promise<readonly string[]>;
  /**
   * Make a file, whole or not at all; its folder is not synced. What is given as an array may be
   * kept until then.
   * @throws Failure 'archive', or what `content` throws
   */
  makeFile(
    orderOf: OrderOf,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<FileOrder & MadeFile>;
}

export interface OpenSink {
  /** UIDs whose messages are here. After a crash the place may know more than the memory does. */
  storedUids(): Promise<number[]>;
  /** The names, without flags, of the files that are here; for formats of a file a message. */
  names?(): Promise<string[]>;
  /**
   * Store one message: it is there, whole, when this resolves, and durable after the next `settle`.
   * May be called again before it has resolved.
   * @throws Failure 'archive' when nothing more can be stored; anything else is about this message
   */
  store(message: MessageToStore): Promise<StoredPlace>;
  /**
   * Make all that was stored durable, names included, but for the steps it gives, which are to be
   * taken then. A message is remembered only after that.
   */
  settle(): Promise<readonly DiskStep[]>;
  /** Where the memory of the place ends, for formats of one file; it may have been cut since. */
  readonly position?: number;
  /** What was stored up to there is remembered now. */
  remembered?(position: number | null): Promise<void>;
  /** Nothing more will come; the memory ends at `position`. */
  close?(position: number | null): Promise<void>;
}

export interface MessageToStore {
  readonly uid: number;
  readonly flags: readonly string[];
  readonly internalDate: Date | null;
  readonly ids: MessageIds;
  /** As the server sent it. */
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * Some bytes of a message: as the server sends them, and with each line ending in LF alone. A
 * format that only wants LF has no use for `raw`, which may then be respelled already.
 */
export interface Piece {
  readonly raw: Uint8Array;
  readonly lf: Uint8Array;
}

/** A message as one JSON object. */
export interface MailRow {
  readonly type: 'mail';
  readonly account: string;
  readonly folder: string;
  readonly uidValidity: number;
  readonly uid: number;
  readonly date: string | null;
  readonly flags: readonly string[];
  readonly sizeBytes: number;
  readonly emailId: string | null;
  readonly threadId: string | null;
  readonly labels: readonly string[];
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly text: string | null;
  readonly source: string | null;
}

/** What the server says a message is, beyond its bytes. */
export interface MessageIds {
  readonly emailId: string | null;
  readonly threadId: string | null;
  readonly labels: readonly string[] | null;
}

/** Where a message is now, and what it is recognised by. */
export interface StoredPlace {
  /** Null where it has gone to another program. */
  readonly path: string | null;
  readonly sizeBytes: number;
  readonly fingerprint: Fingerprint;
  /** Where the place ends with it, for formats of one file. */
  readonly position?: number;
}
