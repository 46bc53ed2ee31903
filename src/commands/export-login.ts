import { fstatSync } from 'node:fs';
import type { Account } from '../account/account.ts';
import { portableEntry } from '../account/portable-entry.ts';
import { findProvider } from '../account/providers.ts';
import { loadCredential, withoutRenewal } from '../auth/access-token.ts';
import { secretProof } from '../auth/account-client.ts';
import { formatPortable, type PortableLogin, sealPortable } from '../auth/portable-login.ts';
import type { Credential } from '../auth/token-set.ts';
import { Failure } from '../errors.ts';
import type { TerminalStream } from '../system/system.ts';
import { type App, appAccount, appConfig } from './app.ts';
import { type SealFlags, sealKeys, sealOptions } from './portable-flags.ts';
import { accountStore } from './tokens.ts';
import { examples, type Verb } from './verb.ts';

export const exportLogin: Verb = {
  define(command, run) {
    sealOptions(command)
      .description(
        'Write the login of an account to stdout, for mailctl import-login on another machine: sealed by a passphrase, or in clear into a pipe. It stays here, too.',
      )
      .option('--unencrypted', 'in clear, into a pipe only')
      .addHelpText(
        'after',
        examples(
          'mailctl export-login -a club > club.login',
          'mailctl export-login --unencrypted | ssh server mailctl import-login',
        ),
      )
      .action((flags) => run((app) => writeLogin(app, flags)));
  },
};

async function writeLogin(
  app: App,
  flags: SealFlags & { readonly unencrypted?: true | undefined },
): Promise<void> {
  if (flags.unencrypted === true && !goesIntoPipe(app.system.stdout)) {
    throw new Failure(
      'usage',
      'in clear a login goes into a pipe only, not to a terminal or file',
      {
        hint: 'leave out --unencrypted to have it sealed by a passphrase',
      },
    );
  }
  const { loaded } = await appConfig(app);
  const account = await appAccount(app);
  const entry = loaded?.config.accounts?.[account.name];
  if (entry === undefined) throw new Failure('config', `there is no account ${account.name}`);
  refuseLocalKeys(account);
  // Not while a renewal replaces it: half of two is none.
  const credential = await withoutRenewal(account, app.system, () =>
    loadCredential(account, accountStore(app, account), app.system),
  );
  const login: PortableLogin = {
    account: account.name,
    entry: portableEntry(entry),
    credential: await withClientSecret(app, account, credential),
  };
  const text =
    flags.unencrypted === true
      ? formatPortable(login)
      : await sealPortable(login, sealKeys(app, flags, { twice: true }));
  await app.output.raw(text);
  if (credential.kind === 'grant' && !keepsRefreshTokens(account)) {
    app.tell(
      `mailctl: renew it in one place only: where a provider replaces refresh tokens, two machines end each other's login. To leave it to the other: mailctl logout -a ${account.name} --local`,
    );
  }
}

/** A pipe, or the socket some programs start others with. */
function goesIntoPipe(stdout: TerminalStream): boolean {
  const descriptor: unknown = Reflect.get(stdout, 'fd');
  if (typeof descriptor !== 'number') return false;
  const stats = fstatSync(descriptor);
  return stats.isFIFO() || stats.isSocket();
}

function refuseLocalKeys({ name, login }: Account): void {
  const signs = login?.kind === 'client-credentials' && login.signingKey !== null;
  if (login?.kind !== 'service-account' && !signs) return;
  throw new Failure('usage', `${name} logs in by a key of its own, not by a grant to carry`, {
    hint: 'copy its key file, and log in with it on the other machine',
  });
}

/** A client secret that is in the config, or named there, travels sealed with the rest. */
async function withClientSecret(
  app: App,
  { login }: Account,
  credential: Credential,
): Promise<Credential> {
  if (credential.kind !== 'grant' || login === null || !('clientSecret' in login)) {
    return credential;
  }
  const proof = await secretProof(login, credential.clientSecret, app.system);
  return { ...credential, clientSecret: proof?.secret ?? null };
}

function keepsRefreshTokens({ provider }: Account): boolean {
  return provider !== null && findProvider(provider)?.oauth?.rotation === 'kept';
}
