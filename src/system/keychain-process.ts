import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { type KeychainAnswer, parseKeychainRequest } from './keychain-protocol.ts';

/**
 * A process of its own that makes one keychain call and ends. keytar can wait for ever on a prompt
 * nobody sees, and while it waits not even process.exit() returns, so the caller must be able to
 * kill the call. Secrets travel on stdin and stdout, never on argv.
 */
interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

const service = 'mailctl';
const probeKey = 'mailctl probe';

function isKeytar(value: unknown): value is Keytar {
  return typeof value === 'object' && value !== null && 'getPassword' in value;
}

function loadKeytar(): Keytar {
  const keytar: unknown = createRequire(import.meta.url)('keytar');
  if (!isKeytar(keytar)) throw new Error('keytar has no getPassword');
  return keytar;
}

/**
 * A locked Secret Service answers null and false, just as if the entry were not there; only
 * writing tells the two apart.
 */
async function isLocked(keytar: Keytar): Promise<string | null> {
  try {
    await keytar.setPassword(service, probeKey, 'probe');
    await keytar.deletePassword(service, probeKey);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function answer(requestText: string): Promise<KeychainAnswer> {
  const request = parseKeychainRequest(requestText);
  let keytar: Keytar;
  try {
    keytar = loadKeytar();
  } catch (error) {
    return {
      trouble: 'unavailable',
      message: error instanceof Error ? error.message : String(error),
    };
  }
  try {
    switch (request.operation) {
      case 'get': {
        const secret = await keytar.getPassword(service, request.key);
        if (secret !== null) return { secret };
        break;
      }
      case 'set': {
        await keytar.setPassword(service, request.key, request.secret);
        if ((await keytar.getPassword(service, request.key)) === request.secret)
          return { done: true };
        return { trouble: 'unavailable', message: 'what was written did not read back the same' };
      }
      case 'delete': {
        if (await keytar.deletePassword(service, request.key)) return { done: true };
        break;
      }
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Reading works on a locked keychain (it says null), so a refused write means locked
    // exactly when a read is answered.
    const reads = await keytar.getPassword(service, probeKey).then(
      () => true,
      () => false,
    );
    return { trouble: reads && request.operation !== 'get' ? 'locked' : 'unavailable', message };
  }
  const locked = await isLocked(keytar);
  if (locked !== null) return { trouble: 'locked', message: locked };
  return request.operation === 'get' ? { secret: null } : { done: false };
}

process.stdout.write(JSON.stringify(await answer(await text(process.stdin))));
