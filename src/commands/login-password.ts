import type { Account } from '../account/account.ts';
import { findProvider } from '../account/providers.ts';
import type { Credential } from '../auth/token-set.ts';
import { Failure } from '../errors.ts';
import type { App } from './app.ts';
import { askSecret, canAsk } from './ask.ts';
import { checkMailbox } from './login-check.ts';
import type { LoginOptions } from './login-options.ts';
import { readStdin } from './read-stdin.ts';

/** More than any server takes in one line. */
const maxPasswordBytes = 4096;

/** By a password made for one program, where a provider has no OAuth. */
export async function logInByPassword(
  app: App,
  account: Account,
  options: LoginOptions,
): Promise<Credential> {
  const password = app.system.secrets.add(await readPassword(app, account, options));
  // Tried before it is kept: a slip of the keyboard must not replace a password that works.
  if (options.check) await checkMailbox(app, account, { kind: 'password', password });
  const { address } = account;
  const storedAt = app.system.now();
  const credential = { kind: 'password', address, password, storedAt } as const;
  await options.keep(credential);
  return credential;
}

async function readPassword(
  app: App,
  account: Account,
  { passwordStdin }: LoginOptions,
): Promise<string> {
  const provider = account.provider === null ? null : findProvider(account.provider);
  const { name = 'app password', url = null } = provider?.password ?? {};
  if (passwordStdin !== true && !canAsk(app)) {
    throw new Failure('usage', `the ${name} of ${account.imapUser} is needed`, {
      hint: 'give it on stdin: mailctl login --password-stdin < file',
    });
  }
  if (passwordStdin !== true && url !== null) {
    app.tell(`${provider?.name} wants a ${name}, not your usual password. Make one at`);
    app.tell(`  ${url}`);
  }
  const given =
    passwordStdin === true
      ? (await readStdin(app, { what: `the ${name}`, maxBytes: maxPasswordBytes })).replace(
          /\r?\n$/,
          '',
        )
      : await askSecret(app.system, `${capitalized(name)} of ${account.imapUser}: `);
  if (given === '') throw new Failure('usage', 'the password is empty');
  // It stands in one line of IMAP.
  if (/[\0\r\n]/.test(given)) throw new Failure('usage', 'a password is one line');
  return given;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
