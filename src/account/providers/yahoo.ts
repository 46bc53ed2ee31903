import type { Provider } from '../provider.ts';
import { usualImap } from './usual.ts';

/** Brands on Yahoo's servers. */
interface Brand extends Pick<Provider, 'id' | 'name' | 'domains' | 'mx' | 'password' | 'doubts'> {
  readonly login: string;
  readonly imapHost: string;
  readonly grantsPage: string;
}

// https://github.com/mozilla/releases-comm-central/blob/master/mailnews/base/src/OAuth2Providers.sys.mjs
// https://github.com/thunderbird/autoconfig/blob/master/ispdb/yahoo.com.xml
function brand({ login, imapHost, grantsPage, ...about }: Brand): Provider {
  return {
    ...about,
    oauth: {
      server: {
        kind: 'given',
        issuer: login,
        authorizationEndpoint: `${login}/oauth2/request_auth`,
        tokenEndpoint: `${login}/oauth2/get_token`,
        revocationEndpoint: null,
        deviceAuthorizationEndpoint: null,
      },
      issuerForm: null,
      tenant: null,
      dataCentres: [],
      scopes: [
        {
          name: 'mail-w',
          why: 'reads mail by IMAP; it could also change it, which mailctl does not',
        },
        { name: 'openid', why: 'has Yahoo say whose login it is' },
        { name: 'email', why: 'names the address, so that no other mailbox is taken for yours' },
      ],
      scopeSeparator: ' ',
      unattendedScopes: null,
      resource: null,
      authorizationParameters: {},
      // Only https is taken, which no program can answer on loopback: the address is pasted.
      redirect: { kind: 'paste', uri: 'https://localhost/callback' },
      clientSecret: 'optional',
      pkce: 'undocumented',
      deviceFlow: false,
      registration: {
        kind: 'by-request',
        steps: [
          {
            text: 'Ask Yahoo for access to the mail scopes. Clients that anybody can register do not get them; most people take an app password.',
            url: 'https://senders.yahooinc.com/developer/developer-access/',
          },
          {
            text: 'Register the redirect URI https://localhost/callback. The browser cannot open it after the login: paste its address.',
            url: 'https://developer.yahoo.com/apps/',
          },
          { text: 'Copy the client ID, and the client secret if there is one.' },
        ],
        clientId: { pattern: /^[\x21-\x7e]{20,}$/, example: 'dj0yJmk9a1b2c3d4e5f6a1b2' },
      },
      rotation: 'replaced',
      lifetime: { unusedDays: null, notes: ['changing the password of the account ends it'] },
      revocable: false,
      grantsPage,
    },
    imap: {
      ...usualImap,
      host: imapHost,
      mechanisms: ['XOAUTH2', 'OAUTHBEARER'],
      // https://github.com/djc/imap-proto/issues/198
      newestMessages: 10_000,
    },
    notes: [],
    doubts: [
      'whether the scope mail-r, which only reads, is enough for IMAP',
      'whether a login can be revoked by a program',
      'how many of the newest messages of a folder are shown; 10 000 by older documents',
      ...about.doubts,
    ],
    tried: null,
  };
}

export const yahooBrands: readonly Provider[] = [
  brand({
    id: 'yahoo',
    name: 'Yahoo Mail',
    domains: [
      ...['yahoo.com', 'ymail.com', 'rocketmail.com', 'myyahoo.com', 'cox.net'],
      ...['yahoo.ca', 'yahoo.de', 'yahoo.it', 'yahoo.fr', 'yahoo.es', 'yahoo.se'],
      ...['yahoo.co.in', 'yahoo.co.uk', 'yahoo.co.nz', 'yahoo.com.au', 'yahoo.com.ar'],
      ...['yahoo.com.br', 'yahoo.com.mx'],
    ],
    mx: ['am0.yahoodns.net'],
    login: 'https://api.login.yahoo.com',
    imapHost: 'imap.mail.yahoo.com',
    // https://help.yahoo.com/kb/SLN15241.html
    password: { name: 'app password', url: 'https://login.yahoo.com/account/security' },
    grantsPage: 'https://login.yahoo.com/account/activity',
    doubts: [],
  }),
  brand({
    id: 'aol',
    name: 'AOL Mail and Verizon.net',
    domains: [
      ...['aol.com', 'aim.com', 'netscape.net', 'netscape.com', 'compuserve.com', 'cs.com'],
      ...['wmconnect.com', 'verizon.net', 'aol.de', 'aol.it', 'aol.fr', 'aol.es', 'aol.se'],
      ...['aol.co.uk', 'aol.co.nz', 'aol.com.au', 'aol.com.ar', 'aol.com.br', 'aol.com.mx'],
    ],
    mx: ['gm0.yahoodns.net'],
    login: 'https://api.login.aol.com',
    imapHost: 'imap.aol.com',
    password: { name: 'app password', url: 'https://login.aol.com/account/security' },
    grantsPage: 'https://login.aol.com/account/activity',
    doubts: ['how the issuer is spelled'],
  }),
  brand({
    id: 'att',
    name: 'AT&T Mail',
    domains: [
      ...['att.net', 'ameritech.net', 'bellsouth.net', 'currently.com', 'flash.net'],
      ...['nvbell.net', 'pacbell.net', 'prodigy.net', 'sbcglobal.net', 'snet.net'],
      ...['swbell.net', 'wans.net'],
    ],
    mx: [],
    login: 'https://api.login.yahoo.com',
    imapHost: 'imap.mail.att.net',
    password: {
      name: 'secure mail key',
      url: 'https://www.att.com/support/article/email-support/KM1240308/',
    },
    grantsPage: 'https://login.yahoo.com/account/activity',
    doubts: ['what the secure mail key is called today'],
  }),
];
