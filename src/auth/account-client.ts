import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import type { System } from '../system/system.ts';
import { type OAuthClient, openOAuthClient } from './oauth-client.ts';

/** The OAuth client of an account. @throws Failure 'config' where the account has none. */
export async function oauthClientFor(
  account: Account,
  storedSecret: string | null,
  system: System,
): Promise<OAuthClient> {
  if (account.oauth === null) {
    throw new Failure('config', `accounts.${account.name} names no OAuth client`, {
      hint: 'set client_id and oauth.issuer in the config, or use MAILCTL_ACCESS_TOKEN',
    });
  }
  const clientSecret = account.oauth.clientSecret ?? storedSecret;
  if (clientSecret !== null) system.secrets.add(clientSecret);
  return openOAuthClient(account.oauth, {
    clientSecret,
    signal: system.signal,
    timeoutMs: account.timeouts.command * 1000,
  });
}
