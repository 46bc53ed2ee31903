import type { Account } from '../../src/account/account.ts';
import { type MailSession, openSession } from '../../src/mail/session.ts';
import { usualTls } from '../../src/system/tls.ts';
import { cleanUpLater } from './clean-up.ts';
import { ada, type Provider } from './provider.ts';

/** A mail session in this process, where a command for each step would take too long. */
export async function openTestSession(
  { imap, certificates }: Pick<Provider, 'imap' | 'certificates'>,
  accessToken: string,
  port = imap.port,
): Promise<MailSession> {
  const account: Account = {
    name: 'club',
    address: ada,
    mailbox: ada,
    imapUser: ada,
    provider: null,
    login: null,
    loginTls: usualTls,
    proxy: null,
    imap: {
      ...{ host: imap.host, port, security: 'tls', ...usualTls, caFile: certificates.caFile },
      ...{ mechanisms: ['OAUTHBEARER', 'XOAUTH2'], initialResponse: true },
    },
    store: { kind: 'keychain' },
    archive: '/nonexistent',
    readOnly: false,
    connections: null,
    connectionLimit: null,
    timeouts: { connect: 20, greeting: 15, auth: 30, command: 60, idle: 300 },
  };
  const session = await openSession({
    account,
    login: async () => ({ kind: 'token', accessToken }),
    signal: new AbortController().signal,
    clientVersion: '0',
    trace: null,
    proxies: () => null,
    onAlert: () => {},
  });
  cleanUpLater(() => session.close());
  return session;
}
