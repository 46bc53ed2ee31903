import type { Provider } from '../provider.ts';
import { loopbackPort, usualImap } from './usual.ts';

// https://github.com/mozilla/releases-comm-central/blob/master/mailnews/base/src/OAuth2Providers.sys.mjs
// https://github.com/thunderbird/autoconfig/blob/master/ispdb/comcast.net.xml
export const comcast: Provider = {
  id: 'comcast',
  name: 'Xfinity (Comcast)',
  domains: ['comcast.net'],
  mx: [],
  oauth: {
    server: {
      kind: 'given',
      issuer: 'https://oauth.xfinity.com',
      authorizationEndpoint: 'https://oauth.xfinity.com/oauth/authorize',
      tokenEndpoint: 'https://oauth.xfinity.com/oauth/token',
      revocationEndpoint: null,
      deviceAuthorizationEndpoint: null,
    },
    issuerForm: null,
    tenant: null,
    dataCentres: [],
    scopes: [
      { name: 'https://email.comcast.net/', why: 'reads mail by IMAP' },
      { name: 'openid', why: 'has Comcast say whose login it is' },
      { name: 'profile', why: 'names the login, so that no other mailbox is taken for yours' },
    ],
    scopeSeparator: ' ',
    unattendedScopes: null,
    resource: null,
    authorizationParameters: {},
    redirect: { kind: 'loopback', host: 'localhost', port: loopbackPort },
    clientSecret: 'required',
    pkce: 'undocumented',
    deviceFlow: false,
    registration: {
      kind: 'by-request',
      steps: [
        {
          text: `Comcast has no page where clients are registered; ask its support for one with the redirect URI http://localhost:${loopbackPort}/callback. Most people allow third-party access and take their password.`,
          url: 'https://www.xfinity.com/support/articles/third-party-email-access',
        },
        { text: 'Copy the client id and the client secret.' },
      ],
      clientId: { pattern: /^[\x21-\x7e]+$/, example: 'mail-client' },
    },
    rotation: 'unknown',
    lifetime: { unusedDays: null, notes: [] },
    revocable: false,
    grantsPage: null,
  },
  password: {
    name: 'password of the mailbox',
    url: 'https://www.xfinity.com/support/articles/third-party-email-access',
  },
  imap: {
    ...usualImap,
    host: 'imap.comcast.net',
    mechanisms: ['XOAUTH2'],
    switchOn: {
      text: 'In the settings of Xfinity Mail, under "Security", allow third-party access.',
      url: 'https://www.xfinity.com/support/articles/third-party-email-access',
    },
  },
  notes: [],
  doubts: ['everything but the addresses of its servers, which Thunderbird has'],
  tried: null,
};
