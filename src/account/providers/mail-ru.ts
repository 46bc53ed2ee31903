import type { Provider } from '../provider.ts';
import { loopbackPort, usualImap } from './usual.ts';

// https://id.vk.com/about/business/go/docs/ru/vkid/latest/oauth/oauth-mail/index
// https://github.com/thunderbird/autoconfig/blob/master/ispdb/mail.ru.xml
export const mailRu: Provider = {
  id: 'mail-ru',
  name: 'Mail.ru',
  domains: ['mail.ru', 'inbox.ru', 'list.ru', 'bk.ru', 'internet.ru', 'corp.mail.ru'],
  mx: ['mail.ru'],
  oauth: {
    server: {
      kind: 'given',
      issuer: 'https://oauth.mail.ru',
      authorizationEndpoint: 'https://oauth.mail.ru/login',
      tokenEndpoint: 'https://oauth.mail.ru/token',
      revocationEndpoint: null,
      deviceAuthorizationEndpoint: null,
    },
    issuerForm: null,
    tenant: null,
    dataCentres: [],
    scopes: [
      { name: 'mail.imap', why: 'reads mail by IMAP' },
      { name: 'userinfo', why: 'Mail.ru gives mail.imap only together with it' },
    ],
    scopeSeparator: ' ',
    unattendedScopes: null,
    resource: null,
    authorizationParameters: { prompt_force: '1' },
    redirect: { kind: 'loopback', host: 'localhost', port: loopbackPort },
    clientSecret: 'required',
    pkce: 'documented',
    deviceFlow: false,
    registration: {
      kind: 'by-request',
      steps: [
        {
          text: 'Since July 2025 Mail.ru gives clients only to products it has agreed with. Most people take a password for external applications.',
          url: 'https://id.vk.com/about/business/go/docs/ru/vkid/latest/oauth/oauth-mail/index',
        },
        { text: `Register the redirect URI http://localhost:${loopbackPort}/callback.` },
        { text: 'Copy the client id and the client secret.' },
      ],
      clientId: { pattern: /^[\x21-\x7e]+$/, example: '0123456789abcdef' },
    },
    rotation: 'unknown',
    lifetime: { unusedDays: null, notes: [] },
    revocable: false,
    grantsPage: 'https://account.mail.ru/user/2-step-auth',
  },
  // https://help.mail.ru/mail/security/protection/external
  password: {
    name: 'password for external applications',
    url: 'https://account.mail.ru/user/2-step-auth/passwords',
  },
  imap: { ...usualImap, host: 'imap.mail.ru', mechanisms: ['XOAUTH2'] },
  notes: [],
  doubts: [
    'how clients authenticate',
    'whether it renews refresh tokens',
    'the domains of its customers',
  ],
  tried: null,
};
