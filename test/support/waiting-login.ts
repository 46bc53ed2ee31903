import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUpLater } from './clean-up.ts';
import { type Home, newHome, type Running, start } from './run.ts';
import {
  type ScriptedOAuth,
  type ScriptedOAuthOptions,
  startScriptedOAuth,
} from './scripted-oauth.ts';

export const keyFileOf = (home: Home) => join(home.config, 'key');

export interface WaitingLogin {
  readonly home: Home;
  readonly oauth: ScriptedOAuth;
  readonly login: Running;
  /** Where the person is sent. */
  readonly url: URL;
  readonly redirectUri: URL;
  readonly state: string;
  /** The redirect with these parameters; `state`, `iss` and `code` are right unless given. */
  redirect(parameters?: Record<string, string | undefined>): URL;
}

const usualTimeouts = 'timeouts = { connect = 2, greeting = 2, auth = 3, command = 3, idle = 5 }\n';

export interface LoginSetting {
  /** The line of the config that says how long things may take. */
  readonly timeouts?: string;
  readonly oauth?: ScriptedOAuthOptions;
  /** Default `file`. */
  readonly store?: 'file' | 'keychain';
  readonly args?: readonly string[];
  readonly env?: Record<string, string>;
}

/** A scripted server, a home, and the command line of a login there. */
export async function prepareLogin(setting: LoginSetting = {}) {
  const { oauth: options, store = 'file', args = [], timeouts = usualTimeouts } = setting;
  const oauth = await startScriptedOAuth(options);
  cleanUpLater(() => oauth.close());
  const home = await newHome();
  mkdirSync(join(home.config, 'mailctl'), { mode: 0o700 });
  writeFileSync(join(home.config, 'mailctl', 'config.toml'), timeouts, { mode: 0o600 });
  const line = [
    ...['login', 'ada@example.org', '--name', 'club', '--issuer', oauth.issuer],
    ...['--client-id', 'mailctl', '--scope', 'mail', '--imap-host', 'imap.example.org'],
    // The keychain is what it takes when nothing is said.
    ...(store === 'file' ? ['--store', 'file', '--key-file', keyFileOf(home)] : []),
    ...['--timeout', '20s', '--no-check', ...args],
  ];
  return { oauth, home, args: line };
}

/** Starts `mailctl login` against a scripted server. It may end without waiting for anybody. */
export async function startLogin(setting: LoginSetting = {}) {
  const { oauth, home, args } = await prepareLogin(setting);
  return { oauth, home, login: start(args, { home, env: setting.env ?? {} }) };
}

/** The same, and waits until it waits for the browser. */
export async function startWaitingLogin(setting: LoginSetting = {}): Promise<WaitingLogin> {
  const started = await startLogin({ ...setting, args: ['--no-browser', ...(setting.args ?? [])] });
  const [, address = ''] = await started.login.waitForStderr(/^ {2}(https?:\/\/\S+)\n/m);
  const url = new URL(address);
  const redirectUri = new URL(url.searchParams.get('redirect_uri') ?? '');
  const state = url.searchParams.get('state') ?? '';
  return {
    ...started,
    url,
    redirectUri,
    state,
    redirect(parameters = {}) {
      const usual = { state, iss: started.oauth.issuer, code: 'code-canary-2Jf7' };
      const target = new URL(redirectUri);
      for (const [name, value] of Object.entries({ ...usual, ...parameters })) {
        if (value !== undefined) target.searchParams.set(name, value);
      }
      return target;
    },
  };
}

/** A whole login. */
export async function logIn(setting: LoginSetting = {}): Promise<WaitingLogin> {
  const waiting = await startWaitingLogin(setting);
  await fetch(waiting.redirect());
  const { code, stderr } = await waiting.login.result;
  if (code !== 0) throw new Error(`the login ended with ${code}: ${stderr}`);
  return waiting;
}
