import { text } from 'node:stream/consumers';
import { errorText } from '../errors.ts';
import { type KeychainAnswer, parseKeychainRequest } from './keychain-protocol.ts';
import { platformKeychain } from './platform-keychain.ts';
import { KeychainError } from './system.ts';

/**
 * A process of its own that makes one keychain call and ends, so that a call that hangs can be
 * killed. Secrets travel on stdin and stdout, never on argv.
 */
async function answer(requestText: string): Promise<KeychainAnswer> {
  try {
    const request = parseKeychainRequest(requestText);
    const keychain = platformKeychain(process.platform);
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

void text(process.stdin).then(async (request) => {
  process.stdout.write(JSON.stringify(await answer(request)));
});
