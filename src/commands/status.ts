import type { Account } from '../account/account.ts';
import { chooseAccount } from '../account/config.ts';
import { findProvider } from '../account/providers.ts';
import { resolveAccount } from '../account/resolve-account.ts';
import { mismatch } from '../auth/mismatch.ts';
import { type Credential, isFresh, type TokenSet } from '../auth/token-set.ts';
import type { TokenStore } from '../auth/token-store.ts';
import { Failure } from '../errors.ts';
import type { Column } from '../terminal/table.ts';
import { type App, appConfig, requestedAccount } from './app.ts';
import { duration } from './flags.ts';
import { openMail } from './mail.ts';
import type { RowOf } from './rows.ts';
import { accountStore, mailLogins } from './tokens.ts';
import { examples, type Verb } from './verb.ts';

type AccountRow = RowOf<'account'>;

const words: Readonly<Record<AccountRow['login'], string>> = {
  ok: 'logged in',
  expired: 'logged in (renews when used)',
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
    display: ({ expiresAt }, now) => fromNow(expiresAt, now),
  },
  {
    header: 'Login ends',
    value: ({ endsAt }) => endsAt ?? '',
    display: ({ endsAt }, now) => fromNow(endsAt, now),
  },
  { header: 'Scopes', value: ({ scopes }) => scopes.join(' '), pipeOnly: true },
];

export const status: Verb = {
  define(command, run) {
    command
      .description(
        'Show each account: where its tokens are kept, its scopes, when its access token ends, and when the login itself does. Servers are not asked, unless with --check.',
      )
      .option('--check', 'log in to the mail servers, too')
      .option(
        '--expires-within <time>',
        'exit with 77 when a login ends within 14d, 12h …',
        duration,
      )
      .addHelpText(
        'after',
        examples(
          'mailctl status --check',
          'mailctl status --expires-within 14d || echo log in again',
          'mailctl status --json | jq -r \'select(.login != "ok").account\'',
        ),
      )
      .action(({ check, expiresWithin }) =>
        run((app) => showStatus(app, check === true, expiresWithin)),
      );
  },
};

async function showStatus(
  app: App,
  check: boolean,
  expiresWithinMs: number | undefined,
): Promise<void> {
  const { path, loaded } = await appConfig(app);
  const wanted = requestedAccount(app);
  const entries = Object.entries(loaded?.config.accounts ?? {});
  const accounts =
    wanted === undefined && entries.length > 0
      ? await Promise.all(
          entries.map(([name, entry]) =>
            resolveAccount(name, entry, {
              path,
              system: app.system,
              timeouts: loaded?.config.timeouts,
            }),
          ),
        )
      : [await chooseAccount(loaded, path, wanted, app.system)];
  const described: Described[] = [];
  for (const account of accounts) described.push(await describe(app, account, check));
  const rows = described.map(({ row }) => row);
  await app.output.rows(rows, columns);
  if (app.output.format === 'table') tellDetails(app, rows);
  failForCron(app, described, { check, expiresWithinMs });
}

interface Described {
  readonly row: AccountRow;
  /** Why it does not work, as far as that was found out. */
  readonly failure: Failure | null;
}

async function describe(app: App, account: Account, check: boolean): Promise<Described> {
  const row: AccountRow = {
    type: 'account',
    account: account.name,
    address: account.address,
    provider: account.provider,
    store: account.store.kind,
    login: 'none',
    scopes: [],
    expiresAt: null,
    grantedAt: null,
    rotatedAt: null,
    endsAt: null,
    works: null,
    problem: null,
  };
  try {
    const store = accountStore(app, account);
    const credential = await store.load();
    if (credential === null) return { row, failure: null };
    const problem = mismatch(account, credential);
    if (problem !== null) return { row: { ...row, problem }, failure: null };
    const known = { ...row, ...describeLogin(account, credential, app.system.now()) };
    const failure = check ? await whyRefused(app, account, store) : null;
    const tried = check ? { works: failure === null, problem: failure?.message ?? null } : {};
    return { row: { ...known, ...tried }, failure };
  } catch (error) {
    // One account's trouble must not hide the others.
    if (!(error instanceof Failure) || error.kind === 'cancelled') throw error;
    return { row: { ...row, login: 'store-error', problem: error.message }, failure: error };
  }
}

function describeLogin(account: Account, credential: Credential, now: Date) {
  if (credential.kind === 'password') {
    return { login: 'ok' as const, grantedAt: credential.storedAt.toISOString() };
  }
  const { tokens, rotatedAt } = credential;
  // A program in its own right asks for another one.
  const renewable = tokens.refreshToken !== null || account.login?.kind !== 'oauth';
  const expired = renewable ? ('expired' as const) : ('ended' as const);
  const ends = renewable ? unusedEnd(account, tokens) : tokens.expiresAt;
  return {
    login: isFresh(tokens, now) ? ('ok' as const) : expired,
    scopes: tokens.scopes,
    expiresAt: tokens.expiresAt?.toISOString() ?? null,
    grantedAt: tokens.grantedAt.toISOString(),
    rotatedAt: rotatedAt?.toISOString() ?? null,
    endsAt: ends?.toISOString() ?? null,
  };
}

/** When a refresh token that nobody uses is dead, as far as the provider says. */
function unusedEnd({ provider }: Account, { refreshToken, obtainedAt }: TokenSet): Date | null {
  const days = provider === null ? null : findProvider(provider)?.oauth?.lifetime.unusedDays;
  if (days == null || refreshToken === null) return null;
  return new Date(obtainedAt.getTime() + days * 86_400_000);
}

async function whyRefused(app: App, account: Account, store: TokenStore): Promise<Failure | null> {
  try {
    (await openMail(app, account, mailLogins(app, account, store))).close();
    return null;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind === 'cancelled') throw error;
    return error;
  }
}

function tellDetails(app: App, rows: readonly AccountRow[]): void {
  for (const { account, problem, scopes, grantedAt, provider, works } of rows) {
    if (problem !== null) app.tell(`${account}: ${problem}`);
    if (works === true) app.tell(`${account}: the mail server takes the login`);
    if (grantedAt !== null) {
      app.tell(`${account}: granted on ${grantedAt.slice(0, 10)}: ${scopes.join(' ')}`);
    }
    const notes = provider === null ? [] : (findProvider(provider)?.oauth?.lifetime.notes ?? []);
    for (const note of notes) app.remark(`${account}: ${note}`);
  }
}

/** What a cron job wants to hear by the exit code: the first account that has trouble. */
function failForCron(
  app: App,
  described: readonly Described[],
  { check, expiresWithinMs }: { check: boolean; expiresWithinMs: number | undefined },
): void {
  if (!check && expiresWithinMs === undefined) return;
  const limit = app.system.now().getTime() + (expiresWithinMs ?? 0);
  for (const { row, failure } of described) {
    const { account, login, endsAt, problem } = row;
    const hint = `mailctl login -a ${account}`;
    if (failure !== null) {
      throw new Failure(failure.kind, `${account} does not work: ${failure.message}`, {
        hint: failure.hint ?? (failure.kind === 'login' ? hint : undefined),
        cause: failure,
      });
    }
    if (login === 'none') {
      throw new Failure('login', problem ?? `${account} is not logged in`, { hint });
    }
    if (expiresWithinMs === undefined) continue;
    if (login === 'ended' || (endsAt !== null && Date.parse(endsAt) <= limit)) {
      const when = endsAt === null ? 'has ended' : `ends at ${endsAt}`;
      throw new Failure('login', `the login of ${account} ${when}`, { hint });
    }
  }
}

function fromNow(time: string | null, now: Date): string {
  if (time === null) return '–';
  const minutes = Math.floor((Date.parse(time) - now.getTime()) / 60_000);
  if (minutes < 0) return 'past';
  if (minutes < 120) return `in ${minutes} min`;
  return minutes < 2880
    ? `in ${Math.floor(minutes / 60)} h`
    : `in ${Math.floor(minutes / 1440)} days`;
}
