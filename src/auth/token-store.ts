import type { Credential } from './token-set.ts';

/**
 * Where one account's credential is kept. Each call throws Failure 'store' when the store does not
 * answer and 'data' when what it holds cannot be read; null and false mean truly absent.
 */
export interface TokenStore {
  /** In words, for a person: "the OS keychain", "the encrypted file /…". */
  readonly description: string;
  load(): Promise<Credential | null>;
  save(credential: Credential): Promise<void>;
  delete(): Promise<boolean>;
  /** What unlocks it, for a process that cannot ask; null where nothing is needed. */
  secret(): Promise<Buffer | null>;
  /**
   * Prove that the store takes, gives back and deletes, before anything depends on it. What it holds
   * already must be readable, unless it is to be replaced.
   */
  probe(options?: { readonly replaces: boolean }): Promise<void>;
}
