import type { Account, Redirect } from '../account/account.ts';
import { authorize } from '../auth/authorization.ts';
import type { OAuthClient } from '../auth/oauth-client.ts';
import type { TokenResponse } from '../auth/token-response.ts';
import type { Credential } from '../auth/token-set.ts';
import { Failure } from '../errors.ts';
import type { App } from './app.ts';
import { askUntil, canAsk, readLines } from './ask.ts';

export interface BrowserLogin {
  readonly openBrowser: boolean;
  readonly redirect: Redirect;
  readonly timeoutMs: number;
  readonly accept: (response: TokenResponse) => Promise<Credential>;
}

/** The person says yes in a browser: here, or on another machine and pasted here. */
export async function logInByBrowser(
  app: App,
  account: Account,
  client: OAuthClient,
  { openBrowser, redirect, timeoutMs, accept }: BrowserLogin,
): Promise<Credential> {
  const { system } = app;
  const pasteOnly = redirect.kind === 'paste';
  const paste = await pasteSource(app, pasteOnly);
  return authorize(
    {
      client,
      redirect,
      present: (url, redirectUri) =>
        present(app, account, {
          ...{ url, redirectUri, openBrowser, timeoutMs, pasteOnly },
          canPaste: paste !== null,
        }),
      onStray: (reason) => app.tell(`mailctl: ${reason}`),
      paste,
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

/** @throws Failure 'usage' where a login needs somebody who pastes, and nobody can. */
async function pasteSource(
  app: App,
  needed: boolean,
): Promise<((signal: AbortSignal) => Promise<string>) | null> {
  const { system } = app;
  if (canAsk(app) && (needed || app.output.format !== 'json')) {
    return (signal) => askUntil(system, 'Address: ', signal);
  }
  if (!needed) return null;
  if (app.options.input) return readLines(system);
  throw new Failure('usage', 'this login ends at a page whose address must be pasted', {
    hint: 'run it without --no-input, at a terminal or with the address on stdin',
  });
}

interface Presentation {
  readonly url: URL;
  readonly redirectUri: URL;
  readonly openBrowser: boolean;
  readonly timeoutMs: number;
  readonly canPaste: boolean;
  readonly pasteOnly: boolean;
}

/** Where the person says yes. Under --json and --no-browser the URL is a row, else it is talk. */
async function present(
  app: App,
  account: Account,
  { url, redirectUri, openBrowser, timeoutMs, canPaste, pasteOnly }: Presentation,
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
  if (pasteOnly) {
    app.tell('Then paste here the address it ends up at, though it may show an error there,');
    app.tell(
      `or the code it shows (at most ${Math.ceil(timeoutMs / 60_000)} min, Ctrl-C to cancel).`,
    );
    return;
  }
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
