import type { Account } from '../account/account.ts';
import { chooseAccount, resolveAccount } from '../account/config.ts';
import { isFresh } from '../auth/token-set.ts';
import { Failure } from '../errors.ts';
import type { Column } from '../terminal/table.ts';
import { type App, appConfig, requestedAccount } from './app.ts';
import { accountStore } from './tokens.ts';
import { examples, type Verb } from './verb.ts';

/** The `account` row. */
interface AccountRow {
  readonly type: 'account';
  readonly account: string;
  readonly address: string;
  readonly provider: string | null;
  readonly store: string;
  /** `ok`, `expired` (will be refreshed), `ended` (needs a login), `none`, `store-error`. */
  readonly login: 'ok' | 'expired' | 'ended' | 'none' | 'store-error';
  readonly scopes: readonly string[];
  readonly expiresAt: string | null;
  readonly grantedAt: string | null;
  readonly problem: string | null;
}

const words: Readonly<Record<AccountRow['login'], string>> = {
  ok: 'logged in',
  expired: 'logged in (refreshes when used)',
  ended: 'ended: log in again',
  none: 'not logged in',
  'store-error': 'store does not answer',
};

const columns: readonly Column<AccountRow>[] = [
  { header: 'Account', value: ({ account }) => account },
  { header: 'Address', value: ({ address }) => address, flexible: true },
  { header: 'Store', value: ({ store }) => store },
  {
    header: 'Login',
    value: ({ login }) => login,
    display: ({ login }) => words[login],
    flexible: true,
  },
  {
    header: 'Token ends',
    value: ({ expiresAt }) => expiresAt ?? '',
    display: ({ expiresAt }, now) =>
      expiresAt === null ? '–' : remaining(new Date(expiresAt), now),
  },
  { header: 'Scopes', value: ({ scopes }) => scopes.join(' '), pipeOnly: true },
];

export const status: Verb = {
  define(command, run) {
    command
      .description(
        'Show each account: where its tokens are kept, its scopes, and when its access token ends. Servers are not asked.',
      )
      .addHelpText(
        'after',
        examples(
          'mailctl status',
          'mailctl status --json | jq -r \'select(.login != "ok").account\'',
        ),
      )
      .action(() => run(showStatus));
  },
};

async function showStatus(app: App): Promise<void> {
  const { path, loaded } = await appConfig(app);
  const wanted = requestedAccount(app);
  const accounts = Object.entries(loaded?.config.accounts ?? {});
  const chosen =
    wanted === undefined && accounts.length > 0
      ? accounts.map(([name, entry]) => resolveAccount(name, entry, { path, system: app.system }))
      : [chooseAccount(loaded, path, wanted, app.system)];
  const rows: AccountRow[] = [];
  for (const account of chosen) rows.push(await describe(app, account));
  await app.output.rows(rows, columns);
  if (app.output.format === 'table') {
    for (const { account, problem } of rows) {
      if (problem !== null) app.tell(`${account}: ${problem}`);
    }
    for (const { account, scopes } of rows) {
      if (scopes.length > 0) app.tell(`${account} may: ${scopes.join(' ')}`);
    }
  }
}

async function describe(app: App, account: Account): Promise<AccountRow> {
  const row = {
    type: 'account',
    account: account.name,
    address: account.address,
    provider: account.provider,
    store: account.store.kind,
    scopes: [],
    expiresAt: null,
    grantedAt: null,
    problem: null,
  } as const;
  try {
    const credential = await accountStore(app, account).load();
    if (credential === null) return { ...row, login: 'none' };
    const { tokens } = credential;
    const login = isFresh(tokens, app.system.now())
      ? 'ok'
      : tokens.refreshToken === null
        ? 'ended'
        : 'expired';
    return {
      ...row,
      login,
      scopes: tokens.scopes,
      expiresAt: tokens.expiresAt?.toISOString() ?? null,
      grantedAt: tokens.grantedAt.toISOString(),
    };
  } catch (error) {
    // One account's trouble must not hide the others.
    if (!(error instanceof Failure)) throw error;
    return { ...row, login: 'store-error', problem: error.message };
  }
}

function remaining(end: Date, now: Date): string {
  const minutes = Math.floor((end.getTime() - now.getTime()) / 60_000);
  if (minutes < 0) return 'past';
  if (minutes < 120) return `in ${minutes} min`;
  return minutes < 2880
    ? `in ${Math.floor(minutes / 60)} h`
    : `in ${Math.floor(minutes / 1440)} days`;
}
