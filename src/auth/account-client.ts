import type { Account, OAuthClientSettings } from '../account/account.ts';
import { Failure } from '../errors.ts';
import { httpClient } from '../system/http.ts';
import { proxyChoice } from '../system/proxy.ts';
import type { System } from '../system/system.ts';
import { readTls } from '../system/tls.ts';
import type { ClientProof } from './client-proof.ts';
import { type OAuthClient, type OAuthSettings, openOAuthClient } from './oauth-client.ts';
import { readSecret } from './secret-source.ts';

/** The OAuth client of an account, for what is stored of it. @throws Failure 'config' where the account has none. */
export async function oauthClientFor(
  account: Account,
  stored: { readonly clientSecret: string | null; readonly issuer: string | null },
  system: System,
): Promise<OAuthClient> {
  const { login } = account;
  if (login?.kind !== 'oauth') {
    throw new Failure('config', `accounts.${account.name} names no OAuth client`, {
      hint: 'set client_id and oauth.issuer in the config, or use MAILCTL_ACCESS_TOKEN',
    });
  }
  const proof = (await secretProof(login, stored.clientSecret, system)) ?? { kind: 'none' };
  const { issuer } = stored;
  const dataCentre = issuer !== null && login.dataCentres.includes(issuer) ? issuer : null;
  return openFor(account, login, proof, system, dataCentre);
}

/** The same with the account's limits of time. */
export async function openFor(
  account: Account,
  settings: OAuthSettings,
  proof: ClientProof,
  system: System,
  dataCentre: string | null = null,
): Promise<OAuthClient> {
  return openOAuthClient(settings, { proof, dataCentre, ...(await reach(account, system)) });
}

/** How the login server of an account is reached, and how long one request may take. */
export async function reach({ proxy, loginTls, timeouts }: Account, system: System) {
  const http = httpClient({
    proxies: proxyChoice(proxy, system),
    tls: await readTls(loginTls),
    signal: system.signal,
  });
  return { http, timeoutMs: timeouts.command * 1000 };
}

/** The client's secret: what the config says, else what `login` was given. Null where neither is. */
export async function secretProof(
  { clientSecret }: OAuthClientSettings,
  storedSecret: string | null,
  { secrets }: System,
): Promise<(ClientProof & { kind: 'secret' }) | null> {
  const secret =
    clientSecret === null ? storedSecret : await readSecret(clientSecret, 'the client secret');
  return secret === null ? null : { kind: 'secret', secret: secrets.add(secret) };
}
