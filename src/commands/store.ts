import type { Account } from '../account/account.ts';
import { saveConfig, withAccount } from '../account/config-edit.ts';
import { resolveAccount } from '../account/resolve-account.ts';
import { loadCredential, withoutRenewal } from '../auth/access-token.ts';
import { formatCredential } from '../auth/token-set.ts';
import { Failure } from '../errors.ts';
import { type App, appAccount, appConfig } from './app.ts';
import { type StoreFlags, storeEntry, storeOptions } from './store-flags.ts';
import { accountStore } from './tokens.ts';
import { examples, type Verb } from './verb.ts';

export const store: Verb = {
  endings: ['usage', 'data', 'store', 'archive', 'login', 'config', 'cancelled'],
  define(command, run) {
    command
      .description('Where the tokens of an account are kept; see mailctl store move --help.')
      .addHelpText('after', examples('mailctl store move --help', 'mailctl store move --json'));
    storeOptions(command.command('move'))
      .description(
        "Carry an account's tokens to another store: written there, read back and compared, then removed here.",
      )
      .addOption(
        command
          .createOption('--to <kind>', 'the store to move to')
          .choices(['keychain', 'file', 'command'] as const)
          .makeOptionMandatory(),
      )
      .addHelpText(
        'after',
        examples(
          'mailctl store move --to file --key-file ~/.config/mailctl/key',
          'mailctl store move --to keychain -a club',
        ),
      )
      .action((flags) => run((app) => moveStore(app, flags)));
  },
};

async function moveStore(app: App, flags: StoreFlags & { readonly to: Kind }): Promise<void> {
  const { path, loaded } = await appConfig(app);
  const account = await appAccount(app);
  const entry = loaded?.config.accounts?.[account.name];
  if (entry === undefined) throw new Failure('config', `there is no account ${account.name}`);
  const moved = storeEntry({ ...entry, store: flags.to }, flags);
  const target = await resolveAccount(account.name, moved, {
    path,
    system: app.system,
    timeouts: loaded?.config.timeouts,
  });
  if (JSON.stringify(target.store) === JSON.stringify(account.store)) {
    throw new Failure('usage', `the tokens of ${account.name} are there already`, {
      hint: 'name another store with --to, or another key',
    });
  }
  const config = await withAccount(loaded, account.name, moved);
  // No renewal may store into the old place while its content is on the way to the new.
  await withoutRenewal(account, app.system, async () => {
    await carry(app, account, target);
    await saveConfig(path, config);
    await removeFrom(app, account, target);
  });
  const row = {
    type: 'store' as const,
    account: account.name,
    from: account.store.kind,
    to: flags.to,
  };
  const { description } = accountStore(app, target);
  await app.output.row(row, `${account.name}: tokens moved to ${description}`);
}

type Kind = 'keychain' | 'file' | 'command';

async function carry(app: App, account: Account, target: Account): Promise<void> {
  const credential = await loadCredential(account, accountStore(app, account), app.system);
  const destination = accountStore(app, target);
  // The same file under another key is read by the old one alone.
  await destination.probe({ replaces: sharesFile(account, target) });
  await destination.save(credential);
  const read = await destination.load();
  if (read === null || formatCredential(read) !== formatCredential(credential)) {
    throw new Failure('store', `${destination.description} does not give back what it took`, {
      hint: 'nothing was removed; the tokens are still where they were',
    });
  }
}

async function removeFrom(app: App, account: Account, target: Account): Promise<void> {
  // Another key for the same file has already replaced it.
  if (!sharesFile(account, target)) await accountStore(app, account).delete();
}

function sharesFile(account: Account, target: Account): boolean {
  return account.store.kind === 'file' && target.store.kind === 'file';
}
