import { readFileSync, writeFileSync } from 'node:fs';
import { errorText } from '../errors.ts';
import { type KeychainAnswer, parseKeychainRequest } from './keychain-protocol.ts';
import { platformKeychain } from './platform-keychain.ts';
import { KeychainError } from './system.ts';

/**
 * A process of its own that makes one keychain call and ends, so that a call that hangs can be
 * killed. Secrets travel on stdin and stdout, never on argv.
 */
async function answer(): Promise<KeychainAnswer> {
  try {
    // First, as the request may still be on its way.
    const keychain = platformKeychain(process.platform);
    // By their descriptors: streams would take a quarter of the time this process lives.
    const request = parseKeychainRequest(readFileSync(0, 'utf8'));
    switch (request.operation) {
      case 'get':
        return { secret: await keychain.get(request.key) };
      case 'set':
        await keychain.set(request.key, request.secret);
        return { done: true };
      case 'delete':
        return { done: await keychain.delete(request.key) };
    }
  } catch (error) {
    const trouble = error instanceof KeychainError ? error.trouble : 'unavailable';
    return { trouble: trouble === 'locked' ? 'locked' : 'unavailable', message: errorText(error) };
  }
}

void answer().then((given) => writeFileSync(1, JSON.stringify(given)));
