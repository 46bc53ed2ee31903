import type { Command } from '@commander-js/extra-typings';
import type { PassphraseSource } from '../account/account.ts';
import { type KeyRing, keyRing } from '../auth/stores/store-key.ts';
import { Failure } from '../errors.ts';
import type { App } from './app.ts';
import { askNewSecret, askSecret, canAsk } from './ask.ts';
import { wholeNumber } from './flags.ts';

/** Where the passphrase of a sealed login comes from; `export-login` and `import-login` share them. */
export interface SealFlags {
  readonly sealEnv?: string | undefined;
  readonly sealFd?: number | undefined;
}

export function sealOptions(command: Command) {
  return command
    .option('--seal-env <name>', 'the passphrase that seals the login is in this variable')
    .option(
      '--seal-fd <number>',
      'the passphrase that seals the login is read from here',
      wholeNumber,
    );
}

/** Makes keys of that passphrase; it is asked for where no flag says where it is. */
export function sealKeys(
  app: App,
  { sealEnv, sealFd }: SealFlags,
  { twice }: { readonly twice: boolean },
): KeyRing {
  const from: PassphraseSource =
    sealEnv !== undefined
      ? { kind: 'env', name: sealEnv }
      : sealFd !== undefined
        ? { kind: 'fd', fd: sealFd }
        : { kind: 'ask' };
  return keyRing({
    source: { kind: 'passphrase', from },
    env: app.system.env,
    askPassphrase: () => askPassphrase(app, twice),
    secret: null,
  });
}

async function askPassphrase(app: App, twice: boolean): Promise<string> {
  if (!canAsk(app)) {
    throw new Failure('usage', 'the passphrase that seals the login is needed', {
      hint: 'give it with --seal-env NAME or --seal-fd NUMBER',
    });
  }
  const question = 'Passphrase to seal the login: ';
  return (twice ? askNewSecret : askSecret)(app.system, question);
}
