import type { Provider, ProviderImap } from '../provider.ts';
import { usualImap } from './usual.ts';

/** Providers that give programs no tokens. */
interface PasswordProvider
  extends Pick<Provider, 'id' | 'name' | 'domains'>,
    Partial<Pick<Provider, 'mx' | 'notes' | 'doubts'>> {
  readonly password: NonNullable<Provider['password']>;
  readonly imap: Partial<ProviderImap> & Pick<ProviderImap, 'host'>;
}

function byPassword({ imap, ...about }: PasswordProvider): Provider {
  const imapSettings = { ...usualImap, ...imap };
  return { mx: [], notes: [], doubts: [], ...about, oauth: null, imap: imapSettings, tried: null };
}

// https://support.apple.com/102525, https://support.apple.com/102654
const icloud = byPassword({
  id: 'icloud',
  name: 'iCloud Mail',
  domains: ['icloud.com', 'me.com', 'mac.com'],
  mx: ['mail.icloud.com'],
  password: {
    name: 'app-specific password',
    url: 'https://account.apple.com/account/manage/section/security',
  },
  // https://github.com/thunderbird/autoconfig/blob/master/ispdb/me.com.xml
  imap: { host: 'imap.mail.me.com', user: 'local-part' },
  notes: [
    'two-factor authentication must be on',
    'a mailbox with a domain of your own is opened by the name of the iCloud address: imap.user',
  ],
});

// https://hilfe.gmx.net/pop-imap/einschalten.html
const gmxPassword = {
  name: 'password of the mailbox, or an application-specific one (with two-factor authentication)',
  url: 'https://hilfe.gmx.net/sicherheit/2fa/anwendungsspezifisches-passwort.html',
};
const gmxSwitch = {
  text: 'Allow access by POP3 and IMAP in the settings of the mailbox, under "POP3/IMAP Abruf".',
  url: 'https://hilfe.gmx.net/pop-imap/einschalten.html',
};

const gmx = byPassword({
  id: 'gmx',
  name: 'GMX',
  domains: [
    ...['gmx.net', 'gmx.de', 'gmx.at', 'gmx.ch', 'gmx.eu', 'gmx.biz', 'gmx.org', 'gmx.info'],
    ...['mein.gmx', 'mail.gmx', 'email.gmx'],
  ],
  password: gmxPassword,
  imap: { host: 'imap.gmx.net', switchOn: gmxSwitch },
});

const gmxCom = byPassword({
  id: 'gmx-com',
  name: 'GMX.com',
  domains: [
    ...['gmx.com', 'gmx.us', 'gmx.co.uk', 'gmx.es', 'gmx.fr', 'gmx.it', 'gmx.ca', 'gmx.ie'],
    ...['gmx.pt', 'gmx.se', 'gmx.li', 'gmx.tm', 'gmx.ru', 'gmx.cn', 'gmx.hk', 'gmx.tw', 'gmx.sg'],
    ...['gmx.ph', 'gmx.co.in', 'gmx.com.br', 'gmx.com.my', 'gmx.com.tr'],
  ],
  password: {
    name: gmxPassword.name,
    url: 'https://support.gmx.com/security/2fa/application-specific-passwords.html',
  },
  imap: {
    host: 'imap.gmx.com',
    switchOn: {
      text: 'Allow access by POP3 and IMAP in the settings of the mailbox.',
      url: 'https://support.gmx.com/pop-imap/toggle.html',
    },
  },
});

const webDe = byPassword({
  id: 'web-de',
  name: 'WEB.DE',
  domains: ['web.de'],
  password: {
    name: gmxPassword.name,
    url: 'https://hilfe.web.de/sicherheit/2fa/anwendungsspezifisches-passwort.html',
  },
  // https://github.com/thunderbird/autoconfig/blob/master/ispdb/web.de.xml
  imap: {
    host: 'imap.web.de',
    user: 'local-part',
    switchOn: { text: gmxSwitch.text, url: 'https://hilfe.web.de/pop-imap/einschalten.html' },
  },
  doubts: ['that passwords are as at GMX'],
});

const protonBridge = byPassword({
  id: 'proton-bridge',
  name: 'Proton Mail, by Proton Mail Bridge',
  domains: ['proton.me', 'protonmail.com', 'pm.me'],
  mx: ['protonmail.ch'],
  password: { name: 'password that Bridge shows', url: 'https://proton.me/mail/bridge' },
  imap: {
    host: '127.0.0.1',
    port: 1143,
    security: 'starttls',
    switchOn: {
      text: 'Bridge must run on this machine; it comes with the paid plans. Export its certificate (Settings, Advanced settings) and name it as imap.ca_file, or its SHA-256 as imap.tls_fingerprint.',
      url: 'https://proton.me/support/protonmail-bridge-install',
    },
  },
  notes: ['Bridge can be set to other ports, and to TLS: imap.port, imap.security'],
  doubts: ['all but the ports comes from other programs'],
});

// https://blog.zhheo.com/p/6124d6aa.html
const qq = byPassword({
  id: 'qq',
  name: 'QQ Mail',
  domains: ['qq.com', 'foxmail.com'],
  password: {
    name: 'authorization code (授权码)',
    url: 'https://wx.mail.qq.com/list/readtemplate?name=app_intro.html#/agreement/authorizationCode',
  },
  imap: {
    host: 'imap.qq.com',
    switchOn: { text: 'Switch on the service IMAP/SMTP in the settings, under "Account".' },
  },
  notes: ['changing the QQ password ends all authorization codes'],
  doubts: ['whether foxmail.com is served alike', 'whether it wants to know the program (ID)'],
});

// https://github.com/pimalaya/himalaya/issues/651
const netease = (domain: string, name: string) =>
  byPassword({
    id: `netease-${domain.split('.')[0]}`,
    name,
    domains: [domain],
    password: { name: 'client authorization code (授权码)', url: `https://mail.${domain}` },
    imap: {
      host: `imap.${domain}`,
      switchOn: {
        text: 'Switch on IMAP/SMTP in the settings of the mailbox, under POP3/SMTP/IMAP.',
        url: `https://mail.${domain}`,
      },
    },
    notes: ['it opens folders only to a program that says what it is after the login (ID)'],
    doubts: ['the addresses of its help pages'],
  });

export const passwordProviders: readonly Provider[] = [
  icloud,
  gmx,
  gmxCom,
  webDe,
  protonBridge,
  qq,
  netease('163.com', 'NetEase 163'),
  netease('126.com', 'NetEase 126'),
  netease('yeah.net', 'NetEase yeah.net'),
];
