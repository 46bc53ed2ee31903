import type { AccountConfig } from '../account/config-schema.ts';
import { discover } from '../account/discovery/discover.ts';
import type { Found, FoundServer } from '../account/discovery/found.ts';
import type { Means } from '../account/discovery/means.ts';
import { learnServer } from '../auth/oauth-client.ts';
import { Failure } from '../errors.ts';
import { openConnection } from '../mail/connection.ts';
import { LoginRefused } from '../mail/login-refused.ts';
import { openDns } from '../system/dns.ts';
import { httpClient } from '../system/http.ts';
import { type ProxyChoice, proxyChoice } from '../system/proxy.ts';
import { readTls, type TlsSettings, usualTls } from '../system/tls.ts';
import type { App } from './app.ts';
import { ask, canAsk } from './ask.ts';
import { fittingScopes } from './client-registration.ts';

export interface DiscoveryOptions {
  /** As the person gave them. */
  readonly issuer: string | undefined;
  readonly imapHost: string | undefined;
  readonly imapPort: number | undefined;
  readonly imapSecurity: 'tls' | 'starttls' | 'none' | undefined;
  readonly proxy: string | undefined;
  /** For the mail server. */
  readonly mailTls: TlsSettings;
  readonly ispdb: true | undefined;
  readonly yes: true | undefined;
}

const dnsLimitMs = 2000;
const imapSeconds = 2.5;
const metadataLimitMs = 5000;

/**
 * The servers of an address mailctl does not know, found by asking its domain, and confirmed by the
 * person where anybody else could have answered. Null where nobody answers.
 * @throws Failure 'usage' where there is nobody to confirm.
 */
export async function discoverServers(
  app: App,
  address: string,
  options: DiscoveryOptions,
): Promise<Found | null> {
  const known = { issuer: options.issuer ?? null, server: namedServer(options) };
  const found = await discover(address, known, await means(app, address, options));
  app.log.info('discovered', { source: found?.source ?? null, issuer: found?.issuer ?? null });
  return found;
}

/** A person is asked whether it is right; where nobody is, only what is safe is taken. */
async function accept(
  app: App,
  address: string,
  { imapHost, yes }: DiscoveryOptions,
  found: Found,
): Promise<boolean> {
  if (imapHost !== undefined) return true; // the person named it
  const sentence = describeFound(address, found);
  if (yes !== true && canAsk(app)) {
    const choice = found.safe ? '[Y/n]' : '[y/N]';
    const answer = await ask(app.system, `${sentence}. Is that right? ${choice} `);
    return answer === '' ? found.safe : /^(y|yes)$/i.test(answer);
  }
  if (found.safe || yes === true) {
    app.tell(`mailctl: ${sentence}`);
    return true;
  }
  throw new Failure('usage', `${sentence}; nobody is here to say whether that is right`, {
    hint: `if it is: mailctl login ${address} --yes, or name it with --imap-host ${found.server?.host}`,
  });
}

async function means(app: App, address: string, options: DiscoveryOptions): Promise<Means> {
  const { system, log } = app;
  const proxies = proxyChoice(options.proxy ?? null, system);
  const proxy = proxies('example.org', 443);
  // Who goes through SOCKS often does so to hide where; DNS would tell it.
  const hidden = proxy?.kind === 'socks5' && !system.env['MAILCTL_DNS'];
  return {
    dns: hidden ? null : openDns(system, dnsLimitMs),
    http: httpClient({ proxies, tls: await readTls(usualTls), signal: system.signal }),
    proxied: proxy !== null,
    askIspdb: options.ispdb === true,
    askMailServer: (server, signal) =>
      askMailServer(address, { ...options.mailTls, ...server }, proxies, signal),
    report: (step, outcome) => log.info('discovery', { step, outcome }),
    refuse: (reason) => app.tell(`mailctl: ${reason}`),
    accept: (found) => accept(app, address, options, found),
    signal: system.signal,
  };
}

function namedServer({ imapHost, imapPort, imapSecurity }: DiscoveryOptions): FoundServer | null {
  if (imapHost === undefined) return null;
  const security = imapSecurity === 'starttls' ? 'starttls' : 'tls';
  const port = imapPort ?? (security === 'tls' ? 993 : 143);
  return { host: imapHost, port, security, user: null };
}

/** A login that cannot succeed: the refusal of OAUTHBEARER names the login server. */
async function askMailServer(
  user: string,
  server: FoundServer & TlsSettings,
  proxies: ProxyChoice,
  signal: AbortSignal,
): Promise<string | null> {
  const seconds = imapSeconds;
  try {
    const connection = await openConnection({
      server: { ...server, mechanisms: ['OAUTHBEARER'], initialResponse: true },
      user,
      login: { kind: 'token', accessToken: 'whose-tokens-do-you-take' },
      timeouts: {
        connect: seconds,
        greeting: seconds,
        auth: seconds,
        command: seconds,
        idle: seconds,
      },
      proxies,
      signal,
      clientVersion: MAILCTL_VERSION,
      trace: null,
      onAlert: () => {},
    });
    connection.close();
    return null;
  } catch (error) {
    if (error instanceof LoginRefused) return error.metadata;
    throw error;
  }
}

/** What was found, as the config has it. */
export function foundEntry(
  found: Found,
): Pick<AccountConfig, 'provider' | 'login' | 'oauth' | 'imap'> {
  const { provider, server, issuer, passwordOnly } = found;
  if (provider !== null) return { provider: provider.id };
  const usualPort = server?.security === 'tls' ? 993 : 143;
  return {
    ...(passwordOnly ? { login: 'password' } : {}),
    ...(issuer === null ? {} : { oauth: { issuer } }),
    ...(server === null
      ? {}
      : {
          imap: {
            host: server.host,
            ...(server.port === usualPort ? {} : { port: server.port }),
            ...(server.security === 'tls' ? {} : { security: server.security }),
            ...(server.user === null ? {} : { user: server.user }),
          },
        }),
  };
}

/**
 * The fewest scopes for mail that a login server has.
 * @throws Failure 'protocol' when its metadata are those of another issuer
 */
export async function scopesAt(
  { system }: App,
  issuer: string,
  { proxy, caFile }: { proxy: string | undefined; caFile: string | undefined },
): Promise<string[]> {
  const http = httpClient({
    proxies: proxyChoice(proxy ?? null, system),
    tls: await readTls({ ...usualTls, caFile: caFile ?? null }),
    signal: system.signal,
  });
  const server = { kind: 'discovered', issuer } as const;
  const { scopes } = await learnServer(server, { http, timeoutMs: metadataLimitMs });
  return fittingScopes(scopes);
}

/** In one line: who said what. */
function describeFound(address: string, { source, provider, server, issuer }: Found): string {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  if (provider !== null) return `${source} says that ${domain} is at ${provider.name}`;
  const mail = server === null ? '' : `mail at ${server.host}:${server.port}`;
  const login = issuer === null ? '' : `, login at ${new URL(issuer).host}`;
  return `${source} says ${mail}${login}`;
}
