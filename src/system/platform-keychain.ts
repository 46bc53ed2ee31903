import { inParts } from './keychain-parts.ts';
import { keytarKeychain } from './keytar.ts';
import type { Keychain } from './system.ts';

/** CRED_MAX_CREDENTIAL_BLOB_SIZE */
const windowsEntryBytes = 2560;

/** The keychain of this machine, in this process. Only Windows has short entries. */
export function platformKeychain(platform: NodeJS.Platform): Keychain {
  const keychain = keytarKeychain();
  return platform === 'win32' ? inParts(keychain, windowsEntryBytes) : keychain;
}
