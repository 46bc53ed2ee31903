/** The words every subject may use for "who": an account and the servers it belongs to. */

export interface Account {
  /** The name of its table in the config: letters, digits and `. _ @ -`. */
  readonly name: string;
  /** Whose login it is: the address the token must belong to. */
  readonly address: string;
  /** The mailbox that is read, also the IMAP user name: the address, or one shared with it. */
  readonly mailbox: string;
  /** The id of a known provider, null for a server described in the config alone. */
  readonly provider: string | null;
  /** Null where the config names no OAuth client: then only MAILCTL_ACCESS_TOKEN serves. */
  readonly oauth: OAuthSettings | null;
  readonly imap: ImapServer;
  readonly store: StoreSettings;
  /** Absolute path of the folder its mail is fetched into. */
  readonly archive: string;
  readonly timeouts: Timeouts;
}

export interface OAuthSettings {
  readonly clientId: string;
  /** From the config. A secret given to `login` is in the token store instead. */
  readonly clientSecret: string | null;
  readonly server: AuthorizationServer;
  readonly scopes: readonly string[];
  /** How the redirect URI spells the loopback address (RFC 8252 §7.3). */
  readonly redirectHost: RedirectHost;
  /** Extra parameters of the authorization request, such as `prompt`. */
  readonly authorizationParameters: Readonly<Record<string, string>>;
}

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
      readonly authorizationEndpoint: string;
      readonly tokenEndpoint: string;
      readonly revocationEndpoint: string | null;
      readonly deviceAuthorizationEndpoint: string | null;
    };

export interface ImapServer {
  readonly host: string;
  readonly port: number;
  readonly security: ImapSecurity;
  /** PEM file of a private certificate authority. */
  readonly caFile: string | null;
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
