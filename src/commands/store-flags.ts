import { resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import type { AccountConfig } from '../account/config-schema.ts';
import { wholeNumber } from './flags.ts';

/** The flags that say where tokens are kept; `login` and `store move` share them. */
export interface StoreFlags {
  readonly keyFile?: string | undefined;
  readonly keyCredential?: string | undefined;
  readonly passphrase?: true | undefined;
  readonly passphraseEnv?: string | undefined;
  readonly passphraseFd?: number | undefined;
}

export function storeOptions(command: Command) {
  return command
    .option('--key-file <file>', 'file store: its key, made if absent (else $MAILCTL_KEY_FILE)')
    .option('--key-credential <name>', 'file store: its key is this systemd credential')
    .option('--passphrase', 'file store: its key is made of a passphrase that is asked for')
    .option('--passphrase-env <name>', 'file store: the passphrase is in this variable')
    .option(
      '--passphrase-fd <number>',
      'file store: the passphrase is read from here',
      wholeNumber,
    );
}

/** The account with the named key, and only that. */
export function storeEntry(entry: AccountConfig, flags: StoreFlags): AccountConfig {
  const named = {
    ...(flags.keyFile === undefined ? {} : { key_file: resolve(flags.keyFile) }),
    ...(flags.keyCredential === undefined ? {} : { key_credential: flags.keyCredential }),
    ...(flags.passphrase === undefined ? {} : { passphrase: 'ask' as const }),
    ...(flags.passphraseEnv === undefined ? {} : { passphrase_env: flags.passphraseEnv }),
    ...(flags.passphraseFd === undefined ? {} : { passphrase_fd: flags.passphraseFd }),
  };
  if (Object.keys(named).length === 0) return entry;
  const {
    key_file,
    key_credential,
    key_command,
    passphrase,
    passphrase_env,
    passphrase_fd,
    ...rest
  } = entry;
  return { ...rest, ...named };
}
