import { text } from 'node:stream/consumers';
import { chooseAccount, loadConfig } from './account/config.ts';
import { type RenewalStage, renewLogin } from './auth/renewal.ts';
import {
  formatRenewalMessage,
  parseRenewalRequest,
  type RenewalMessage,
} from './auth/renewal-protocol.ts';
import { tokenStore } from './auth/store.ts';
import { errorText, Failure } from './errors.ts';
import { platformKeychain } from './system/platform-keychain.ts';
import { realSystem } from './system/real-system.ts';
import type { Keychain } from './system/system.ts';
import { auditLog } from './terminal/audit-log.ts';

/**
 * Renews one login and ends. It has a session of its own, so that neither Ctrl-C, a closed
 * terminal nor the death of the command that started it stops it between redeeming and storing.
 */
const system = { ...realSystem(), keychain: keychainHere() };
// Whoever asked may be gone; the login is stored all the same.
process.stdout.on('error', () => {});
const say = (message: RenewalMessage) => {
  process.stdout.write(`${formatRenewalMessage(message)}\n`);
};

async function answerRequest(): Promise<void> {
  try {
    const request = parseRenewalRequest(await text(process.stdin));
    const { config, account: name, refused, minValidMs, storeSecret } = request;
    const account = await chooseAccount(await loadConfig(config), config, name, system);
    const need = { refused: refused ?? undefined, minValidMs };
    const secret = storeSecret === null ? null : Buffer.from(storeSecret, 'base64');
    const store = tokenStore(account, system, { secret });
    const observer = { reached: (stage: RenewalStage) => say({ stage }), audit: auditLog(system) };
    say({ grant: await renewLogin(account, store, system, need, observer) });
  } catch (error) {
    const failure =
      error instanceof Failure
        ? error
        : new Failure('bug', `this is a bug in mailctl: ${errorText(error)}`);
    say({ failure });
  }
}

/** In this process: it may be killed when the keychain hangs, until something was redeemed. */
function keychainHere(): Keychain {
  const open = () => platformKeychain(process.platform);
  return {
    get: async (key) => open().get(key),
    set: async (key, secret) => open().set(key, secret),
    delete: async (key) => open().delete(key),
  };
}

void answerRequest();
