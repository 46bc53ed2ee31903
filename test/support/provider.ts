import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificates } from '../sandbox/certificates.ts';
import type { SandboxFolder } from '../sandbox/messages.ts';
import {
  type OAuthServer,
  type OAuthServerOptions,
  startOAuthServer,
} from '../sandbox/oauth-server.ts';
import { approve, type LastPage, type Person } from '../sandbox/person.ts';
import { cleanUpLater } from './clean-up.ts';
import { type Dovecot, startDovecot } from './dovecot.ts';
import { type Home, type Result, type Running, type RunOptions, start } from './run.ts';
import { shareCertificates } from './shared-certificates.ts';

export interface ProviderOptions {
  oauth?: OAuthServerOptions;
  /** SASL mechanisms of the IMAP server, separated by spaces. */
  mechanisms?: string;
  /** What every mailbox opens with, by PLAIN and LOGIN. Default: no password does. */
  password?: string;
  /** A mailbox that is opened by the tokens of everybody of its domain. */
  shared?: string;
  /** Further settings of the IMAP server's own. */
  settings?: string;
  /** The IMAP server's certificate was good until yesterday. */
  expiredCertificate?: boolean;
}

export interface LoginOptions extends Pick<RunOptions, 'env'> {
  /** Default: ada@example.org. */
  address?: string;
  /** What to call the account. Default: what mailctl calls it. */
  name?: string;
  /** Further arguments; of a flag given twice the last counts. */
  args?: readonly string[];
  /** The command line but for `--no-browser` and `--json`, instead of the usual one. */
  arguments?: readonly string[];
  /** Default true; false has mailctl talk to a person. */
  json?: boolean;
  /** What the person does when asked. Default: allows it. */
  decision?: Person['decision'];
}

/** A login that waits for its person. */
export interface StartedLogin extends Running {
  /** Where mailctl sends the person. */
  url: URL;
}

export interface Provider {
  oauth: OAuthServer;
  imap: Dovecot;
  certificates: Certificates;
  /** The command line of a login to this provider, but for `--no-browser` and `--json`. */
  loginArguments(home: Home, options?: LoginOptions): string[];
  /** Starts a login and reads where it sends the person. */
  startLogin(home: Home, options?: LoginOptions): Promise<StartedLogin>;
  /** A whole login: `mailctl login`, and the person who answers in the browser. */
  login(home: Home, options?: LoginOptions): Promise<Result & { lastPage: LastPage }>;
  /** Puts all messages of these folders into the mailbox of an address. */
  seed(folders: readonly SandboxFolder[], address?: string): void;
}

export const ada = 'ada@example.org';

/** Starts a whole mail provider: an OAuth server, and a Dovecot that asks it about each token. */
export async function startProvider(options: ProviderOptions = {}): Promise<Provider> {
  const directory = await mkdtemp(join(tmpdir(), 'mailctl-certificates-'));
  cleanUpLater(() => rm(directory, { recursive: true, force: true }));
  const certificates = await shareCertificates(directory, {
    expired: options.expiredCertificate ?? false,
  });
  const oauth = await startOAuthServer(options.oauth);
  cleanUpLater(oauth.close);
  const { mechanisms, password, shared, settings } = options;
  const imap = await startDovecot({
    oauth,
    certificates,
    ...(mechanisms === undefined ? {} : { mechanisms }),
    ...(shared === undefined ? {} : { shared }),
    ...(settings === undefined ? {} : { settings }),
    ...(password === undefined ? {} : { password }),
  });
  cleanUpLater(imap.close);

  const provider: Provider = {
    oauth,
    imap,
    certificates,
    loginArguments: (home, { address = ada, name, args = [] } = {}) => [
      ...['login', address, '--issuer', oauth.issuer, '--client-id', 'mailctl'],
      ...['--imap-host', imap.host, '--imap-port', String(imap.port)],
      ...['--ca-file', certificates.caFile],
      ...['--store', 'file', '--key-file', join(home.directory, 'key')],
      ...(name === undefined ? [] : ['--name', name]),
      ...args,
    ],
    async startLogin(home, options = {}) {
      const { arguments: given, env, json = true, ...others } = options;
      const args = [...(given ?? provider.loginArguments(home, others)), '--no-browser'];
      const running = start(json ? [...args, '--json'] : args, { home, ...(env && { env }) });
      if (!json) {
        const [, address = ''] = await running.waitForStderr(/^ {2}(http\S+)\n/m);
        return { ...running, url: new URL(address) };
      }
      const [line] = await running.waitForStdout(/^\{"type":"authorization".*\}$/m);
      return { ...running, url: new URL(JSON.parse(line).url) };
    },
    async login(home, loginOptions = {}) {
      const { url, result } = await provider.startLogin(home, loginOptions);
      const { address = ada, decision = 'allow' } = loginOptions;
      const lastPage = await approve(url, { login: address, decision });
      return { ...(await result), lastPage };
    },
    seed(folders, address = ada) {
      for (const { path, messages } of folders) {
        imap.createMailbox(address, path);
        for (const { source, ...delivery } of messages) {
          imap.deliver(address, path, source, delivery);
        }
      }
    },
  };
  return provider;
}
