import type { Provider } from '../provider.ts';
import { usualImap } from './usual.ts';

// https://www.fastmail.com/dev/
// https://www.ietf.org/archive/id/draft-ietf-mailmaint-oauth-public-06.html
export const fastmail: Provider = {
  id: 'fastmail',
  name: 'Fastmail',
  domains: ['fastmail.com', 'fastmail.fm', 'messagingengine.com'],
  mx: ['messagingengine.com'],
  oauth: {
    // Discovered, as its token endpoint has a name of its own (/oauth/refresh).
    server: { kind: 'discovered', issuer: 'https://api.fastmail.com' },
    issuerForm: null,
    tenant: null,
    dataCentres: [],
    scopes: [
      {
        name: 'urn:ietf:params:oauth:scope:mail',
        why: 'reads mail; it could also change and send it, which mailctl does not',
      },
      { name: 'offline_access', why: 'keeps the login, so that cron jobs need no browser' },
    ],
    scopeSeparator: ' ',
    unattendedScopes: null,
    resource: null,
    authorizationParameters: {},
    redirect: { kind: 'loopback', host: 'localhost', port: null },
    clientSecret: 'forbidden',
    pkce: 'documented',
    deviceFlow: false,
    registration: {
      kind: 'dynamic',
      steps: [
        { text: 'Nothing is to be done: mailctl registers itself, as an app on your computer.' },
      ],
      clientId: { pattern: /^[\x21-\x7e]+$/, example: 'a1b2c3d4' },
    },
    rotation: 'single-use',
    lifetime: { unusedDays: null, notes: ['redeeming a refresh token twice ends it'] },
    revocable: null,
    grantsPage: 'https://app.fastmail.com/settings/security',
  },
  password: {
    name: 'app password',
    url: 'https://www.fastmail.com/help/clients/apppassword.html',
  },
  imap: { ...usualImap, host: 'imap.fastmail.com' },
  notes: ['the Basic plan has no IMAP'],
  doubts: [
    'whether a resource must be named (RFC 8707); some say invalid_target comes without one: set oauth.resource',
    'how many connections it takes at the same time',
  ],
  tried: null,
};
