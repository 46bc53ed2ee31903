import type { Account } from '../account/account.ts';
import { rememberSecrets, withoutRenewal } from '../auth/access-token.ts';
import { oauthClientFor } from '../auth/account-client.ts';
import { eventBase } from '../auth/audit-events.ts';
import { mismatch } from '../auth/mismatch.ts';
import type { Credential } from '../auth/token-set.ts';
import type { TokenStore } from '../auth/token-store.ts';
import { Failure } from '../errors.ts';
import { type App, appAccount } from './app.ts';
import { accountStore } from './tokens.ts';
import { examples, type Verb } from './verb.ts';

export const logout: Verb = {
  endings: ['usage', 'data', 'store', 'archive', 'config', 'cancelled'],
  define(command, run) {
    command
      .description(
        'Revoke the login at the provider, where it can be, and remove its tokens from the store. Fetched mail and the config stay.',
      )
      .option('--local', 'only remove it here; the provider is not told')
      .addHelpText(
        'after',
        examples(
          'mailctl logout',
          'mailctl logout -a club --local    # it goes on on another machine',
        ),
      )
      .action(({ local }) => run((app) => logOut(app, local === true)));
  },
};

async function logOut(app: App, local: boolean): Promise<void> {
  const account = await appAccount(app);
  const store = accountStore(app, account);
  // Asks for a passphrase, where it takes one; the lock must not wait for that.
  await store.load();
  await withoutRenewal(account, app.system, () => endLogin(app, account, store, local));
}

async function endLogin(
  app: App,
  account: Account,
  store: TokenStore,
  local: boolean,
): Promise<void> {
  const credential = await store.load();
  const row = { type: 'logout' as const, account: account.name, address: account.address };
  if (credential === null) {
    return app.output.row(
      { ...row, removed: false, revoked: false },
      `${account.name} was not logged in`,
    );
  }
  rememberSecrets(credential, app.system);
  const revoked = !local && (await revoke(app, account, credential));
  // Whatever the provider said: the tokens are gone from here.
  const removed = await store.delete();
  const base = eventBase(account, credential);
  if (revoked) await app.audit({ ...base, event: 'revoke', reason: null });
  await app.audit({ ...base, event: 'logout', reason: null });
  const where = revoked ? 'revoked at the provider and removed here' : 'removed here';
  await app.output.row({ ...row, removed, revoked }, `${account.name}: login ${where}`);
}

/** Revoking the refresh token ends the whole grant (RFC 7009 §2.1). */
async function revoke(app: App, account: Account, credential: Credential): Promise<boolean> {
  if (credential.kind === 'password') {
    app.tell('mailctl: the password itself still works; delete it in your account there');
    return false;
  }
  const wrong = mismatch(account, credential);
  if (wrong !== null) {
    app.tell(`mailctl: the provider was not told: ${wrong}`);
    return false;
  }
  // A program in its own right has no grant that could end; its token does so within the hour.
  if (account.login?.kind !== 'oauth') return false;
  const { refreshToken, accessToken } = credential.tokens;
  try {
    const client = await oauthClientFor(account, credential, app.system);
    const revoked = await client.revoke(refreshToken ?? accessToken);
    if (!revoked) {
      app.tell(
        `mailctl: ${client.issuer} cannot revoke a login; remove mailctl in your account there`,
      );
    }
    return revoked;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind === 'cancelled') throw error;
    app.tell(`mailctl: the provider was not told: ${error.message}`);
    return false;
  }
}
