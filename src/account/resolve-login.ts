import { Failure } from '../errors.ts';
import type {
  AuthorizationServer,
  ClientCredentialsLogin,
  LoginMethod,
  OAuthClientSettings,
  OAuthLogin,
  Redirect,
  SecretSource,
  ServiceAccountLogin,
} from './account.ts';
import type { AccountConfig } from './config-schema.ts';
import type { Provider } from './provider.ts';
import { providerServer } from './tenant.ts';

interface Surroundings {
  /** The table of the account, for the sentence a person reads. */
  readonly where: string;
  /** A path as the config has it, made absolute. */
  readonly file: (path: string) => string;
}

/**
 * How an account is logged in to, as its table and its provider say; null where nothing is named.
 * @throws Failure 'config' naming what is missing.
 */
export function resolveLogin(
  entry: AccountConfig,
  provider: Provider | null,
  surroundings: Surroundings,
): LoginMethod | null {
  switch (entry.login ?? 'oauth') {
    case 'oauth':
      return resolveOAuth(entry, provider, surroundings);
    case 'client-credentials':
      return resolveClientCredentials(entry, provider, surroundings);
    case 'service-account':
      return resolveServiceAccount(entry, provider, surroundings);
    case 'password':
      return { kind: 'password' };
  }
}

function resolveOAuth(
  entry: AccountConfig,
  provider: Provider | null,
  surroundings: Surroundings,
): OAuthLogin | null {
  const client = resolveClient(entry, provider, surroundings);
  if (client === null) return null;
  const { oauth = {} } = entry;
  return {
    ...client,
    kind: 'oauth',
    scopes: oauth.scopes ??
      provider?.oauth?.scopes.map(({ name }) => name) ?? ['openid', 'email', 'offline_access'],
    scopeSeparator: provider?.oauth?.scopeSeparator ?? ' ',
    resource: oauth.resource ?? provider?.oauth?.resource ?? null,
    redirect: resolveRedirect(oauth, provider?.oauth?.redirect ?? anyLoopback),
    deviceFlow: provider?.oauth?.deviceFlow ?? true,
    dataCentres: [...(provider?.oauth?.dataCentres ?? []), ...(oauth.data_centres ?? [])],
    authorizationParameters: provider?.oauth?.authorizationParameters ?? {},
    trial: provider?.oauth?.trial ?? null,
  };
}

const anyLoopback = { kind: 'loopback', host: '127.0.0.1', port: null } as const satisfies Redirect;

function resolveRedirect(
  { redirect_uri, redirect_host, redirect_port }: NonNullable<AccountConfig['oauth']>,
  usual: Redirect,
): Redirect {
  if (redirect_uri !== undefined) return { kind: 'paste', uri: redirect_uri };
  if (redirect_host === undefined && redirect_port === undefined) return usual;
  const { host, port } = usual.kind === 'loopback' ? usual : anyLoopback;
  return { kind: 'loopback', host: redirect_host ?? host, port: redirect_port ?? port };
}

function resolveClientCredentials(
  entry: AccountConfig,
  provider: Provider | null,
  surroundings: Surroundings,
): ClientCredentialsLogin {
  const { where, file } = surroundings;
  // The provider's usual issuer is for people of every tenant; a program belongs to one.
  const known = entry.oauth?.tenant === undefined ? null : provider;
  const client = resolveClient(entry, known, surroundings);
  if (client === null) {
    throw new Failure('config', `${where}: client credentials need client_id and oauth.issuer`, {
      hint: 'of a provider with tenants name yours: --tenant contoso.onmicrosoft.com',
    });
  }
  const certificate = entry.signing_certificate_file;
  return {
    ...client,
    kind: 'client-credentials',
    scopes: entry.oauth?.scopes ?? provider?.oauth?.unattendedScopes ?? [],
    signingKey: secretSource(entry, 'signing_key', surroundings),
    signingCertificateFile: certificate === undefined ? null : file(certificate),
  };
}

function resolveServiceAccount(
  entry: AccountConfig,
  provider: Provider | null,
  surroundings: Surroundings,
): ServiceAccountLogin {
  const key = secretSource(entry, 'service_account', surroundings);
  if (key === null) {
    const needed = 'service_account_file or service_account_command';
    throw new Failure('config', `${surroundings.where}: a service account needs ${needed}`, {
      hint: 'its JSON key is made in the Google Cloud console, under IAM, Service accounts',
    });
  }
  const scopes = entry.oauth?.scopes ?? provider?.oauth?.unattendedScopes ?? [];
  return { kind: 'service-account', key, scopes };
}

function resolveClient(
  entry: AccountConfig,
  provider: Provider | null,
  surroundings: Surroundings,
): Omit<OAuthClientSettings, 'scopes'> | null {
  const server = resolveServer(entry.oauth ?? {}, provider, surroundings.where);
  if (entry.client_id === undefined || server === null) return null;
  const clientSecret = secretSource(entry, 'client_secret', surroundings);
  return { clientId: entry.client_id, clientSecret, server };
}

type NamedSecret = 'client_secret' | 'signing_key' | 'service_account';

/** Of `NAME`, `NAME_file` and `NAME_command` at most one; null where there is none. */
function secretSource(
  entry: AccountConfig,
  name: NamedSecret,
  { where, file }: Surroundings,
): SecretSource | null {
  const inline = name === 'client_secret' ? entry.client_secret : undefined;
  const path = entry[`${name}_file`];
  const command = entry[`${name}_command`];
  const sources: SecretSource[] = [];
  if (inline !== undefined) sources.push({ kind: 'inline', value: inline });
  if (path !== undefined) sources.push({ kind: 'file', path: file(path) });
  if (command !== undefined) sources.push({ kind: 'command', command });
  if (sources.length < 2) return sources[0] ?? null;
  throw new Failure('config', `${where} names ${name} more than once`, {
    hint: `keep one of ${name}_file and ${name}_command`,
  });
}

function resolveServer(
  oauth: NonNullable<AccountConfig['oauth']>,
  provider: Provider | null,
  where: string,
): AuthorizationServer | null {
  const { issuer, tenant, authorization_endpoint, token_endpoint } = oauth;
  if (authorization_endpoint === undefined && token_endpoint === undefined) {
    if (issuer !== undefined) return { kind: 'discovered', issuer };
    return provider === null ? null : providerServer(provider, tenant, where);
  }
  if (authorization_endpoint === undefined || token_endpoint === undefined) {
    const missing = token_endpoint === undefined ? 'token_endpoint' : 'authorization_endpoint';
    throw new Failure('config', `${where}.oauth.${missing} is missing`, {
      hint: 'give both endpoints, or the issuer alone to have them discovered',
    });
  }
  return {
    kind: 'given',
    issuer: issuer ?? new URL(token_endpoint).origin,
    authorizationEndpoint: authorization_endpoint,
    tokenEndpoint: token_endpoint,
    revocationEndpoint: oauth.revocation_endpoint ?? null,
    deviceAuthorizationEndpoint: oauth.device_authorization_endpoint ?? null,
  };
}
