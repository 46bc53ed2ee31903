import type { Account } from '../account/account.ts';
import { configPath } from '../account/config-path.ts';
import { type AccessTokenSource, accessTokenSource, loadCredential } from '../auth/access-token.ts';
import { authority } from '../auth/audit-events.ts';
import { renewalInOwnProcess } from '../auth/renewal-client.ts';
import { tokenStore } from '../auth/store.ts';
import type { TokenStore } from '../auth/token-store.ts';
import { Failure } from '../errors.ts';
import type { LoginSource } from '../mail/login-source.ts';
import type { System } from '../system/system.ts';
import type { App } from './app.ts';
import { askNewSecret, askSecret, canAsk } from './ask.ts';

/** The stored login of an account, renewed when it is not fresh. */
export function storedLogin(
  app: App,
  account: Account,
  store: TokenStore = accountStore(app, account),
): AccessTokenSource {
  const { system, options } = app;
  const renew = renewalInOwnProcess(account, store, configPath(system, options.config), system);
  const source = accessTokenSource(account, store, system, renew);
  return (need) => lockedStoreAudited(app, account, () => source(need));
}

async function lockedStoreAudited<T>(
  app: App,
  account: Account,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure && error.kind === 'store') {
      const base = { account: account.name, provider: authority(account) };
      await app.audit({ ...base, event: 'store-locked', reason: error.message });
    }
    throw error;
  }
}

/** The store of an account; its passphrase is asked for where somebody can be asked. */
export function accountStore(app: App, account: Account): TokenStore {
  const question = `Passphrase of the token store of ${account.name}: `;
  // Node opens stdin when it is looked at, so that is left to the accounts that have a passphrase.
  const asks = account.store.kind === 'file' && account.store.key?.kind === 'passphrase';
  return tokenStore(account, app.system, {
    askPassphrase:
      asks && canAsk(app)
        ? ({ fresh }) => (fresh ? askNewSecret : askSecret)(app.system, question)
        : null,
  });
}

/**
 * MAILCTL_ACCESS_TOKEN as it is, for scripts that have a token of their own; else the stored login.
 */
export function mailLogins(app: App, account: Account, open?: TokenStore): LoginSource {
  const given = givenToken(app.system);
  if (given !== null) {
    return async ({ refused, reason }) => {
      if (refused === undefined) return { kind: 'token', accessToken: given };
      const said = reason === undefined ? '' : `: ${reason}`;
      throw new Failure(
        'login',
        `the server refuses the access token in MAILCTL_ACCESS_TOKEN${said}`,
        { hint: 'put a fresh token there, or unset it to use the stored login' },
      );
    };
  }
  // One that is open already must not ask for its passphrase again.
  const store = open ?? accountStore(app, account);
  if (account.login?.kind === 'password') return storedPassword(app, account, store);
  const source = storedLogin(app, account, store);
  return async ({ refused }) => {
    const token = refused?.kind === 'token' ? refused.accessToken : undefined;
    const { tokens } = await source({ refused: token });
    return { kind: 'token', accessToken: tokens.accessToken };
  };
}

/** The password that was given to `login`; one that is refused cannot be renewed. */
function storedPassword(app: App, account: Account, store: TokenStore): LoginSource {
  return async ({ refused, reason }) => {
    const hint = `mailctl login -a ${account.name}`;
    if (refused !== undefined) {
      const { host } = account.imap;
      const said = reason === undefined ? '' : `: ${reason}`;
      throw new Failure('login', `${host} refuses the password of ${account.imapUser}${said}`, {
        hint,
      });
    }
    const credential = await lockedStoreAudited(app, account, () =>
      loadCredential(account, store, app.system),
    );
    if (credential.kind === 'password') return credential;
    throw new Failure('login', `no password of ${account.name} is stored`, { hint });
  };
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
