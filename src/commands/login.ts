import type { Account } from '../account/account.ts';
import { checkConfigWritable, saveConfig, withAccount } from '../account/config-edit.ts';
import { resolveAccount } from '../account/resolve-account.ts';
import type { Credential } from '../auth/token-set.ts';
import type { TokenStore } from '../auth/token-store.ts';
import { Failure } from '../errors.ts';
import { type App, appConfig } from './app.ts';
import { type DownloadedClient, readClientFile } from './client-file.ts';
import { withClient } from './client-registration.ts';
import { duration, positiveInteger } from './flags.ts';
import { keepLogin, proveStore } from './keep-login.ts';
import type { LoginFlags } from './login-flags.ts';
import { logInByOAuth } from './login-oauth.ts';
import type { LoginOptions, StoredClient } from './login-options.ts';
import { logInByPassword } from './login-password.ts';
import { planLogin } from './login-plan.ts';
import { logInUnattended } from './login-unattended.ts';
import { storeOptions } from './store-flags.ts';
import { accountStore } from './tokens.ts';
import { examples, type Verb } from './verb.ts';

const usualTimeoutMs = 300_000;

export const login: Verb = {
  define(command, run) {
    storeOptions(command)
      .description(
        'Log in to a mailbox in the browser (OAuth authorization code with PKCE) and keep the login in the OS keychain. The account is written into the config. mailctl ships no OAuth client: register one with your provider and give its id; where a server lets anybody register, mailctl does so itself. Where a provider has no OAuth, log in with an app password; a program of an organisation can log in in its own right.',
      )
      .argument('[address]', 'the mailbox, such as ada@example.org')
      .option('--name <name>', 'what to call the account')
      .option('--mailbox <address>', 'read a mailbox shared with you, by your own login')
      .option('--provider <id>', 'a provider mailctl knows (mailctl providers lists them)')
      .option('--tenant <tenant>', 'the tenant of your organisation at Microsoft')
      .option('--issuer <url>', "the login server's issuer; its endpoints are discovered")
      .option('--client-id <id>', 'the OAuth client, as registered with the provider')
      .option('--client-file <file>', 'the client as downloaded: Google’s client_secret_….json')
      .option(
        '--client-secret-file <file>',
        'the client secret of providers that want one (- for stdin; else $MAILCTL_CLIENT_SECRET)',
      )
      .option('--scope <scope>', 'a scope to ask for instead of the defaults (repeatable)', collect)
      .option('--imap-host <host>', 'the mail server')
      .option('--imap-user <name>', 'what the mail server calls you, where that is not the address')
      .option('--imap-port <port>', 'its port (993, or 143 without tls)', positiveInteger)
      .addOption(
        command
          .createOption('--imap-security <how>', 'tls, starttls, or none (loopback only)')
          .choices(['tls', 'starttls', 'none'] as const),
      )
      .option('--no-discover', 'do not ask the domain of the address for its servers')
      .option('--ispdb', "ask Mozilla's database of providers too, which then knows the domain")
      .option('--yes', 'take the servers that were found without asking')
      .option('--ca-file <file>', 'PEM file of a private certificate authority for the mail server')
      .option('--oauth-ca-file <file>', 'the same for the login server')
      .option(
        '--tls-fingerprint <sha256>',
        "trust this certificate of the mail server's, and no other",
      )
      .option('--proxy <url>', 'reach both through it: http://, https:// or socks5://; or none')
      .addOption(
        command
          .createOption('--store <kind>', 'where to keep the login')
          .choices(['keychain', 'file', 'command'] as const),
      )
      .option('--no-browser', 'print the URL instead of opening the browser')
      .option('--device', 'log in by a code typed on another device (RFC 8628)')
      .option('--oauth', 'log in by OAuth again what was logged in to by a password')
      .option('--password', 'log in by an app password, typed without echo')
      .option('--password-stdin', 'log in by an app password, given on stdin')
      .option(
        '--client-credentials',
        'log in as a program in its own right: with a client secret or a signing key',
      )
      .option('--signing-key <file>', 'client credentials: PEM file of the private key')
      .option(
        '--signing-certificate <file>',
        "client credentials: PEM file of the key's certificate",
      )
      .option('--service-account <file>', 'log in as a Google service account: its JSON key')
      .option('--no-check', 'do not try the mail server at the end')
      .addOption(
        command
          .createOption('--timeout <time>', 'how long to wait for the browser')
          .argParser(duration)
          .default(usualTimeoutMs, '5m'),
      )
      .addHelpText(
        'after',
        examples(
          'mailctl login ada@gmail.com --client-file client_secret_1.json',
          'mailctl login ada@example.org --issuer https://login.example.org \\',
          '    --client-id mailctl --imap-host imap.example.org',
          'mailctl login ada@icloud.com',
          'mailctl login -a club        # again, as the config has it',
        ),
      )
      .action((address, flags) =>
        run(async (app) => {
          const file =
            flags.clientFile === undefined ? null : await readClientFile(flags.clientFile);
          await runLogin(app, address, flags, file);
        }),
      );
  },
};

type Given = LoginFlags &
  Partial<Pick<LoginOptions, 'browser' | 'check' | 'timeout'>> &
  Pick<LoginOptions, 'device' | 'clientSecretFile' | 'passwordStdin'>;

/** Plan a login, do it, and keep what comes of it. `client` is one that was given as a whole. */
export async function runLogin(
  app: App,
  address: string | undefined,
  flags: Given,
  client: DownloadedClient | null,
): Promise<void> {
  const { path, loaded } = await appConfig(app);
  const { name, entry: planned } = await planLogin(app, { path, loaded }, address, {
    ...flags,
    clientId: flags.clientId ?? client?.clientId,
  });
  const around = { path, system: app.system, timeouts: loaded?.config.timeouts };
  const described = await resolveAccount(name, planned, around);
  const store = accountStore(app, described);
  await proveStore(app, described, store, loaded?.config.accounts?.[name]?.address);
  await checkConfigWritable(path);
  const { entry, registered } = await withClient(app, described, planned);
  const account = await resolveAccount(name, entry, around);
  const config = await withAccount(loaded, name, entry);
  // Remembered also if the login comes to nothing, unless a secret would be lost with it.
  if (registered?.clientSecret === null) await saveConfig(path, config);
  const credential = await logIn(app, account, {
    browser: true,
    check: true,
    timeout: usualTimeoutMs,
    ...flags,
    givenSecret: client?.clientSecret ?? null,
    ownClient: registered ?? (await storedClient(store, entry.client_id)),
    keep: async (granted) => {
      // The config first: an account that is not logged in can be seen and mended, a
      // login without an account cannot.
      if (config !== loaded?.text) await saveConfig(path, config);
      await keepLogin(app, account, store, granted);
    },
  });
  await tell(app, account, store, credential);
}

function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

/** A client that logs in again needs its secret no second time. */
async function storedClient(
  store: TokenStore,
  clientId: string | undefined,
): Promise<StoredClient | null> {
  const stored = await store.load().catch(() => null);
  return stored?.kind === 'grant' && stored.clientId === clientId ? stored : null;
}

function logIn(app: App, account: Account, options: LoginOptions): Promise<Credential> {
  const { login } = account;
  switch (login?.kind) {
    case undefined:
      throw new Failure('config', `${account.name} names no login server`);
    case 'oauth':
      return logInByOAuth(app, account, login, options);
    case 'password':
      return logInByPassword(app, account, options);
    case 'client-credentials':
    case 'service-account':
      return logInUnattended(app, account, login, options);
  }
}

async function tell(
  app: App,
  account: Account,
  store: TokenStore,
  credential: Credential,
): Promise<void> {
  const { name, address, mailbox } = account;
  const tokens = credential.kind === 'grant' ? credential.tokens : null;
  const expiresAt = tokens?.expiresAt?.toISOString() ?? null;
  app.log.info('login', { account: name, store: account.store.kind });
  if (account.login?.kind === 'oauth' && tokens?.refreshToken === null) {
    const end = expiresAt === null ? 'with its access token' : `at ${expiresAt}`;
    app.tell(`mailctl: the provider gave no refresh token: this login ends ${end}`);
  }
  const whose = mailbox === address ? address : `${address} for ${mailbox}`;
  await app.output.row(
    { type: 'login', account: name, address, expiresAt },
    `${name}: logged in as ${whose}, kept in ${store.description}`,
  );
}
