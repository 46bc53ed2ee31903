import type { Account } from '../account/account.ts';
import type { LoginSource } from '../mail/login-source.ts';
import { type MailSession, openSession } from '../mail/session.ts';
import { proxyChoice } from '../system/proxy.ts';
import { type App, appAccount } from './app.ts';
import { mailLogins } from './tokens.ts';

/** Log in to the account's mail server, do the work, leave the server also after a failure. */
export async function withMail(
  app: App,
  work: (session: MailSession, account: Account) => Promise<void>,
): Promise<void> {
  const account = await appAccount(app);
  const session = await openMail(app, account);
  try {
    await work(session, account);
  } finally {
    session.close();
  }
}

/** Connect with the account's login, or one of another source. */
export async function openMail(
  app: App,
  account: Account,
  login: LoginSource = mailLogins(app, account),
): Promise<MailSession> {
  const { system, log } = app;
  log.info('connecting', { host: account.imap.host, port: account.imap.port });
  const connecting = app.progress.start(`connecting to ${account.imap.host}`);
  const session = await openSession({
    account,
    login,
    proxies: proxyChoice(account.proxy, system),
    signal: system.signal,
    clientVersion: MAILCTL_VERSION,
    trace: log.debugging
      ? ({ src, msg }) => log.debug('imap', { src: String(src ?? ''), text: String(msg) })
      : null,
    onAlert: (message) => app.tell(`mailctl: the server says: ${message}`),
  }).finally(() => connecting.done());
  log.info('logged in', { host: account.imap.host, user: account.imapUser });
  return session;
}
