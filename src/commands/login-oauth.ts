import type { Account, OAuthLogin } from '../account/account.ts';
import { findProvider } from '../account/providers.ts';
import { rememberSecrets } from '../auth/access-token.ts';
import { oauthClientFor } from '../auth/account-client.ts';
import { checkIdentity, checkScopes, knownAddresses } from '../auth/identity.ts';
import { newGrant } from '../auth/new-grant.ts';
import type { TokenResponse } from '../auth/token-response.ts';
import type { Credential } from '../auth/token-set.ts';
import type { App } from './app.ts';
import { readClientSecret } from './client-secret.ts';
import { logInByBrowser } from './login-browser.ts';
import { checkKeptLogin } from './login-check.ts';
import { logInByDevice } from './login-device.ts';
import type { LoginOptions } from './login-options.ts';

/** A person says yes, in a browser or on another device. */
export async function logInByOAuth(
  app: App,
  account: Account,
  login: OAuthLogin,
  options: LoginOptions,
): Promise<Credential> {
  const { system } = app;
  const provider = account.provider === null ? null : findProvider(account.provider);
  const clientSecret = await readClientSecret(app, login, provider, {
    given: options.givenSecret,
    file: options.clientSecretFile,
    stored: options.ownClient?.clientSecret ?? null,
  });
  const client = await oauthClientFor(account, { clientSecret, issuer: null }, system);

  /** What makes a grant a login: it is the right person's, it is kept, and it opens the mailbox. */
  const accept = async (response: TokenResponse): Promise<Credential> => {
    const grant = newGrant(response, system.now(), {
      address: account.address,
      issuer: response.dataCentre ?? client.issuer,
      clientId: login.clientId,
      clientSecret,
      registrationAccessToken: options.ownClient?.registrationAccessToken ?? null,
      scopes: login.scopes,
    });
    rememberSecrets(grant, system);
    checkIdentity(await knownAddresses(response, client), account.address);
    checkScopes(response, login.scopes);
    await options.keep(grant);
    const { accessToken } = grant.tokens;
    if (options.check) await checkKeptLogin(app, account, { kind: 'token', accessToken });
    return grant;
  };
  const timeoutMs = options.timeout;
  return options.device === true
    ? logInByDevice(app, account, client, { timeoutMs, accept })
    : logInByBrowser(app, account, client, {
        timeoutMs,
        accept,
        openBrowser: options.browser,
        redirect: login.redirect,
      });
}
