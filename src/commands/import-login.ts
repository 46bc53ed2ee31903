import { saveConfig, withAccount } from '../account/config-edit.ts';
import { type AccountConfig, accountNamePattern, checkConfig } from '../account/config-schema.ts';
import { atThisMachine, portableEntry } from '../account/portable-entry.ts';
import { resolveAccount } from '../account/resolve-account.ts';
import { rememberSecrets } from '../auth/access-token.ts';
import { openPortable, type PortableLogin } from '../auth/portable-login.ts';
import { errorText, Failure } from '../errors.ts';
import { readSmallFile } from '../system/small-file.ts';
import { type App, appConfig } from './app.ts';
import { keepLogin, proveStore } from './keep-login.ts';
import { checkImported } from './login-check.ts';
import { type SealFlags, sealKeys, sealOptions } from './portable-flags.ts';
import { readStdin } from './read-stdin.ts';
import { type StoreFlags, storeEntry, storeOptions } from './store-flags.ts';
import { accountStore } from './tokens.ts';
import { examples, type Verb } from './verb.ts';

interface ImportFlags extends StoreFlags, SealFlags {
  readonly name?: string | undefined;
  readonly store?: 'keychain' | 'file' | 'command' | undefined;
  readonly check: boolean;
}

export const importLogin: Verb = {
  define(command, run) {
    sealOptions(command);
    storeOptions(command)
      .description(
        'Take a login that mailctl export-login wrote on another machine, keep it in a store of this one, and try it at the mail server.',
      )
      .argument('[file]', 'what export-login wrote (else stdin)')
      .option('--name <name>', 'what to call the account here')
      .addOption(
        command
          .createOption('--store <kind>', 'where to keep the login')
          .choices(['keychain', 'file', 'command'] as const),
      )
      .option('--no-check', 'do not try the mail server at the end')
      .addHelpText(
        'after',
        examples(
          'mailctl import-login club.login --store file --key-file ~/.config/mailctl/key',
          'mailctl import-login --seal-env PASSPHRASE < club.login',
        ),
      )
      .action((file, flags) => run((app) => takeLogin(app, file, flags)));
  },
};

async function takeLogin(app: App, file: string | undefined, flags: ImportFlags): Promise<void> {
  const { system } = app;
  const written = await read(app, file);
  const login = await openPortable(written, sealKeys(app, flags, { twice: false }));
  rememberSecrets(login.credential, system);
  const name = flags.name ?? login.account;
  const { path, loaded } = await appConfig(app);
  const known = loaded?.config.accounts?.[name];
  const entry = storeEntry(importedEntry(name, login, known, flags), flags);
  const account = await resolveAccount(name, entry, {
    path,
    system,
    timeouts: loaded?.config.timeouts,
  });
  const store = accountStore(app, account);
  await proveStore(app, account, store, known?.address);
  const config = await withAccount(loaded, name, entry);
  if (config !== loaded?.text) await saveConfig(path, config);
  await keepLogin(app, account, store, { ...login.credential, address: account.address });
  if (flags.check) await checkImported(app, account);
  const { credential } = login;
  const expiresAt =
    credential.kind === 'grant' ? (credential.tokens.expiresAt?.toISOString() ?? null) : null;
  const { address } = account;
  await app.output.row(
    { type: 'login' as const, account: name, address, expiresAt },
    `${name}: login of ${address} kept in ${store.description}`,
  );
}

const maxLoginBytes = 1 << 20;

async function read(app: App, file: string | undefined): Promise<string> {
  if (file === undefined || file === '-') {
    if (app.system.stdin.isTTY !== true) {
      return readStdin(app, { what: 'the login', maxBytes: maxLoginBytes });
    }
    throw new Failure('usage', 'a login is read from a file, or from stdin', {
      hint: 'mailctl import-login club.login',
    });
  }
  const bytes = await readSmallFile(file, maxLoginBytes).catch((error: unknown) => {
    throw new Failure('usage', `cannot read ${file}: ${errorText(error)}`, { cause: error });
  });
  if (bytes !== null) return bytes.toString();
  throw new Failure('usage', `there is no file ${file}`);
}

/** The account as it was, at a store of this machine. */
function importedEntry(
  name: string,
  login: PortableLogin,
  known: AccountConfig | undefined,
  { store }: ImportFlags,
): AccountConfig {
  if (!accountNamePattern.test(name)) {
    throw new Failure('usage', `${name} cannot be the name of an account`, {
      hint: 'give one of letters, digits and . _ @ - with --name',
    });
  }
  const checked = checkConfig({ accounts: { [name]: login.entry } });
  const imported = 'config' in checked ? checked.config.accounts?.[name] : undefined;
  if (imported === undefined) {
    const why = 'problem' in checked ? `: ${checked.problem}` : '';
    throw new Failure('data', `the login was written by another version of mailctl${why}`);
  }
  if (known !== undefined && known.address.toLowerCase() !== imported.address.toLowerCase()) {
    throw new Failure('usage', `${name} is ${known.address} here`, {
      hint: `give another name: mailctl import-login --name ${imported.address}`,
    });
  }
  return {
    ...atThisMachine(portableEntry(imported), known),
    store: store ?? known?.store ?? 'keychain',
  };
}
