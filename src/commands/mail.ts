import type { Account } from '../account/account.ts';
import { accessTokenSource } from '../auth/access-token.ts';
import { tokenStore } from '../auth/store.ts';
import { Failure } from '../errors.ts';
import type { TokenSource } from '../mail/message.ts';
import { type MailSession, openSession } from '../mail/session.ts';
import type { System } from '../system/system.ts';
import { type App, appAccount } from './app.ts';

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

export async function openMail(app: App, account: Account): Promise<MailSession> {
  const { system, log } = app;
  log.info('connecting', { host: account.imap.host, port: account.imap.port });
  const session = await openSession({
    account,
    accessToken: mailTokens(account, system),
    signal: system.signal,
    clientVersion: MAILCTL_VERSION,
    trace: log.debugging
      ? ({ src, msg }) => log.debug('imap', { src: String(src ?? ''), text: String(msg) })
      : null,
    onAlert: (message) => app.tell(`mailctl: the server says: ${message}`),
  });
  log.info('logged in', { host: account.imap.host, user: account.address });
  return session;
}

/**
 * MAILCTL_ACCESS_TOKEN as it is, for scripts that have a token of their own; else the stored login.
 */
function mailTokens(account: Account, system: System): TokenSource {
  const given = givenToken(system);
  if (given !== null) {
    return async ({ refused }) => {
      if (refused === undefined) return given;
      throw new Failure('login', 'the server refuses the access token in MAILCTL_ACCESS_TOKEN', {
        hint: 'put a fresh token there, or unset it to use the stored login',
      });
    };
  }
  const source = accessTokenSource(account, tokenStore(account, system), system);
  return async ({ refused }) => (await source({ refused })).tokens.accessToken;
}

/** The token from the environment; an empty variable is unset. @throws Failure 'usage' */
export function givenToken({ env, secrets }: System): string | null {
  const token = env['MAILCTL_ACCESS_TOKEN'];
  if (token === undefined || token === '') return null;
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Failure('usage', 'MAILCTL_ACCESS_TOKEN holds characters no token may have');
  }
  return secrets.add(token);
}
