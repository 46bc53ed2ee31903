import type { Account } from '../account/account.ts';
import { findProvider } from '../account/providers.ts';
import { rememberSecrets } from '../auth/access-token.ts';
import { newGrant } from '../auth/new-grant.ts';
import type { Credential } from '../auth/token-set.ts';
import { openUnattended, type UnattendedLogin } from '../auth/unattended.ts';
import type { App } from './app.ts';
import { readClientSecret } from './client-secret.ts';
import { checkMailbox } from './login-check.ts';
import type { LoginOptions } from './login-options.ts';

/** As a program in its own right: nobody is asked, an administrator has said yes before. */
export async function logInUnattended(
  app: App,
  account: Account,
  login: UnattendedLogin,
  options: LoginOptions,
): Promise<Credential> {
  const { system } = app;
  const provider = account.provider === null ? null : findProvider(account.provider);
  const clientSecret = await readClientSecret(app, login, provider, {
    given: options.givenSecret,
    file: options.clientSecretFile,
    stored: null,
  });
  const client = await openUnattended(account, login, clientSecret, system);
  const grant = newGrant(await client.request(), system.now(), {
    address: account.address,
    issuer: client.issuer,
    clientId: client.clientId,
    clientSecret,
    scopes: login.scopes,
  });
  rememberSecrets(grant, system);
  const { accessToken } = grant.tokens;
  // Tried before it is kept: another one can be asked for at any time.
  if (options.check) await checkMailbox(app, account, { kind: 'token', accessToken });
  await options.keep(grant);
  return grant;
}
