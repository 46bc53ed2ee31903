import { resolve } from 'node:path';
import type { AccountConfig } from '../account/config-schema.ts';
import type { Provider } from '../account/provider.ts';
import { withoutUndefined } from '../account/without-undefined.ts';
import { Failure } from '../errors.ts';
import { type StoreFlags, storeEntry } from './store-flags.ts';

/** The flags of `login` that describe the account. */
export interface LoginFlags extends StoreFlags {
  readonly name?: string | undefined;
  readonly mailbox?: string | undefined;
  readonly provider?: string | undefined;
  readonly issuer?: string | undefined;
  readonly tenant?: string | undefined;
  readonly clientId?: string | undefined;
  readonly scope?: string[] | undefined;
  readonly imapHost?: string | undefined;
  readonly imapUser?: string | undefined;
  readonly imapPort?: number | undefined;
  readonly imapSecurity?: 'tls' | 'starttls' | 'none' | undefined;
  readonly caFile?: string | undefined;
  readonly oauthCaFile?: string | undefined;
  readonly tlsFingerprint?: string | undefined;
  readonly proxy?: string | undefined;
  readonly store?: 'keychain' | 'file' | 'command' | undefined;
  readonly device?: true | undefined;
  readonly oauth?: true | undefined;
  readonly password?: true | undefined;
  readonly passwordStdin?: true | undefined;
  readonly clientCredentials?: true | undefined;
  readonly signingKey?: string | undefined;
  readonly signingCertificate?: string | undefined;
  readonly serviceAccount?: string | undefined;
  /** False after --no-discover. */
  readonly discover: boolean;
  readonly ispdb?: true | undefined;
  readonly yes?: true | undefined;
}

/** The flags over what the config has. */
export function loginEntry(
  address: string,
  known: AccountConfig | undefined,
  flags: LoginFlags,
  provider: Provider | null,
): AccountConfig {
  const { issuer, tenant, scope, imapHost, imapPort, imapSecurity, imapUser } = flags;
  const described = {
    ...known,
    address,
    ...withoutUndefined({
      mailbox: flags.mailbox,
      provider: provider?.id,
      login: chosenMethod(flags) ?? known?.login ?? onlyMethod(provider),
      client_id: flags.clientId,
      proxy: flags.proxy,
      signing_key_file: absolute(flags.signingKey),
      signing_certificate_file: absolute(flags.signingCertificate),
      service_account_file: absolute(flags.serviceAccount),
    }),
    store: flags.store ?? known?.store ?? 'keychain',
    oauth: {
      ...known?.oauth,
      ...withoutUndefined({ issuer, tenant, scopes: scope, ca_file: absolute(flags.oauthCaFile) }),
    },
    imap: {
      ...known?.imap,
      ...withoutUndefined({
        host: imapHost,
        user: imapUser,
        port: imapPort,
        security: imapSecurity,
        ca_file: absolute(flags.caFile),
        tls_fingerprint: flags.tlsFingerprint,
      }),
    },
  };
  return storeEntry(described, flags);
}

/** Undefined where the flags name none: then as the config has it. */
export function chosenMethod(
  flags: LoginFlags,
): Exclude<AccountConfig['login'], undefined> | undefined {
  const byPassword = flags.password === true || flags.passwordStdin === true;
  const bySignature = flags.signingKey !== undefined || flags.signingCertificate !== undefined;
  const methods = [
    ...(flags.oauth === true || flags.device === true ? (['oauth'] as const) : []),
    ...(byPassword ? (['password'] as const) : []),
    ...(flags.clientCredentials === true || bySignature ? (['client-credentials'] as const) : []),
    ...(flags.serviceAccount === undefined ? [] : (['service-account'] as const)),
  ];
  if (methods.length < 2) return methods[0];
  throw new Failure('usage', `one way to log in at a time, not ${methods.join(' and ')}`);
}

/** Where a provider gives programs no tokens, a password is all there is. */
function onlyMethod(provider: Provider | null): 'password' | undefined {
  return provider?.oauth === null ? 'password' : undefined;
}

function absolute(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}
