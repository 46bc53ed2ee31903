import type { Readable, Writable } from 'node:stream';
import type { Secrets } from './secrets.ts';

/**
 * What mailctl needs of the machine. Only what has no address is here: servers are found by the
 * host and port in the config, files by their path.
 */
export interface System {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homeDirectory: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  /** Aborted by Ctrl-C and friends; `reason` is the signal's name. */
  readonly signal: AbortSignal;
  readonly keychain: Keychain;
  readonly secrets: Secrets;
  now(): Date;
  /** Resolves false when no browser could be started; never throws. */
  openBrowser(url: URL): Promise<boolean>;
}

export type TerminalStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The OS keychain. Each call throws KeychainError when the keychain does not answer. */
export interface Keychain {
  /** A read will come soon: what can be done before the key is known may be done now. */
  expectRead?(): Promise<void>;
  get(key: string): Promise<string | null>;
  set(key: string, secret: string): Promise<void>;
  /** False when there was nothing to delete. */
  delete(key: string): Promise<boolean>;
}

export type KeychainTrouble = 'unavailable' | 'locked' | 'timeout';

export class KeychainError extends Error {
  override readonly name = 'KeychainError';
  readonly trouble: KeychainTrouble;

  constructor(trouble: KeychainTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}
