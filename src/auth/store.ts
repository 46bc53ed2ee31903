import type { Account } from '../account/account.ts';
import { stateDirectory } from '../system/directories.ts';
import type { System } from '../system/system.ts';
import { commandStore } from './stores/command.ts';
import { encryptedFileStore } from './stores/encrypted-file.ts';
import { keychainStore } from './stores/keychain.ts';
import { type AskPassphrase, keyRing } from './stores/store-key.ts';
import type { TokenStore } from './token-store.ts';

/** How a store that is locked by a secret of the person's is opened. */
export interface Unlocking {
  /** Null, and the default, where nobody can be asked. */
  readonly askPassphrase?: AskPassphrase | null;
  /** The secret itself, from a process that has it already. */
  readonly secret?: Buffer | null;
}

/** The store an account has chosen. Nothing else is ever used in its place. */
export function tokenStore(
  { name, store }: Account,
  system: System,
  { askPassphrase = null, secret = null }: Unlocking = {},
): TokenStore {
  switch (store.kind) {
    case 'keychain':
      return keychainStore(name, system.keychain);
    case 'command':
      return commandStore(name, store.commands);
    case 'file':
      return encryptedFileStore(name, {
        directory: stateDirectory(system),
        keys: keyRing({ source: store.key, env: system.env, askPassphrase, secret }),
      });
  }
}
