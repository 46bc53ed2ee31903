import type { Account } from '../account/account.ts';
import { configPath } from '../account/config.ts';
import { type AccessTokenSource, accessTokenSource } from '../auth/access-token.ts';
import { renewalInOwnProcess } from '../auth/renewal-client.ts';
import { tokenStore } from '../auth/store.ts';
import type { TokenStore } from '../auth/token-store.ts';
import { Failure } from '../errors.ts';
import type { TokenSource } from '../mail/message.ts';
import type { System } from '../system/system.ts';
import type { App } from './app.ts';
import { askSecret, canAsk } from './ask.ts';

/** The stored login of an account, renewed when it is not fresh. */
export function storedLogin(app: App, account: Account): AccessTokenSource {
  const { system, options } = app;
  const store = accountStore(app, account);
  const renew = renewalInOwnProcess(account, store, configPath(system, options.config), system);
  const source = accessTokenSource(account, store, system, renew);
  return async (need) => {
    try {
      return await source(need);
    } catch (error) {
      if (error instanceof Failure && error.kind === 'store')
        await auditLocked(app, account, error);
      throw error;
    }
  };
}

async function auditLocked(app: App, account: Account, { message }: Failure): Promise<void> {
  const provider = account.provider ?? account.oauth?.server.issuer ?? account.imap.host;
  await app.audit({ event: 'store-locked', account: account.name, provider, reason: message });
}

/** The store of an account; its passphrase is asked for where somebody can be asked. */
export function accountStore(app: App, account: Account): TokenStore {
  const question = `Passphrase of the token store of ${account.name}: `;
  return tokenStore(account, app.system, {
    askPassphrase: canAsk(app) ? () => askSecret(app.system, question) : null,
  });
}

/**
 * MAILCTL_ACCESS_TOKEN as it is, for scripts that have a token of their own; else the stored login.
 */
export function mailTokens(app: App, account: Account): TokenSource {
  const given = givenToken(app.system);
  if (given !== null) {
    return async ({ refused }) => {
      if (refused === undefined) return given;
      throw new Failure('login', 'the server refuses the access token in MAILCTL_ACCESS_TOKEN', {
        hint: 'put a fresh token there, or unset it to use the stored login',
      });
    };
  }
  const source = storedLogin(app, account);
  return async ({ refused }) => (await source({ refused })).tokens.accessToken;
}

/** The token from the environment; an empty variable is unset. @throws Failure 'usage' */
export function givenToken({ env, secrets }: System): string | null {
  const token = env['MAILCTL_ACCESS_TOKEN'];
  if (token === undefined || token === '') return null;
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Failure('usage', 'MAILCTL_ACCESS_TOKEN holds characters no token may have');
  }
  return secrets.add(token);
}
