import type { Account } from '../account/account.ts';
import { stateDirectory } from '../system/directories.ts';
import type { System } from '../system/system.ts';
import { encryptedFileStore } from './stores/encrypted-file.ts';
import { keychainStore } from './stores/keychain.ts';
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
  /** Prove that the store takes, gives back and deletes, before anything depends on it. */
  probe(): Promise<void>;
}

/** The store an account has chosen. Nothing else is ever used in its place. */
export function tokenStore(account: Account, system: System): TokenStore {
  switch (account.store.kind) {
    case 'keychain':
      return keychainStore(account.name, system.keychain);
    case 'file':
      return encryptedFileStore(account.name, {
        directory: stateDirectory(system),
        keyFile: account.store.keyFile,
      });
  }
}
