import type { Account, RedirectHost } from '../account/account.ts';
import { authorize } from '../auth/authorization.ts';
import type { OAuthClient } from '../auth/oauth-client.ts';
import type { TokenResponse } from '../auth/token-response.ts';
import type { Credential } from '../auth/token-set.ts';
import type { App } from './app.ts';
import { askUntil, canAsk } from './ask.ts';

export interface BrowserLogin {
  readonly openBrowser: boolean;
  readonly redirectHost: RedirectHost;
  readonly timeoutMs: number;
  readonly accept: (response: TokenResponse) => Promise<Credential>;
}

/** The person says yes in a browser: here, or on another machine and pasted here. */
export async function logInByBrowser(
  app: App,
  account: Account,
  client: OAuthClient,
  { openBrowser, redirectHost, timeoutMs, accept }: BrowserLogin,
): Promise<Credential> {
  const { system } = app;
  const canPaste = canAsk(app) && app.output.format !== 'json';
  return authorize(
    {
      client,
      redirectHost,
      present: (url, redirectUri) =>
        present(app, account, { url, redirectUri, openBrowser, timeoutMs, canPaste }),
      onStray: (reason) => app.tell(`mailctl: ${reason}`),
      paste: canPaste ? (signal) => askUntil(system, 'Address: ', signal) : null,
      timeoutMs,
      signal: system.signal,
      secrets: system.secrets,
    },
    async (response) => ({
      result: await accept(response),
      page: {
        outcome: 'done',
        title: 'Signed in',
        lines: [
          `mailctl can now read ${account.mailbox}.`,
          'You can close this window and go back to the terminal.',
        ],
      },
    }),
  );
}

interface Presentation {
  readonly url: URL;
  readonly redirectUri: URL;
  readonly openBrowser: boolean;
  readonly timeoutMs: number;
  readonly canPaste: boolean;
}

/** Where the person says yes. Under --json and --no-browser the URL is a row, else it is talk. */
async function present(
  app: App,
  account: Account,
  { url, redirectUri, openBrowser, timeoutMs, canPaste }: Presentation,
): Promise<void> {
  const { env } = app.system;
  if (!openBrowser && app.output.format === 'json') {
    return app.output.row({ type: 'authorization', url: url.href }, null);
  }
  // Without a terminal nobody sees a window open, unless $BROWSER says that somebody does.
  const wanted = openBrowser && app.options.input && (canAsk(app) || Boolean(env['BROWSER']));
  const opened = wanted && (await app.system.openBrowser(url));
  app.tell(
    opened
      ? `Your browser asks whether mailctl may read ${account.mailbox}. If it did not open, go to`
      : `Open this page to let mailctl read ${account.mailbox}:`,
  );
  app.tell(`  ${url.href}`);
  const tunnel = sshTunnel(env, redirectUri);
  if (tunnel !== null) {
    app.tell('To use the browser of the machine you came from, run there first:');
    app.tell(`  ${tunnel}`);
  }
  if (canPaste) {
    app.tell('Or open it in any browser, and paste here the address it ends up at.');
  }
  const minutes = Math.ceil(timeoutMs / 60_000);
  app.tell(`Waiting for the browser, at most ${minutes} min (Ctrl-C to cancel) …`);
}

/** SSH_CONNECTION is "client port server port". */
function sshTunnel(
  env: Readonly<Record<string, string | undefined>>,
  { port, hostname }: URL,
): string | null {
  // Somebody will paste it into a shell: nothing but what it is made of.
  const [, server, serverPort] =
    /^\S+ \d+ ([0-9a-fA-F:.]+) (\d{1,5})$/.exec(env['SSH_CONNECTION'] ?? '') ?? [];
  if (server === undefined) return null;
  const user = env['USER'] || env['LOGNAME'] || '';
  const at = /^[\w.][\w.-]*$/.test(user) ? `${user}@${server}` : server;
  const option = serverPort === '22' ? '' : ` -p ${serverPort}`;
  return `ssh -N -L ${port}:${hostname}:${port}${option} ${at}`;
}
