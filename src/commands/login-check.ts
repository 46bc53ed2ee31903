import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import type { ServerLogin } from '../mail/login-source.ts';
import type { App } from './app.ts';
import { openMail } from './mail.ts';

/** The whole chain to the mail: AUTHENTICATE with the new login, and EXAMINE INBOX. */
export async function checkMailbox(app: App, account: Account, login: ServerLogin): Promise<void> {
  const session = await openMail(app, account, async ({ refused, reason }) => {
    if (refused === undefined) return login;
    throw new Failure(
      'login',
      `${account.imap.host} refuses the new login of ${account.imapUser}: ${reason ?? 'it does not say why'}`,
      {
        hint:
          login.kind === 'password'
            ? 'check what was typed, and whether the provider wants a password made for one program'
            : 'IMAP may be switched off for this mailbox, or the login is meant for another server',
      },
    );
  });
  try {
    await session.examine('INBOX');
  } finally {
    session.close();
  }
}

/** The same for a login that is kept already: a failure says so. */
export function checkKeptLogin(app: App, account: Account, login: ServerLogin): Promise<void> {
  return keptAllTheSame(() => checkMailbox(app, account, login));
}

/** The same for a login that was made elsewhere, and may have to be renewed first. */
export function checkImported(app: App, account: Account): Promise<void> {
  return keptAllTheSame(async () => {
    const session = await openMail(app, account);
    try {
      await session.examine('INBOX');
    } finally {
      session.close();
    }
  });
}

async function keptAllTheSame(check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(
      error.kind,
      `the login is kept, but the mailbox cannot be read: ${error.message}`,
      {
        hint: error.hint ?? 'mailctl list tries again',
        cause: error,
      },
    );
  }
}
