import type { AuthorizationServer, ImapServer, RedirectHost } from './account.ts';

/** What mailctl knows of a mail provider. Data: no code asks which provider it is. */
export interface Provider {
  readonly id: string;
  readonly name: string;
  readonly domains: readonly string[];
  readonly server: AuthorizationServer;
  /** The fewest scopes with which mail can be read and the login kept. */
  readonly scopes: readonly string[];
  readonly redirectHost: RedirectHost;
  readonly authorizationParameters: Readonly<Record<string, string>>;
  /** Whether the token endpoint wants a client secret of a desktop client as well. */
  readonly clientSecret: 'required' | 'forbidden' | 'optional';
  /** Where a person registers a client of their own. */
  readonly clientRegistration: string;
  /** When a login ends by itself. */
  readonly lifetime: Lifetime;
  readonly imap: Omit<ImapServer, 'caFile'>;
}

export interface Lifetime {
  /** Days without use after which the refresh token is dead; null where none is known. */
  readonly unusedDays: number | null;
  /** What else ends it, for people. */
  readonly notes: readonly string[];
}

export const providers: readonly Provider[] = [
  {
    id: 'google',
    name: 'Gmail and Google Workspace',
    domains: ['gmail.com', 'googlemail.com'],
    server: {
      kind: 'given',
      issuer: 'https://accounts.google.com',
      authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
      tokenEndpoint: 'https://oauth2.googleapis.com/token',
      revocationEndpoint: 'https://oauth2.googleapis.com/revoke',
      // Google's device flow does not take the mail scope.
      deviceAuthorizationEndpoint: null,
    },
    // The only scope Google's IMAP takes; openid and email tell which mailbox was granted.
    // https://developers.google.com/gmail/imap/xoauth2-protocol
    scopes: ['https://mail.google.com/', 'openid', 'email'],
    redirectHost: '127.0.0.1',
    // Without prompt=consent a second login brings no refresh token.
    authorizationParameters: { access_type: 'offline', prompt: 'consent' },
    clientSecret: 'required',
    clientRegistration: 'https://console.cloud.google.com/auth/clients',
    // https://developers.google.com/identity/protocols/oauth2#expiration
    lifetime: {
      unusedDays: 180,
      notes: [
        'a client whose consent screen is in "Testing" gives logins that end after 7 days',
        'changing the password of the account ends it',
        'the 101st login of one client to one account ends the oldest',
      ],
    },
    imap: { host: 'imap.gmail.com', port: 993, security: 'tls' },
  },
  {
    id: 'microsoft',
    name: 'Outlook.com and Microsoft 365',
    domains: ['outlook.com', 'hotmail.com', 'live.com', 'msn.com'],
    // Discovered, as only the metadata says how the issuer of a tenant is spelled.
    server: { kind: 'discovered', issuer: 'https://login.microsoftonline.com/common/v2.0' },
    // https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
    scopes: [
      'https://outlook.office.com/IMAP.AccessAsUser.All',
      'offline_access',
      'openid',
      'email',
      'profile',
    ],
    // The portal takes http://localhost and nothing else for desktop clients.
    redirectHost: 'localhost',
    authorizationParameters: {},
    clientSecret: 'forbidden',
    clientRegistration: 'https://entra.microsoft.com (App registrations)',
    // https://learn.microsoft.com/entra/identity-platform/refresh-tokens
    lifetime: {
      unusedDays: 90,
      notes: ['changing the password, or an administrator, ends it'],
    },
    imap: { host: 'outlook.office365.com', port: 993, security: 'tls' },
  },
];

export function findProvider(id: string): Provider | null {
  return providers.find((provider) => provider.id === id) ?? null;
}

export function providerOfAddress(address: string): Provider | null {
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  return providers.find((provider) => provider.domains.includes(domain)) ?? null;
}
