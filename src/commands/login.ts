import type { Account } from '../account/account.ts';
import { resolveAccount } from '../account/config.ts';
import { saveConfig, withAccount } from '../account/config-edit.ts';
import { rememberSecrets } from '../auth/access-token.ts';
import { oauthClientFor } from '../auth/account-client.ts';
import { authorize } from '../auth/authorization.ts';
import { newCredential } from '../auth/new-credential.ts';
import { tokenStore } from '../auth/store.ts';
import { Failure } from '../errors.ts';
import { type App, appConfig, type ChosenConfig } from './app.ts';
import { readClientSecret } from './client-secret.ts';
import { duration, positiveInteger } from './flags.ts';
import { type LoginPlan, planLogin } from './login-plan.ts';
import { examples, type Verb } from './verb.ts';

export const login: Verb = {
  define(command, run) {
    command
      .description(
        'Log in to a mailbox in the browser (OAuth authorization code with PKCE) and keep the login in the OS keychain. The account is written into the config. mailctl ships no OAuth client: register one with your provider and give its id.',
      )
      .argument('[address]', 'the mailbox, such as ada@example.org')
      .option('--name <name>', 'what to call the account')
      .option('--provider <id>', 'a provider mailctl knows: google, microsoft')
      .option('--issuer <url>', "the login server's issuer; its endpoints are discovered")
      .option('--client-id <id>', 'the OAuth client, as registered with the provider')
      .option(
        '--client-secret-file <file>',
        'the client secret of providers that want one (- for stdin; else $MAILCTL_CLIENT_SECRET)',
      )
      .option('--scope <scope>', 'a scope to ask for instead of the defaults (repeatable)', collect)
      .option('--imap-host <host>', 'the mail server')
      .option('--imap-port <port>', 'its port (993, or 143 without tls)', positiveInteger)
      .addOption(
        command
          .createOption('--imap-security <how>', 'tls, starttls, or none (loopback only)')
          .choices(['tls', 'starttls', 'none'] as const),
      )
      .option('--ca-file <file>', 'PEM file of a private certificate authority for the mail server')
      .addOption(
        command
          .createOption('--store <kind>', 'where to keep the login')
          .choices(['keychain', 'file'] as const),
      )
      .option(
        '--key-file <file>',
        'the key of the file store, made if absent (else $MAILCTL_KEY_FILE)',
      )
      .option('--no-browser', 'print the URL instead of opening the browser')
      .option('--timeout <time>', 'how long to wait for the browser', duration, 300_000)
      .addHelpText(
        'after',
        examples(
          'mailctl login ada@gmail.com --client-id ID --client-secret-file secret.txt',
          'mailctl login ada@example.org --issuer https://login.example.org \\',
          '    --client-id mailctl --imap-host imap.example.org',
          'mailctl login -a club        # again, as the config has it',
        ),
      )
      .action((address, flags) =>
        run(async (app) => {
          const chosen = await appConfig(app);
          const plan = await planLogin(app, chosen, address, flags);
          await logIn(app, chosen, plan, {
            openBrowser: flags.browser,
            timeoutMs: flags.timeout,
            secretFile: flags.clientSecretFile,
          });
        }),
      );
  },
};

function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

interface LoginSettings {
  readonly openBrowser: boolean;
  readonly timeoutMs: number;
  readonly secretFile: string | undefined;
}

async function logIn(
  app: App,
  { path, loaded }: ChosenConfig,
  { name, entry }: LoginPlan,
  settings: LoginSettings,
): Promise<void> {
  const { system } = app;
  const account = resolveAccount(name, entry, { path, system });
  const { oauth } = account;
  if (oauth === null) throw new Failure('config', `${name} names no login server`);
  // Everything that can fail without the person is tried before the person is asked.
  const store = tokenStore(account, system);
  await store.probe();
  const config = await withAccount(loaded, name, entry);
  const clientSecret = await readClientSecret(app, account, settings.secretFile);
  const client = await oauthClientFor(account, clientSecret, system);

  const expiresAt = await authorize(
    {
      client,
      redirectHost: oauth.redirectHost,
      present: (url) => present(app, account, url, settings),
      onStray: () =>
        app.tell(
          'mailctl: turned away a redirect that does not belong to this login (wrong state)',
        ),
      timeoutMs: settings.timeoutMs,
      signal: system.signal,
      secrets: system.secrets,
    },
    async (response) => {
      const credential = newCredential(response, system.now(), {
        issuer: client.issuer,
        clientId: oauth.clientId,
        clientSecret,
        scopes: oauth.scopes,
      });
      rememberSecrets(credential, system);
      // The config first: an account that is not logged in can be seen and mended, a login
      // without an account cannot.
      if (config !== loaded?.text) await saveConfig(path, config);
      await store.save(credential);
      return {
        result: credential.tokens.expiresAt,
        page: {
          outcome: 'done',
          title: 'Signed in',
          lines: [
            `mailctl can now read ${account.address}.`,
            'You can close this window and go back to the terminal.',
          ],
        },
      };
    },
  );
  app.log.info('logged in', { account: name, store: account.store.kind });
  await app.output.row(
    {
      type: 'login',
      account: name,
      address: account.address,
      expiresAt: expiresAt?.toISOString() ?? null,
    },
    `${name}: logged in as ${account.address}, kept in ${store.description}`,
  );
}

/** Where the person says yes. Under --json and --no-browser the URL is a row, else it is talk. */
async function present(
  app: App,
  account: Account,
  url: URL,
  { openBrowser, timeoutMs }: LoginSettings,
): Promise<void> {
  if (!openBrowser && app.output.format === 'json') {
    return app.output.row({ type: 'authorization', url: url.href }, null);
  }
  const opened = openBrowser && (await app.system.openBrowser(url));
  const ask = opened
    ? `Your browser asks whether mailctl may read ${account.address}. If it did not open, go to`
    : `Open this page to let mailctl read ${account.address}:`;
  app.tell(ask);
  app.tell(`  ${url.href}`);
  app.tell(
    `Waiting for the browser, at most ${Math.ceil(timeoutMs / 60_000)} min (Ctrl-C to cancel) …`,
  );
}
