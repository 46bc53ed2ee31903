import type { Provider } from '../provider.ts';
import { usualImap } from './usual.ts';

// https://developers.google.com/gmail/imap/imap-smtp
// https://developers.google.com/gmail/imap/xoauth2-protocol
// https://developers.google.com/identity/protocols/oauth2/native-app
export const google: Provider = {
  id: 'google',
  name: 'Gmail and Google Workspace',
  domains: ['gmail.com', 'googlemail.com'],
  mx: ['google.com', 'googlemail.com'],
  oauth: {
    // https://accounts.google.com/.well-known/openid-configuration
    server: {
      kind: 'given',
      issuer: 'https://accounts.google.com',
      authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
      tokenEndpoint: 'https://oauth2.googleapis.com/token',
      revocationEndpoint: 'https://oauth2.googleapis.com/revoke',
      deviceAuthorizationEndpoint: null,
    },
    issuerForm: null,
    tenant: null,
    dataCentres: [],
    scopes: [
      {
        name: 'https://mail.google.com/',
        why: 'the only scope Google takes for IMAP; it could also write and send, which mailctl does not',
      },
      { name: 'openid', why: 'has Google say whose login it is' },
      { name: 'email', why: 'names the address, so that no other mailbox is taken for yours' },
    ],
    scopeSeparator: ' ',
    // A service account with domain-wide delegation of this scope.
    unattendedScopes: ['https://mail.google.com/'],
    resource: null,
    // Without prompt=consent a second login brings no refresh token.
    authorizationParameters: { access_type: 'offline', prompt: 'consent' },
    // https://developers.google.com/identity/protocols/oauth2/resources/loopback-migration
    redirect: { kind: 'loopback', host: '127.0.0.1', port: null },
    clientSecret: 'required',
    pkce: 'documented',
    // https://developers.google.com/identity/protocols/oauth2/limited-input-device#allowedscopes
    deviceFlow: false,
    registration: {
      kind: 'open',
      steps: [
        {
          text: 'Make a project, or choose one of yours.',
          url: 'https://console.cloud.google.com/projectcreate',
        },
        {
          text: 'Switch on the Gmail API for it.',
          url: 'https://console.cloud.google.com/apis/library/gmail.googleapis.com',
        },
        {
          text: 'Fill in the consent screen: for a Workspace of yours the audience "Internal", else "External". Under "Data access" add the scope https://mail.google.com/.',
          url: 'https://console.cloud.google.com/auth/overview',
        },
        {
          text: 'External only: under "Audience" press "Publish app". In "Testing" every login ends after 7 days. Without verification by Google 100 people can log in, past a warning.',
          url: 'https://console.cloud.google.com/auth/audience',
        },
        {
          text: 'Create a client of the type "Desktop app", and download its JSON file.',
          url: 'https://console.cloud.google.com/auth/clients',
        },
      ],
      clientFile: true,
      clientId: {
        pattern: /^\d+-[a-z0-9]+\.apps\.googleusercontent\.com$/,
        example: '123456789012-a1b2c3d4e5f6.apps.googleusercontent.com',
      },
    },
    rotation: 'kept',
    // https://developers.google.com/identity/protocols/oauth2#expiration
    lifetime: {
      unusedDays: 180,
      notes: [
        'a client whose consent screen is in "Testing" gives logins that end after 7 days',
        'changing the password of the account ends it',
        'the 101st login of one client to one account ends the oldest',
        'an administrator can limit how long it lasts',
      ],
    },
    trial: {
      days: 7,
      advice:
        'this client seems to be in "Testing", where logins end after 7 days: press "Publish app" at https://console.cloud.google.com/auth/audience',
    },
    revocable: true,
    grantsPage: 'https://myaccount.google.com/connections',
  },
  // https://support.google.com/accounts/answer/185833
  password: { name: 'app password', url: 'https://myaccount.google.com/apppasswords' },
  imap: {
    ...usualImap,
    host: 'imap.gmail.com',
    // Both are offered; XOAUTH2 is the one Google documents.
    mechanisms: ['XOAUTH2', 'OAUTHBEARER'],
    connections: 15,
    // https://support.google.com/a/answer/1071518
    bytesPerDay: 2500 * 2 ** 20,
  },
  notes: [
    'an IMAP session lasts as long as its access token, about an hour',
    'a message is in All Mail and in a folder for each of its labels',
    'revoking a login revokes what all clients of the same project were granted',
    'Advanced Protection lets no client in that Google has not verified',
  ],
  doubts: [
    'the 15 connections stand on no page of Google today',
    'the 2500 MiB a day are those of Workspace; Gmail may have others',
  ],
  tried: null,
};
