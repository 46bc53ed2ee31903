import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { type OAuthServer, startOAuthServer } from '../sandbox/oauth-server.ts';
import { withBrowser } from '../support/browser.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { describeWith } from '../support/parts.ts';
import { type Home, newHome, type Running, start } from '../support/run.ts';

const address = 'ada@example.org';

describeWith('chromium', 'a login in a real browser', () => {
  test('ends, once allowed, on a page that says so and loads nothing', async () => {
    const { login, pageUrl, oauth, home } = await startLogin();
    await withBrowser(async (page) => {
      const requested = recordRequests(page);
      await signIn(page, await pageUrl(), 'Allow');

      await page.waitForURL(/^http:\/\/127\.0\.0\.1:\d+\/callback\?/);
      expect(await page.title()).toBe('Signed in – mailctl');
      expect(await page.getByRole('heading').textContent()).toBe('Signed in');
      expect(await page.getByText('mailctl can now read ada@example.org').isVisible()).toBe(true);
      const callbacks = requested.filter((url) => new URL(url).origin !== oauth.issuer);
      expect(callbacks).toHaveLength(1); // no picture, no font, no icon of a page's own
      await photograph(page, 'done');
    });
    const { code, stdout } = await login.result;
    expect(code).toBe(0);
    expect(stdout).toContain('logged in as ada@example.org');
    expect(oauth.tokenRequests).toMatchObject([{ grantType: 'authorization_code', status: 200 }]);
    expect(existsSync(join(home.state, 'mailctl', 'tokens', 'example.json'))).toBe(true);
  });

  test('ends, once refused, on a page that says so, and with exit code 77', async () => {
    const { login, pageUrl, oauth, home } = await startLogin();
    await withBrowser(async (page) => {
      await signIn(page, await pageUrl(), 'Refuse');

      await page.waitForURL(/^http:\/\/127\.0\.0\.1:\d+\/callback\?/);
      expect(await page.title()).toBe('Not signed in – mailctl');
      expect(await page.locator('main').textContent()).toContain('refused');
      await photograph(page, 'refused');
    });
    const { code, stderr } = await login.result;
    expect(code).toBe(77);
    expect(stderr).toContain('refused in the browser');
    expect(oauth.tokenRequests).toEqual([]);
    expect(existsSync(join(home.state, 'mailctl', 'tokens', 'example.json'))).toBe(false);
  });

  test('shows what went wrong when the provider takes the code and then fails', async () => {
    const { login, pageUrl, oauth } = await startLogin();
    oauth.failNext(503, { error: 'temporarily_unavailable' });
    await withBrowser(async (page) => {
      await signIn(page, await pageUrl(), 'Allow');

      await page.waitForURL(/^http:\/\/127\.0\.0\.1:\d+\/callback\?/);
      expect(await page.title()).toBe('The login failed – mailctl');
      await photograph(page, 'failed');
    });
    expect((await login.result).code).toBe(75);
  });

  test('leaves nothing to come back to: the page cannot be loaded again', async () => {
    const { login, pageUrl } = await startLogin();
    await withBrowser(async (page) => {
      await signIn(page, await pageUrl(), 'Allow');
      await page.waitForURL(/\/callback\?/);
      await login.result;
      await expect(page.reload()).rejects.toThrow('ERR_CONNECTION_REFUSED');
    });
  });
});

interface StartedLogin {
  readonly login: Running;
  readonly oauth: OAuthServer;
  readonly home: Home;
  /** What $BROWSER was asked to open. */
  pageUrl(): Promise<string>;
}

async function startLogin(): Promise<StartedLogin> {
  const oauth = await startOAuthServer();
  cleanUpLater(() => oauth.close());
  const home = await newHome();
  const opened = join(home.directory, 'opened');
  const login = start(
    [
      ...['login', address, '--issuer', oauth.issuer, '--client-id', 'mailctl', '--no-check'],
      ...['--imap-host', 'localhost', '--store', 'file', '--key-file', join(home.config, 'key')],
    ],
    { home, env: { BROWSER: makeBrowserProgram(home, opened) } },
  );
  return {
    login,
    oauth,
    home,
    async pageUrl() {
      await login.waitForStderr(/Waiting for the browser/);
      const [url, ...rest] = readFileSync(opened, 'utf8').split('\n').slice(0, -1);
      expect(rest).toEqual([]); // one argument, and that is the URL
      return url ?? '';
    },
  };
}

/** A program for $BROWSER that writes down its arguments, one a line. */
function makeBrowserProgram(home: Home, file: string): string {
  const program = join(home.directory, 'browser');
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" > '${file}'\n`);
  chmodSync(program, 0o700);
  return program;
}

async function signIn(page: Page, url: string, decision: 'Allow' | 'Refuse'): Promise<void> {
  await page.setViewportSize({ width: 1000, height: 700 });
  await page.goto(url);
  await page.getByLabel('Address').fill(address);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('button', { name: decision }).click();
}

function recordRequests(page: Page): readonly string[] {
  const requested: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  return requested;
}

/** For somebody to look at: MAILCTL_TEST_SCREENSHOTS names the folder they go to. */
async function photograph(page: Page, name: string): Promise<void> {
  const directory = process.env.MAILCTL_TEST_SCREENSHOTS;
  if (directory === undefined) return;
  mkdirSync(directory, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(directory, `${name}-${colorScheme}.png`) });
  }
}
