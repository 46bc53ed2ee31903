import type { Account } from '../account/account.ts';
import type { FetchConnection } from '../mail/fetch-connection.ts';
import type { LoginSource } from '../mail/login-source.ts';
import {
  type MailSession,
  openFetchConnection,
  openSession,
  type SessionOptions,
} from '../mail/session.ts';
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

/** A connection for fetching; a run may open several. */
export async function openFetching(app: App, account: Account): Promise<FetchConnection> {
  app.log.info('connecting', { host: account.imap.host, port: account.imap.port });
  return openFetchConnection(sessionOptions(app, account, mailLogins(app, account)));
}

/** Connect with the account's login, or one of another source. */
export async function openMail(
  app: App,
  account: Account,
  login: LoginSource = mailLogins(app, account),
): Promise<MailSession> {
  const { log } = app;
  log.info('connecting', { host: account.imap.host, port: account.imap.port });
  const connecting = app.progress.start(`connecting to ${account.imap.host}`);
  const session = await openSession(sessionOptions(app, account, login)).finally(() =>
    connecting.done(),
  );
  log.info('logged in', { host: account.imap.host, user: account.imapUser });
  return session;
}

function sessionOptions(app: App, account: Account, login: LoginSource): SessionOptions {
  const { system, log } = app;
  return {
    account,
    login,
    proxies: proxyChoice(account.proxy, system),
    signal: system.signal,
    clientVersion: MAILCTL_VERSION,
    trace: log.debugging
      ? ({ src, msg }) => log.debug('imap', { src: String(src ?? ''), text: String(msg) })
      : null,
    onAlert: (message) => app.tell(`mailctl: the server says: ${message}`),
  };
}
