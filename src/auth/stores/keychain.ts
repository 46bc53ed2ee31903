import { randomBytes } from 'node:crypto';
import { Failure } from '../../errors.ts';
import { type Keychain, KeychainError, type KeychainTrouble } from '../../system/system.ts';
import { formatCredential, parseCredential } from '../token-set.ts';
import type { TokenStore } from '../token-store.ts';

const troubles: Readonly<Record<KeychainTrouble, { sentence: string; hint: string }>> = {
  locked: {
    sentence: 'the keychain is locked',
    hint: 'unlock it by logging in to the desktop, or use the encrypted file: mailctl login --store file --key-file PATH',
  },
  unavailable: {
    sentence: 'there is no keychain in this session',
    hint: 'in cron: XDG_RUNTIME_DIR=/run/user/$(id -u) mailctl …; on a machine without a desktop use the encrypted file: mailctl login --store file --key-file PATH',
  },
  timeout: {
    sentence: 'the keychain did not answer in time',
    hint: 'a prompt may be waiting for you on the desktop; answer it and try again',
  },
};

/** One entry an account in the OS keychain. */
export function keychainStore(accountName: string, keychain: Keychain): TokenStore {
  const key = `account ${accountName}`;
  return {
    description: 'the OS keychain',
    async load() {
      const text = await explained(() => keychain.get(key));
      if (text === null) return null;
      const credential = parseCredential(text);
      if (credential !== null) return credential;
      throw new Failure('data', `the keychain entry of ${accountName} cannot be read`, {
        hint: `mailctl login -a ${accountName}`,
      });
    },
    save: (credential) => explained(() => keychain.set(key, formatCredential(credential))),
    delete: () => explained(() => keychain.delete(key)),
    secret: async () => null,
    async probe() {
      // Another value each time, so that an old entry cannot pass for a new one. set() itself
      // reads back what it wrote.
      const probeKey = `probe ${accountName}`;
      await explained(() => keychain.set(probeKey, randomBytes(16).toString('base64url')));
      await explained(() => keychain.delete(probeKey));
    },
  };
}

async function explained<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof KeychainError)) throw error;
    const { sentence, hint } = troubles[error.trouble];
    throw new Failure('store', `${sentence}: ${error.message}`, { hint, cause: error });
  }
}
