import type { Provider, ProviderImap, ProviderOAuth } from '../provider.ts';
import { usualImap } from './usual.ts';

/** Servers that many people run: the person's own issuer and mail server go with each. */
interface Template
  extends Pick<Provider, 'id' | 'name' | 'notes'>,
    Pick<ProviderOAuth, 'issuerForm'> {
  readonly oauth?: Partial<ProviderOAuth>;
  readonly imap?: Partial<ProviderImap>;
  readonly doubts?: readonly string[];
}

const anyClientId = { pattern: /^[\x21-\x7e]+$/, example: 'mailctl' };

const person = [
  { name: 'openid', why: 'has the server say whose login it is' },
  { name: 'email', why: 'names the address, so that no other mailbox is taken for yours' },
];
const kept = { name: 'offline_access', why: 'keeps the login, so that cron jobs need no browser' };

const selfRegistered: ProviderOAuth['registration'] = {
  kind: 'dynamic',
  steps: [
    {
      text: 'Where the server lets anybody register, mailctl registers itself: nothing is to be done.',
    },
    {
      text: 'Else make a public client (no secret, PKCE S256) with the redirect URI http://127.0.0.1/callback, any port, and give its id with --client-id.',
    },
  ],
  clientId: anyClientId,
};

function template({ issuerForm, oauth, imap, doubts = [], ...about }: Template): Provider {
  return {
    ...about,
    domains: [],
    mx: [],
    oauth: {
      server: null,
      issuerForm,
      tenant: null,
      dataCentres: [],
      scopes: [...person, kept],
      scopeSeparator: ' ',
      unattendedScopes: null,
      resource: null,
      authorizationParameters: {},
      redirect: { kind: 'loopback', host: '127.0.0.1', port: null },
      clientSecret: 'optional',
      pkce: 'documented',
      deviceFlow: true,
      registration: selfRegistered,
      rotation: 'unknown',
      lifetime: { unusedDays: null, notes: [] },
      revocable: null,
      grantsPage: null,
      ...oauth,
    },
    password: { name: 'password your server takes', url: 'the documentation of your server' },
    imap: { ...usualImap, host: null, ...imap },
    doubts,
    tried: null,
  };
}

// https://github.com/keycloak/keycloak/blob/main/services/src/main/java/org/keycloak/protocol/oidc/utils/RedirectUtils.java
const keycloak = template({
  id: 'keycloak',
  name: 'your own mail server, logged in by Keycloak',
  issuerForm: 'https://HOST/realms/REALM',
  oauth: {
    registration: {
      kind: 'open',
      steps: [
        {
          text: 'In the realm create an OpenID Connect client: "Client authentication" off, "Standard flow" on (and "OAuth 2.0 Device Authorization Grant" for --device).',
        },
        {
          text: 'Valid redirect URI: http://127.0.0.1/callback, without a port. Keycloak then takes any port.',
        },
        {
          text: 'If the mail server checks the audience, add an audience mapper to a client scope of the client.',
        },
        { text: 'Copy the client ID.' },
      ],
      clientId: anyClientId,
    },
    rotation: 'kept',
    lifetime: {
      unusedDays: 30,
      notes: [
        '"Offline Session Idle" of the realm says after how many days without use it ends; 30 unless changed',
      ],
    },
    grantsPage: 'https://HOST/realms/REALM/account/applications',
  },
  notes: ['at [::1] Keycloak takes no other port than the registered one'],
});

// https://docs.goauthentik.io/add-secure-apps/providers/oauth2/
const authentik = template({
  id: 'authentik',
  name: 'your own mail server, logged in by authentik',
  issuerForm: 'https://HOST/application/o/SLUG/',
  oauth: {
    registration: {
      kind: 'open',
      steps: [
        { text: 'Make an application with an OAuth2/OpenID provider, client type "Public".' },
        {
          text: 'Redirect URI: matching "Regex", http://127\\.0\\.0\\.1:\\d+/callback. "Strict" compares the port too.',
        },
        {
          text: 'Under "Advanced protocol settings" select the scope offline_access, and a signing key.',
        },
        { text: 'Copy the client ID, and the issuer with its slash at the end.' },
      ],
      clientId: anyClientId,
    },
    rotation: 'replaced',
    lifetime: {
      unusedDays: 30,
      notes: ['"Refresh token validity" of the provider says when it ends'],
    },
  },
  notes: ['without the scope offline_access it gives no refresh token'],
});

// https://stalw.art/docs/auth/oauth/overview
const stalwart = template({
  id: 'stalwart',
  name: 'your own Stalwart',
  issuerForm: 'https://HOST',
  oauth: {
    scopes: [
      {
        name: 'urn:ietf:params:oauth:scope:mail',
        why: 'reads mail; it could also change and send it, which mailctl does not',
      },
      kept,
    ],
    rotation: 'near-end',
    lifetime: {
      unusedDays: 30,
      notes: ['a refresh token ends after 30 days; a new one comes in its last 4'],
    },
  },
  imap: { connections: 16 },
  notes: [
    'unless it demands registered clients it takes any client id: --client-id mailctl',
    'registering without a key must be switched on in its settings',
    'a refused token is answered without a reason',
  ],
  doubts: ['which scopes older versions know; --scope asks for others'],
});

// https://doc.dovecot.org/latest/core/config/auth/databases/oauth2.html
const dovecot = template({
  id: 'dovecot',
  name: 'your own Dovecot, with any login server',
  issuerForm: 'https://LOGIN-SERVER',
  imap: { connections: 10 },
  notes: [
    'auth_mechanisms must have oauthbearer or xoauth2',
    'the login server is told by openid_configuration_url, if it is set there',
    'the 10 connections are its default a person and address (mail_max_userip_connections)',
  ],
});

// https://james.apache.org/server/config-oidc.html
const james = template({
  id: 'james',
  name: 'your own Apache James, with any login server',
  issuerForm: 'https://LOGIN-SERVER',
  notes: ['the token must name the audience James is configured with (aud)'],
});

// https://www.cyrusimap.org/imap/reference/admin/sasl.html
const cyrus = template({
  id: 'cyrus',
  name: 'your own Cyrus IMAP, with any login server',
  issuerForm: 'https://LOGIN-SERVER',
  notes: ['it takes tokens only with a plug-in of Cyrus SASL for XOAUTH2 or OAUTHBEARER'],
});

export const templates: readonly Provider[] = [
  keycloak,
  authentik,
  stalwart,
  dovecot,
  james,
  cyrus,
];
