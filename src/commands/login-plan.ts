import { type AccountConfig, accountNamePattern, checkConfig } from '../account/config-schema.ts';
import type { Provider } from '../account/provider.ts';
import { findProvider, providerOfAddress, providers } from '../account/providers.ts';
import { withoutUndefined } from '../account/without-undefined.ts';
import { Failure } from '../errors.ts';
import { type App, type ChosenConfig, requestedAccount } from './app.ts';
import { ask, canAsk } from './ask.ts';
import { mayRegister } from './client-registration.ts';
import { chosenMethod, type LoginFlags, loginEntry } from './login-flags.ts';
import { describedByDomain } from './login-servers.ts';

/** The account to log in to, as it will stand in the config. */
export interface LoginPlan {
  readonly name: string;
  readonly entry: AccountConfig;
}

/**
 * Put together what the config has, what the flags say and what the person answers.
 * @throws Failure 'usage' naming the flags that are missing, where nobody can be asked.
 */
export async function planLogin(
  app: App,
  { path, loaded }: ChosenConfig,
  givenAddress: string | undefined,
  flags: LoginFlags,
): Promise<LoginPlan> {
  const accounts = loaded?.config.accounts ?? {};
  const name =
    flags.name ??
    requestedAccount(app) ??
    knownName(accounts, givenAddress, loaded?.config.default_account);
  const known = name !== undefined && Object.hasOwn(accounts, name) ? accounts[name] : undefined;
  if (
    known === undefined &&
    name !== undefined &&
    flags.name === undefined &&
    givenAddress === undefined
  ) {
    throw new Failure('config', `there is no account ${name} in ${path}`, {
      hint: 'mailctl login you@example.org',
    });
  }
  const address =
    givenAddress ?? known?.address ?? (await askFor(app, 'address', 'Mail address: '));
  const chosenProvider = chooseProvider(flags, known, address);
  const method = chosenMethod(flags) ?? known?.login ?? 'oauth';
  const found =
    chosenProvider === null ? await describedByDomain(app, address, known, flags, method) : null;
  const provider = chosenProvider ?? found?.provider ?? null;
  const described = loginEntry(address, found === null ? known : found.entry, flags, provider);
  const entry = await completed(app, described, provider);
  const chosen = name ?? freshName(address, Object.keys(accounts));
  return { name: checkedName(chosen), entry: checkedEntry(chosen, entry) };
}

/** Logging in again to an address the config has is about that account. */
function knownName(
  accounts: Readonly<Record<string, AccountConfig>>,
  address: string | undefined,
  byDefault: string | undefined,
): string | undefined {
  const names = Object.keys(accounts);
  if (address === undefined) return byDefault ?? (names.length === 1 ? names[0] : undefined);
  return names.find((name) => accounts[name]?.address.toLowerCase() === address.toLowerCase());
}

function chooseProvider(
  flags: LoginFlags,
  known: AccountConfig | undefined,
  address: string,
): Provider | null {
  const named = flags.provider ?? known?.provider;
  if (named !== undefined) {
    const provider = findProvider(named);
    if (provider !== null) return provider;
    throw new Failure('usage', `there is no provider ${named}`, {
      hint: `known are ${providers.map(({ id }) => id).join(', ')}; for others give --issuer and --imap-host`,
    });
  }
  // A server of the person's own goes before what the address suggests.
  const own = flags.issuer ?? known?.oauth?.issuer ?? known?.oauth?.token_endpoint;
  return own === undefined ? providerOfAddress(address) : null;
}

/** What is still missing is asked for at a terminal; elsewhere the flags are named, all at once. */
async function completed(
  app: App,
  entry: AccountConfig,
  provider: Provider | null,
): Promise<AccountConfig> {
  const { oauth = {}, imap = {}, login = 'oauth' } = entry;
  const hasClient = login === 'oauth' || login === 'client-credentials';
  // A program in its own right belongs to one tenant: the provider's common issuer is not its.
  const knowsServer = provider !== null && login === 'oauth';
  const named = oauth.issuer ?? oauth.token_endpoint ?? oauth.tenant;
  const needsServer = hasClient && !knowsServer && named === undefined;
  const serverFlag = provider?.oauth?.tenant ? '--tenant' : '--issuer';
  const missing = [
    ...(needsServer ? [serverFlag] : []),
    ...(hasClient && entry.client_id === undefined && !mayRegister(entry, provider)
      ? ['--client-id']
      : []),
    ...(provider === null && imap.host === undefined ? ['--imap-host'] : []),
  ];
  const howToGetOne =
    provider !== null && missing.includes('--client-id')
      ? `; mailctl providers setup ${provider.id} says how to get a client`
      : '';
  if (missing.length > 0 && !canAsk(app)) {
    throw new Failure('usage', `login to ${entry.address} needs ${missing.join(', ')}`, {
      hint: `mailctl login ${entry.address} ${missing.map((flag) => `${flag} …`).join(' ')}${howToGetOne}`,
    });
  }
  const issuer = missing.includes('--issuer')
    ? await ask(app.system, 'Issuer of the login server (https://…): ')
    : undefined;
  const tenant = missing.includes('--tenant')
    ? await ask(app.system, 'Tenant of your organisation (contoso.onmicrosoft.com): ')
    : undefined;
  const registration =
    provider === null ? '' : ` (mailctl providers setup ${provider.id} says how to get one)`;
  const clientId = missing.includes('--client-id')
    ? await ask(app.system, `OAuth client id${registration}: `)
    : entry.client_id;
  const host = missing.includes('--imap-host') ? await ask(app.system, 'IMAP server: ') : undefined;
  const complete = {
    ...entry,
    ...withoutUndefined({ client_id: clientId }),
    oauth: { ...oauth, ...withoutUndefined({ issuer, tenant }) },
    imap: { ...imap, ...withoutUndefined({ host }) },
  };
  return {
    ...complete,
    oauth: Object.keys(complete.oauth).length > 0 ? complete.oauth : undefined,
    imap: Object.keys(complete.imap).length > 0 ? complete.imap : undefined,
  };
}

async function askFor(app: App, what: string, question: string): Promise<string> {
  if (canAsk(app)) return ask(app.system, question);
  throw new Failure('usage', `login needs the ${what}`, { hint: 'mailctl login you@example.org' });
}

/** Short and free: "example" for ada@example.org, else the address itself. */
function freshName(address: string, taken: readonly string[]): string {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  const short = domain.split('.')[0] ?? domain;
  const free = accountNamePattern.test(short) && !taken.includes(short);
  return free ? short : address;
}

function checkedName(name: string): string {
  if (accountNamePattern.test(name)) return name;
  throw new Failure('usage', `${name} cannot be the name of an account`, {
    hint: 'give one of letters, digits and . _ @ - with --name',
  });
}

/** The same rules as for a config a person wrote; here what breaks them came from flags. */
function checkedEntry(name: string, entry: AccountConfig): AccountConfig {
  const checked = checkConfig({ accounts: { [name]: withoutUndefined(entry) } });
  if ('problem' in checked) {
    throw new Failure(
      'usage',
      `the login cannot be set up: ${checked.problem.replace(/^accounts\.[^ ]*?\.(?=[a-z_]+)/, '')}`,
      {
        hint: 'mailctl login --help',
      },
    );
  }
  return checked.config.accounts?.[name] ?? entry;
}
