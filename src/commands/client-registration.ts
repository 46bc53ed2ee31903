import type { Account, AuthorizationServer } from '../account/account.ts';
import type { AccountConfig } from '../account/config-schema.ts';
import type { Provider } from '../account/provider.ts';
import { findProvider } from '../account/providers.ts';
import { providerServer } from '../account/tenant.ts';
import { reach } from '../auth/account-client.ts';
import { learnServer } from '../auth/oauth-client.ts';
import { type RegisteredClient, registerClient } from '../auth/registration.ts';
import { Failure } from '../errors.ts';
import type { App } from './app.ts';
import { ask, canAsk } from './ask.ts';

export interface ClientOfOurOwn {
  readonly entry: AccountConfig;
  /** Null where the client was there already. */
  readonly registered: RegisteredClient | null;
}

/** The scope of the IETF's profile for open public clients (draft-ietf-mailmaint-oauth-public). */
const mailScope = 'urn:ietf:params:oauth:scope:mail';
const usualScopes = ['openid', 'email', 'offline_access'];

/** Whether a login that names no client may register one with its server. */
export function mayRegister(entry: AccountConfig, provider: Provider | null): boolean {
  if ((entry.login ?? 'oauth') !== 'oauth') return false;
  const kind = provider?.oauth?.registration.kind ?? 'dynamic';
  return kind === 'dynamic' && serverOf(entry, provider) !== null;
}

function serverOf({ oauth }: AccountConfig, provider: Provider | null): AuthorizationServer | null {
  if (oauth?.token_endpoint !== undefined) return null;
  if (oauth?.issuer !== undefined) return { kind: 'discovered', issuer: oauth.issuer };
  return provider === null ? null : providerServer(provider, oauth?.tenant, 'the account');
}

/**
 * Where no client is named: register one (RFC 7591) if the server lets anybody, else ask for one.
 * @throws Failure 'usage' where nobody can be asked
 */
export async function withClient(
  app: App,
  account: Account,
  entry: AccountConfig,
): Promise<ClientOfOurOwn> {
  const provider = account.provider === null ? null : findProvider(account.provider);
  const server = serverOf(entry, provider);
  if (entry.client_id !== undefined || !mayRegister(entry, provider) || server === null) {
    return { entry, registered: null };
  }
  const way = await reach(account, app.system);
  const facts = await learnServer(server, way);
  if (facts.registrationEndpoint === null) {
    return { entry: { ...entry, client_id: await askForClient(app, account) }, registered: null };
  }
  const scopes =
    entry.oauth?.scopes ??
    provider?.oauth?.scopes.map(({ name }) => name) ??
    fittingScopes(facts.scopes);
  const redirect = provider?.oauth?.redirect;
  const usualHost = redirect?.kind === 'loopback' ? redirect.host : '127.0.0.1';
  const asked = entry.oauth?.redirect_host ?? usualHost;
  const registered = await registerClient(facts.registrationEndpoint, {
    ...way,
    redirectHost: asked,
    scopes,
    version: MAILCTL_VERSION,
  });
  const { clientId, clientSecret, registrationAccessToken, redirectHost } = registered;
  for (const secret of [clientSecret, registrationAccessToken]) {
    if (secret !== null) app.system.secrets.add(secret);
  }
  app.log.info('registered', { issuer: facts.issuer, client: clientId, scopes: scopes.join(' ') });
  if (redirectHost !== asked) app.log.info('redirect', { asked, registered: redirectHost });
  const oauth = {
    ...entry.oauth,
    ...(provider === null ? { scopes } : {}),
    ...(redirectHost === usualHost ? {} : { redirect_host: redirectHost }),
  };
  return { entry: { ...entry, client_id: clientId, oauth }, registered };
}

/** The fewest scopes of those a server has that read mail and keep the login. */
export function fittingScopes(supported: readonly string[]): string[] {
  if (!supported.includes(mailScope)) return usualScopes;
  return [mailScope, ...supported.filter((scope) => scope === 'offline_access')];
}

async function askForClient(app: App, { address }: Account): Promise<string> {
  if (canAsk(app)) return ask(app.system, 'OAuth client id: ');
  throw new Failure('usage', `login to ${address} needs --client-id`, {
    hint: 'the login server lets nobody register; register a client with it by hand',
  });
}
