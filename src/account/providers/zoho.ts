import type { Provider } from '../provider.ts';
import { loopbackPort, usualImap } from './usual.ts';

interface Region {
  readonly id: string;
  readonly name: string;
  readonly domains: readonly string[];
  readonly mx: readonly string[];
  readonly accounts: string;
  readonly imapHost: string;
  readonly console: string;
}

// https://zoho.com/accounts/protocol/oauth/multi-dc.html
const dataCentres = [
  ...['https://accounts.zoho.com', 'https://accounts.zoho.eu', 'https://accounts.zoho.in'],
  ...['https://accounts.zoho.com.au', 'https://accounts.zoho.jp', 'https://accounts.zohocloud.ca'],
  ...['https://accounts.zoho.sa', 'https://accounts.zoho.uk', 'https://accounts.zoho.com.cn'],
];

// https://www.zoho.com/mail/help/sasl-xoauth2-smtp-imap-pop-protocol-exchange.html
// https://zoho.com/accounts/protocol/oauth/multi-dc/client-authorization.html
function region({ accounts, imapHost, console, ...about }: Region): Provider {
  return {
    ...about,
    oauth: {
      server: {
        kind: 'given',
        issuer: accounts,
        authorizationEndpoint: `${accounts}/oauth/v2/auth`,
        tokenEndpoint: `${accounts}/oauth/v2/token`,
        revocationEndpoint: `${accounts}/oauth/v2/token/revoke`,
        deviceAuthorizationEndpoint: null,
      },
      issuerForm: null,
      tenant: null,
      dataCentres,
      scopes: [
        {
          name: 'ZOHOMAIL.PROTOCOL.IMAP',
          why: 'reads mail by IMAP; it could also change it, which mailctl does not',
        },
      ],
      scopeSeparator: ',',
      unattendedScopes: null,
      resource: null,
      // Without both a second login brings no refresh token.
      authorizationParameters: { access_type: 'offline', prompt: 'consent' },
      redirect: { kind: 'loopback', host: 'localhost', port: loopbackPort },
      clientSecret: 'required',
      pkce: 'undocumented',
      deviceFlow: false,
      registration: {
        kind: 'open',
        steps: [
          {
            text: `Add a client of the type "Server-based Applications", with the redirect URI http://localhost:${loopbackPort}/callback.`,
            url: console,
          },
          { text: 'If the mailbox is in another data centre, switch on "Multi-DC" for it.' },
          { text: 'Copy the client ID and the client secret.' },
        ],
        clientId: {
          pattern: /^1000\.[0-9A-Z]{20,}$/,
          example: '1000.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123',
        },
      },
      rotation: 'kept',
      lifetime: {
        unusedDays: null,
        notes: ['the 21st login of one person ends the oldest'],
      },
      revocable: true,
      grantsPage: `${accounts}/home#sessions/userconnectedapps`,
    },
    password: { name: 'app-specific password', url: `${accounts}/home#security/app_password` },
    imap: {
      ...usualImap,
      host: imapHost,
      mechanisms: ['XOAUTH2'],
      switchOn: {
        text: 'Switch on IMAP in the settings of Zoho Mail, under "Mail Accounts".',
        url: 'https://www.zoho.com/mail/help/imap-access.html',
      },
    },
    notes: [
      'paid organisations have a mail server of their own: imap.host = "imappro.zoho.com" and its kin',
    ],
    doubts: [
      'the redirect on loopback is what Zoho’s own command line uses, for other scopes',
      'whether PKCE is heeded',
      'whether it renews refresh tokens',
    ],
    tried: null,
  };
}

export const zohoRegions: readonly Provider[] = [
  region({
    id: 'zoho',
    name: 'Zoho Mail',
    domains: ['zoho.com', 'zohomail.com'],
    mx: ['zoho.com', 'zohomail.com'],
    accounts: 'https://accounts.zoho.com',
    imapHost: 'imap.zoho.com',
    console: 'https://api-console.zoho.com',
  }),
  region({
    id: 'zoho-eu',
    name: 'Zoho Mail (Europe)',
    domains: ['zoho.eu', 'zohomail.eu'],
    mx: ['zoho.eu'],
    accounts: 'https://accounts.zoho.eu',
    imapHost: 'imap.zoho.eu',
    console: 'https://api-console.zoho.eu',
  }),
  region({
    id: 'zoho-in',
    name: 'Zoho Mail (India)',
    domains: ['zoho.in', 'zohomail.in'],
    mx: ['zoho.in'],
    accounts: 'https://accounts.zoho.in',
    imapHost: 'imap.zoho.in',
    console: 'https://api-console.zoho.in',
  }),
  region({
    id: 'zoho-au',
    name: 'Zoho Mail (Australia)',
    domains: ['zoho.com.au', 'zohomail.com.au'],
    mx: ['zoho.com.au'],
    accounts: 'https://accounts.zoho.com.au',
    imapHost: 'imap.zoho.com.au',
    console: 'https://api-console.zoho.com.au',
  }),
  region({
    id: 'zoho-jp',
    name: 'Zoho Mail (Japan)',
    domains: ['zoho.jp', 'zohomail.jp'],
    mx: ['zoho.jp'],
    accounts: 'https://accounts.zoho.jp',
    imapHost: 'imap.zoho.jp',
    console: 'https://api-console.zoho.jp',
  }),
  region({
    id: 'zoho-ca',
    name: 'Zoho Mail (Canada)',
    domains: ['zohocloud.ca', 'zohomailcloud.ca'],
    mx: ['zohocloud.ca'],
    accounts: 'https://accounts.zohocloud.ca',
    imapHost: 'imap.zohocloud.ca',
    console: 'https://api-console.zohocloud.ca',
  }),
];
