import { createRequire } from 'node:module';
import { errorText } from '../errors.ts';
import { type Keychain, KeychainError } from './system.ts';

/**
 * The only door to keytar. Its calls can wait for ever on a prompt nobody sees, and while one waits
 * not even process.exit() returns: only a process that may be killed should open this door.
 */
interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

const service = 'mailctl';
const probeKey = 'mailctl probe';

export function keytarKeychain(): Keychain {
  const keytar = loadKeytar();
  // A locked Secret Service answers null and false, just as if the entry were not there; only
  // writing tells the two apart.
  const checkUnlocked = async () => {
    try {
      await keytar.setPassword(service, probeKey, 'probe');
    } catch (error) {
      throw new KeychainError('locked', errorText(error));
    }
    await keytar.deletePassword(service, probeKey);
  };
  // A keychain that answers a read but refuses a write is locked; one that refuses both is not there.
  const explain = async (error: unknown) => {
    const reads = await keytar.getPassword(service, probeKey).then(
      () => true,
      () => false,
    );
    return new KeychainError(reads ? 'locked' : 'unavailable', errorText(error));
  };
  return {
    async get(key) {
      const secret = await keytar.getPassword(service, key).catch((error: unknown) => {
        throw new KeychainError('unavailable', errorText(error));
      });
      if (secret === null) await checkUnlocked();
      return secret;
    },
    async set(key, secret) {
      try {
        await keytar.setPassword(service, key, secret);
      } catch (error) {
        throw await explain(error);
      }
      if ((await keytar.getPassword(service, key)) !== secret) {
        throw new KeychainError('unavailable', 'what was written did not read back the same');
      }
    },
    async delete(key) {
      try {
        if (await keytar.deletePassword(service, key)) return true;
      } catch (error) {
        throw await explain(error);
      }
      await checkUnlocked();
      return false;
    },
  };
}

function isKeytar(value: unknown): value is Keytar {
  return typeof value === 'object' && value !== null && 'getPassword' in value;
}

function loadKeytar(): Keytar {
  try {
    const keytar: unknown = createRequire(import.meta.url)('keytar');
    if (isKeytar(keytar)) return keytar;
    throw new Error('keytar has no getPassword');
  } catch (error) {
    // keytar says where it has looked, and not that it found itself but not what it needs.
    const library = process.platform === 'linux' ? ' (it needs libsecret-1-0)' : '';
    const message = `keytar cannot be loaded${library}: ${errorText(error)}`;
    throw new KeychainError('unavailable', message);
  }
}
