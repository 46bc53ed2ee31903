import type { Provider } from '../provider.ts';
import { usualImap } from './usual.ts';

// https://yandex.com/dev/id/doc/en/codes/screen-code
// https://yandex.ru/support/mail-business/web/security/oauth.html
export const yandex: Provider = {
  id: 'yandex',
  name: 'Yandex Mail',
  domains: [
    ...['yandex.ru', 'yandex.com', 'yandex.by', 'yandex.kz', 'yandex.ua', 'ya.ru', 'narod.ru'],
  ],
  mx: ['yandex.net'],
  oauth: {
    server: {
      kind: 'given',
      issuer: 'https://oauth.yandex.com',
      authorizationEndpoint: 'https://oauth.yandex.com/authorize',
      tokenEndpoint: 'https://oauth.yandex.com/token',
      revocationEndpoint: null,
      deviceAuthorizationEndpoint: null,
    },
    issuerForm: null,
    tenant: null,
    dataCentres: [],
    scopes: [{ name: 'mail:imap_ro', why: 'reads mail by IMAP, and can do nothing else' }],
    scopeSeparator: ' ',
    unattendedScopes: null,
    resource: null,
    authorizationParameters: {},
    // Yandex's own way for programs without a web server: the page shows the code.
    redirect: { kind: 'paste', uri: 'https://oauth.yandex.com/verification_code' },
    clientSecret: 'optional',
    pkce: 'documented',
    // There is one, but its token request is not that of RFC 8628 (grant_type=device_code, code).
    deviceFlow: false,
    registration: {
      kind: 'open',
      steps: [
        {
          text: 'Create an app "for API access or debugging", with the redirect URI https://oauth.yandex.com/verification_code.',
          url: 'https://oauth.yandex.com/client/new',
        },
        { text: 'Give it the permission mail:imap_ro (reading mail by IMAP), and no other.' },
        { text: 'Copy the ClientID, and the Client secret.' },
      ],
      clientId: { pattern: /^[0-9a-f]{32}$/, example: '0123456789abcdef0123456789abcdef' },
    },
    // https://yandex.com/dev/id/doc/en/tokens/refresh-client
    rotation: 'replaced',
    lifetime: {
      unusedDays: null,
      notes: [
        'access and refresh token end at the same time; Yandex advises to renew every 3 months',
        'changing the password, or logging out everywhere, ends it',
      ],
    },
    revocable: false,
    grantsPage: 'https://id.yandex.com/personal/data-access',
  },
  password: { name: 'app password', url: 'https://id.yandex.com/security/app-passwords' },
  imap: {
    ...usualImap,
    host: 'imap.yandex.com',
    mechanisms: ['XOAUTH2'],
    initialResponse: false,
    switchOn: {
      text: 'In the settings of the mailbox, under "Email clients", allow imap.yandex.com, with OAuth tokens and app passwords.',
      url: 'https://mail.yandex.com/#setup/client',
    },
  },
  notes: ['asking for new mail too often can get an account restricted'],
  doubts: ['where a program revokes a login', 'which address the login belongs to is not told'],
  tried: null,
};
