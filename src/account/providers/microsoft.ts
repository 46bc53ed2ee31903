import type { Provider } from '../provider.ts';
import { usualImap } from './usual.ts';

/** One of the clouds, each with login servers, mail servers and client registrations of its own. */
interface Cloud extends Pick<Provider, 'id' | 'name' | 'domains' | 'mx' | 'notes' | 'doubts'> {
  readonly login: string;
  readonly portal: string;
  readonly imapHost: string;
  /** What mail tokens are for. */
  readonly resource: string;
  readonly unattendedResource: string;
  readonly tenant: string | null;
  readonly grantsPage: string;
}

// https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
// https://learn.microsoft.com/entra/identity-platform/reply-url
// https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
function cloud(about: Cloud): Provider {
  const { id, name, domains, mx, notes, doubts } = about;
  return {
    ...{ id, name, domains, mx },
    oauth: {
      // Discovered, as only the metadata says how the issuer of a tenant is spelled.
      server: { kind: 'discovered', issuer: `${about.login}/{tenant}/v2.0` },
      issuerForm: null,
      tenant: {
        default: about.tenant,
        examples:
          about.tenant === null
            ? ['00000000-0000-0000-0000-000000000000']
            : ['common', 'organizations', 'consumers', 'contoso.onmicrosoft.com'],
      },
      dataCentres: [],
      scopes: [
        {
          name: `${about.resource}/IMAP.AccessAsUser.All`,
          why: 'reads mail by IMAP; it could also change it, which mailctl does not',
        },
        { name: 'offline_access', why: 'keeps the login, so that cron jobs need no browser' },
        { name: 'openid', why: 'has Microsoft say whose login it is' },
        { name: 'email', why: 'names the address, so that no other mailbox is taken for yours' },
        { name: 'profile', why: 'names the login where it differs from the address' },
      ],
      scopeSeparator: ' ',
      unattendedScopes: [`${about.unattendedResource}/.default`],
      resource: null,
      authorizationParameters: {},
      // The portal takes http://localhost and nothing else for desktop clients.
      redirect: { kind: 'loopback', host: 'localhost', port: null },
      // AADSTS700025
      clientSecret: 'forbidden',
      pkce: 'documented',
      deviceFlow: true,
      registration: {
        kind: 'open',
        steps: [
          {
            text: 'Under "App registrations" press "New registration". Supported account types: with personal accounts, unless only your organisation is meant.',
            url: about.portal,
          },
          {
            text: 'Redirect URI: platform "Public client/native (mobile & desktop)", http://localhost. Not "Web", not "Single-page application": such logins need a secret, or end after 24 hours.',
          },
          {
            text: 'Under "Authentication" set "Allow public client flows" to "Yes": for logins by device code.',
          },
          {
            text: 'Under "API permissions" add: "APIs my organization uses", "Office 365 Exchange Online", "Delegated permissions", IMAP.AccessAsUser.All. If your organisation wants it, ask an administrator to consent.',
          },
          { text: 'Make no client secret. Copy the "Application (client) ID" of the overview.' },
        ],
        clientId: {
          pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
          example: '00000000-0000-0000-0000-000000000000',
        },
      },
      // https://learn.microsoft.com/entra/identity-platform/refresh-tokens
      rotation: 'replaced',
      lifetime: {
        unusedDays: 90,
        notes: [
          'a client registered as "Single-page application" gives logins that end after 24 hours',
          'changing the password, or an administrator, ends it',
        ],
      },
      revocable: false,
      grantsPage: about.grantsPage,
    },
    // Switched off for good in 2022 (Microsoft 365) and 2024 (Outlook.com).
    password: null,
    imap: {
      ...usualImap,
      host: about.imapHost,
      mechanisms: ['XOAUTH2'],
      switchOn: {
        text: 'IMAP can be off for a mailbox: in the settings of Outlook.com under "Forwarding and IMAP", in Microsoft 365 by the administrator (Set-CASMailbox -ImapEnabled).',
      },
    },
    notes: [
      '"User is authenticated but not connected" after a login that went well: IMAP is off, or the login has no right to that mailbox',
      'a shared mailbox is read by the login of who may open it: --mailbox',
      ...notes,
    ],
    doubts: ['how many connections it takes at the same time', ...doubts],
    tried: null,
  };
}

export const microsoft = cloud({
  id: 'microsoft',
  name: 'Outlook.com and Microsoft 365',
  domains: [
    'outlook.com',
    'hotmail.com',
    'live.com',
    'msn.com',
    'windowslive.com',
    '*.onmicrosoft.com',
    // https://github.com/thunderbird/autoconfig/blob/master/ispdb/hotmail.com.xml
    ...prefixed(
      'outlook',
      'at be cl cz de dk es fr hu ie in it jp kr lv my ph pt sa sg sk co.id co.il co.th com.ar com.au com.br com.gr com.tr com.vn',
    ),
    ...prefixed(
      'hotmail',
      'be ca cl cz de dk es fi fr gr hu it lt lv my nl no ph rs se sg sk co.id co.il co.in co.jp co.kr co.th co.uk co.za com.ar com.au com.br com.hk com.tr com.tw com.vn',
    ),
    ...prefixed(
      'live',
      'at be ca cl cn de dk fi fr hk ie in it jp nl no ru se co.jp co.kr co.uk co.za com.ar com.au com.mx com.my com.ph com.pt com.sg',
    ),
    'livemail.tw',
  ],
  mx: ['mail.protection.outlook.com', 'olc.protection.outlook.com', 'mx.microsoft'],
  login: 'https://login.microsoftonline.com',
  portal: 'https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade',
  imapHost: 'outlook.office365.com',
  resource: 'https://outlook.office.com',
  unattendedResource: 'https://outlook.office365.com',
  tenant: 'common',
  grantsPage: 'https://account.live.com/consent/Manage or https://myapps.microsoft.com',
  notes: [
    'a client that is registered for one organisation needs its tenant: --tenant contoso.onmicrosoft.com',
  ],
  doubts: ['mail exchangers that end in mx.microsoft'],
});

/** Discovery takes only a tenant's number: no other has an issuer spelled like its address. */
const ownCloud = 'the tenant must be given as its number, the "Directory (tenant) ID": --tenant';

export const microsoftClouds: readonly Provider[] = [
  cloud({
    id: 'microsoft-gcc-high',
    name: 'Microsoft 365 for US government (GCC High)',
    domains: [],
    mx: [],
    login: 'https://login.microsoftonline.us',
    portal: 'https://entra.microsoft.us/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade',
    imapHost: 'outlook.office365.us',
    resource: 'https://outlook.office365.us',
    unattendedResource: 'https://outlook.office365.us',
    tenant: null,
    grantsPage: 'https://myapps.microsoft.us',
    notes: [ownCloud],
    doubts: ['the mail server and the scope come from other programs'],
  }),
  cloud({
    id: 'microsoft-dod',
    name: 'Microsoft 365 for US government (DoD)',
    domains: [],
    mx: [],
    login: 'https://login.microsoftonline.us',
    portal: 'https://entra.microsoft.us/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade',
    imapHost: 'outlook-dod.office365.us',
    resource: 'https://outlook.office365.us',
    unattendedResource: 'https://outlook.office365.us',
    tenant: null,
    grantsPage: 'https://myapps.microsoft.us',
    notes: [ownCloud],
    doubts: [
      'the mail server: other programs have outlook-dod.office365.us or outlook.office365.us',
      'the scope comes from other programs',
    ],
  }),
  cloud({
    id: 'microsoft-china',
    name: 'Microsoft 365 operated by 21Vianet (China)',
    domains: ['*.partner.onmschina.cn'],
    mx: ['mail.protection.partner.outlook.cn'],
    login: 'https://login.partner.microsoftonline.cn',
    portal: 'https://portal.azure.cn/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade',
    imapHost: 'partner.outlook.cn',
    resource: 'https://partner.outlook.cn',
    unattendedResource: 'https://partner.outlook.cn',
    tenant: null,
    grantsPage: 'https://myapps.microsoft.cn',
    notes: [ownCloud],
    doubts: ['the mail server, its mail exchangers and the scope come from other programs'],
  }),
];

function prefixed(name: string, ends: string): string[] {
  return ends.split(' ').map((end) => `${name}.${end}`);
}
