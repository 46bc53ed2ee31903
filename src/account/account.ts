import type { TlsSettings } from '../system/tls.ts';

/** The words every subject may use for "who": an account and the servers it belongs to. */

export interface Account {
  /** The name of its table in the config: letters, digits and `. _ @ -`. */
  readonly name: string;
  /** Whose login it is: the address the token must belong to. */
  readonly address: string;
  /** The mailbox that is read: the address, or one shared with it. */
  readonly mailbox: string;
  /** What the mail server calls it: the mailbox, unless the config has another name. */
  readonly imapUser: string;
  /** The id of a known provider, null for a server described in the config alone. */
  readonly provider: string | null;
  /** Null where the config names nothing to log in with: then only MAILCTL_ACCESS_TOKEN serves. */
  readonly login: LoginMethod | null;
  readonly imap: ImapServer;
  /** TLS to the login server. */
  readonly loginTls: TlsSettings;
  /** The URL of the proxy to both, "none" for none; null for that of the environment. */
  readonly proxy: string | null;
  readonly store: StoreSettings;
  /** Absolute path of the folder its mail is fetched into. */
  readonly archive: string;
  /** Nothing on the mail server is ever changed, whatever a command line asks for. */
  readonly readOnly: boolean;
  /** How many connections a fetch may open; null for the usual number. */
  readonly connections: number | null;
  /** How many its provider takes at the same time, from all programs; null where none is known. */
  readonly connectionLimit: number | null;
  readonly timeouts: Timeouts;
}

/** How an account is logged in to. */
export type LoginMethod = OAuthLogin | ClientCredentialsLogin | ServiceAccountLogin | PasswordLogin;

/** What every OAuth client needs. */
export interface OAuthClientSettings {
  readonly clientId: string;
  /** Where the config says the secret is. One given to `login` is in the token store instead. */
  readonly clientSecret: SecretSource | null;
  readonly server: AuthorizationServer;
  readonly scopes: readonly string[];
}

/** A person says yes: in a browser, or on another device (RFC 6749 §4.1, RFC 8628). */
export interface OAuthLogin extends OAuthClientSettings {
  readonly kind: 'oauth';
  readonly scopeSeparator: ' ' | ',';
  /** What the token is for, where the server wants that said (RFC 8707). */
  readonly resource: string | null;
  readonly redirect: Redirect;
  /** False where a login by device code (RFC 8628) gives no token for mail. */
  readonly deviceFlow: boolean;
  /** Origins that may redeem what the server has granted. */
  readonly dataCentres: readonly string[];
  /** Extra parameters of the authorization request, such as `prompt`. */
  readonly authorizationParameters: Readonly<Record<string, string>>;
  /** Null where a client that is not published yet is like any other. */
  readonly trial: ClientTrial | null;
}

/** What a provider does to the logins of a client that is not published yet. */
export interface ClientTrial {
  /** How long they last. */
  readonly days: number;
  /** For people: that it looks like that, and what to do. */
  readonly advice: string;
}

/** A program in its own right, for mailboxes an administrator gave it (RFC 6749 §4.4). */
export interface ClientCredentialsLogin extends OAuthClientSettings {
  readonly kind: 'client-credentials';
  /** Proves the client in place of a secret (RFC 7523 §2.2). */
  readonly signingKey: SecretSource | null;
  /** PEM file of the certificate that key belongs to, for servers that know clients by it. */
  readonly signingCertificateFile: string | null;
}

/** A Google service account that may act for a mailbox (RFC 7523 §2.1). */
export interface ServiceAccountLogin {
  readonly kind: 'service-account';
  /** Its JSON key. */
  readonly key: SecretSource;
  readonly scopes: readonly string[];
}

/** A password of the mailbox made for one program, where a provider has no OAuth. */
export interface PasswordLogin {
  readonly kind: 'password';
}

/** Where a secret is that the config only names. */
export type SecretSource =
  | { readonly kind: 'inline'; readonly value: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'command'; readonly command: readonly string[] };

export type RedirectHost = '127.0.0.1' | 'localhost';

/** Where the browser takes the answer of the login server (RFC 8252 §7). */
export type Redirect =
  /** To this program, on a port the system chooses unless the server knows only one. */
  | { readonly kind: 'loopback'; readonly host: RedirectHost; readonly port: number | null }
  /** To a page that no program can answer for: the person pastes its address, or what it shows. */
  | { readonly kind: 'paste'; readonly uri: string };

/** SASL mechanisms for access tokens: Google's, and that of RFC 7628. */
export type OAuthMechanism = 'XOAUTH2' | 'OAUTHBEARER';

/** An issuer whose metadata is discovered (RFC 8414, OpenID Connect), or endpoints as given. */
export type AuthorizationServer =
  | { readonly kind: 'discovered'; readonly issuer: string }
  | {
      readonly kind: 'given';
      readonly issuer: string;
      /** Null for a server that no person logs in to. */
      readonly authorizationEndpoint: string | null;
      readonly tokenEndpoint: string;
      readonly revocationEndpoint: string | null;
      readonly deviceAuthorizationEndpoint: string | null;
    };

export interface ImapServer extends TlsSettings {
  readonly host: string;
  readonly port: number;
  readonly security: ImapSecurity;
  /** For tokens, the best first; of those the server offers one is taken. */
  readonly mechanisms: readonly OAuthMechanism[];
  /** False where the first answer must wait for the challenge, whatever the server offers. */
  readonly initialResponse: boolean;
}

/** `tls` from the first byte, `starttls` required before login, `none` on loopback only. */
export type ImapSecurity = 'tls' | 'starttls' | 'none';

export type StoreSettings =
  | { readonly kind: 'keychain' }
  | { readonly kind: 'file'; readonly key: KeySource | null }
  | { readonly kind: 'command'; readonly commands: StoreCommands };

/** Where the key of the file store comes from. */
export type KeySource =
  | { readonly kind: 'file'; readonly path: string }
  /** A systemd credential, below $CREDENTIALS_DIRECTORY. */
  | { readonly kind: 'credential'; readonly name: string }
  | { readonly kind: 'command'; readonly command: readonly string[] }
  | { readonly kind: 'passphrase'; readonly from: PassphraseSource };

export type PassphraseSource =
  | { readonly kind: 'ask' }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'fd'; readonly fd: number };

/** Program and arguments of the person's own store. */
export interface StoreCommands {
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly delete: readonly string[] | null;
}

/** Seconds; each is a total for its phase, not only a limit on silence. */
export interface Timeouts {
  readonly connect: number;
  readonly greeting: number;
  readonly auth: number;
  readonly command: number;
  readonly idle: number;
}
