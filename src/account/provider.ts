import type {
  AuthorizationServer,
  ClientTrial,
  ImapSecurity,
  OAuthMechanism,
  Redirect,
} from './account.ts';

/** What mailctl knows of a mail provider. Data: no code asks which provider it is. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  /** Of mail addresses, in lower case; `*.example.org` is every name below example.org. */
  readonly domains: readonly string[];
  /**
   * Names of mail exchangers that say a domain is its customer's: the host itself, or what stands
   * behind a dot in it.
   */
  readonly mx: readonly string[];
  /** Null where programs get no tokens. */
  readonly oauth: ProviderOAuth | null;
  /** A password for this one program. Null where no password opens the mailbox. */
  readonly password: ProviderPassword | null;
  readonly imap: ProviderImap;
  /** What a person should know before relying on it. */
  readonly notes: readonly string[];
  /** What is known at second hand, or not at all. */
  readonly doubts: readonly string[];
  /** What of it has been tried on the live service, null for nothing. */
  readonly tried: string | null;
}

export interface ProviderOAuth {
  /** Null where everybody has a server of their own. */
  readonly server: AuthorizationServer | null;
  /** How the issuer of such a server is spelled. */
  readonly issuerForm: string | null;
  readonly tenant: TenantRule | null;
  /** Further servers that may redeem what the first has granted (origins). */
  readonly dataCentres: readonly string[];
  /** The fewest with which mail can be read and the login kept. */
  readonly scopes: readonly Scope[];
  readonly scopeSeparator: ' ' | ',';
  /** What a program in its own right asks for, null where there is no such thing. */
  readonly unattendedScopes: readonly string[] | null;
  /** The resource indicator the server wants (RFC 8707). */
  readonly resource: string | null;
  /** Extra parameters of the authorization request. */
  readonly authorizationParameters: Readonly<Record<string, string>>;
  readonly redirect: Redirect;
  /** Whether the token endpoint takes the secret of a program that cannot keep one. */
  readonly clientSecret: 'required' | 'forbidden' | 'optional';
  /** PKCE is always used; this is whether the provider says that it heeds it. */
  readonly pkce: 'documented' | 'undocumented';
  /** Whether the login by device code gives a token for mail. */
  readonly deviceFlow: boolean;
  readonly registration: Registration;
  /** What becomes of a refresh token that was redeemed. */
  readonly rotation: Rotation;
  readonly lifetime: Lifetime;
  /** How logins end early that a client gives which is not published yet. */
  readonly trial?: ClientTrial;
  /** Whether a program can take the grant back (RFC 7009); null where the server's metadata says. */
  readonly revocable: boolean | null;
  /** Where a person takes it back by hand. */
  readonly grantsPage: string | null;
}

export interface Scope {
  readonly name: string;
  /** Why it is asked for, for whoever is asked. */
  readonly why: string;
}

/** A server with an issuer for each tenant has `{tenant}` in it, and is discovered. */
export interface TenantRule {
  /** Null where the person must name theirs. */
  readonly default: string | null;
  readonly examples: readonly string[];
}

/** How a person comes by a client of their own. */
export interface Registration {
  /**
   * `open`: anybody can make one. `by-request`: the provider decides who may. `dynamic`: mailctl
   * registers itself where the server lets it (RFC 7591).
   */
  readonly kind: 'open' | 'by-request' | 'dynamic';
  readonly steps: readonly Step[];
  readonly clientId: ClientIdShape;
  /** Whether a client can be downloaded as a file that login takes. */
  readonly clientFile?: true;
}

export interface Step {
  readonly text: string;
  /** The page to open for it. */
  readonly url?: string;
}

export interface ClientIdShape {
  readonly pattern: RegExp;
  readonly example: string;
}

/**
 * `kept`: it stays as it is. `replaced`: a new one comes, the old one still works for a while.
 * `single-use`: a new one comes, and using the old one again ends the login. `near-end`: a new one
 * comes shortly before the old one ends.
 */
export type Rotation = 'kept' | 'replaced' | 'single-use' | 'near-end' | 'unknown';

export interface Lifetime {
  /** Days without use after which the refresh token is dead; null where none is known. */
  readonly unusedDays: number | null;
  /** What else ends it, for people. */
  readonly notes: readonly string[];
}

export interface ProviderPassword {
  /** What the provider calls it. */
  readonly name: string;
  /** Where a person makes one. */
  readonly url: string;
}

export interface ProviderImap {
  /** Null where everybody has a server of their own. */
  readonly host: string | null;
  readonly port: number;
  readonly security: ImapSecurity;
  /** What the server calls the mailbox: the address, or what stands before the @. */
  readonly user: 'address' | 'local-part';
  /** For tokens, the best first. */
  readonly mechanisms: readonly OAuthMechanism[];
  /** Whether the answer to the challenge may ride on AUTHENTICATE where SASL-IR is offered. */
  readonly initialResponse: boolean;
  /** At the same time, for one mailbox; null where none is known. */
  readonly connections: number | null;
  /** Null where none is known. */
  readonly bytesPerDay: number | null;
  /** How many of the newest messages of a folder the server shows; null for all. */
  readonly newestMessages: number | null;
  /** What a person must switch on first. */
  readonly switchOn: Step | null;
}

/** In one word, for lists. */
export type ProviderState = 'oauth' | 'oauth-by-request' | 'app-password';

export function providerState({ oauth }: Provider): ProviderState {
  if (oauth === null) return 'app-password';
  return oauth.registration.kind === 'by-request' ? 'oauth-by-request' : 'oauth';
}
