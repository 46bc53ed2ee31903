import { resolve } from 'node:path';
import type { AccountConfig } from '../account/config-schema.ts';
import type { Provider } from '../account/provider.ts';
import { plainFingerprint } from '../system/fingerprint.ts';
import { usualTls } from '../system/tls.ts';
import type { App } from './app.ts';
import type { LoginFlags } from './login-flags.ts';

/** An account whose servers its domain has named. */
export interface DescribedAccount {
  readonly entry: AccountConfig;
  readonly provider: Provider | null;
}

/**
 * What the domain of an address says, for what neither the flags nor the config do. Null where
 * nothing is missing, nobody says anything, or the person does not take it.
 */
export async function describedByDomain(
  app: App,
  address: string,
  known: AccountConfig | undefined,
  flags: LoginFlags,
  method: NonNullable<AccountConfig['login']>,
): Promise<DescribedAccount | null> {
  const { oauth = {}, imap = {} } = known ?? {};
  const issuer = flags.issuer ?? oauth.issuer ?? oauth.token_endpoint ?? flags.tenant;
  const imapHost = flags.imapHost ?? imap.host;
  const needsIssuer = method === 'oauth' && issuer === undefined;
  // Nobody but the person knows of servers on this machine.
  if (!flags.discover || flags.imapSecurity === 'none' || (imapHost !== undefined && !needsIssuer))
    return null;
  const { discoverServers, foundEntry, scopesAt } = await import('./login-discovery.ts');
  const { imapPort, imapSecurity, ispdb, yes, oauthCaFile } = flags;
  const proxy = flags.proxy ?? known?.proxy;
  const mailTls = {
    ...usualTls,
    caFile: flags.caFile === undefined ? null : resolve(flags.caFile),
    fingerprint: plainFingerprint(flags.tlsFingerprint ?? ''),
  };
  const options = { issuer, imapHost, imapPort, imapSecurity, ispdb, yes, proxy, mailTls };
  const found = await discoverServers(app, address, options);
  if (found === null) return null;
  const { login, ...more } = foundEntry(found);
  // Who names a login server or a client wants no password.
  const byPassword = login !== undefined && issuer === undefined && flags.clientId === undefined;
  const server = { ...oauth, ...more.oauth };
  const caFile = oauthCaFile === undefined ? undefined : resolve(oauthCaFile);
  // A client that registers itself learns them with it.
  const hasClient = (flags.clientId ?? known?.client_id) !== undefined;
  const scopes =
    hasClient && flags.scope === undefined && server.issuer !== undefined
      ? await scopesAt(app, server.issuer, { proxy, caFile })
      : undefined;
  return {
    entry: {
      ...known,
      address,
      ...more,
      ...(byPassword ? { login } : {}),
      oauth: { ...server, ...(scopes === undefined ? {} : { scopes }) },
      imap: { ...imap, ...more.imap },
    },
    provider: found.provider,
  };
}
