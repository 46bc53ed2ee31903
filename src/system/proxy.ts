import { BlockList, isIP } from 'node:net';
import { Failure } from '../errors.ts';
import { isLoopback } from './loopback.ts';
import type { System } from './system.ts';

/** A proxy every connection is tunnelled through; host names are resolved there, never here. */
export interface ProxyServer {
  readonly kind: 'http' | 'https' | 'socks5';
  readonly host: string;
  readonly port: number;
  readonly credentials: { readonly user: string; readonly password: string } | null;
}

/** Which proxy, if any, leads to a host. */
export type ProxyChoice = (host: string, port: number) => ProxyServer | null;

const kinds: Readonly<Record<string, readonly [ProxyServer['kind'], number]>> = {
  'http:': ['http', 80],
  'https:': ['https', 443],
  'socks5:': ['socks5', 1080],
  'socks5h:': ['socks5', 1080],
  // In ALL_PROXY these mean, to every other program, the same as socks5.
  'socks:': ['socks5', 1080],
};

/** The proxy a URL names; null for a URL that names none mailctl can use. */
export function parseProxy(text: string): ProxyServer | null {
  // curl takes an address without a scheme for an HTTP proxy.
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(address)) return null;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(address);
  const [kind, usualPort] = kinds[protocol.toLowerCase()] ?? [];
  if (kind === undefined || usualPort === undefined || hostname === '') return null;
  if (!['', '/'].includes(pathname) || search !== '' || hash !== '') return null;
  return {
    kind,
    host: bare(hostname),
    port: port === '' ? usualPort : Number(port),
    credentials:
      username === '' && password === ''
        ? null
        : { user: decoded(username), password: decoded(password) },
  };
}

/** For people: never with a user or password. */
export function describeProxy({ kind, host, port }: ProxyServer): string {
  return `${kind}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/**
 * Which proxy leads where: the account's own for every host ("none" for no proxy at all), else that
 * of the environment as curl has it: HTTPS_PROXY, else ALL_PROXY, but for the hosts in NO_PROXY and
 * for loopback; the lower-case names go first.
 * @throws Failure 'config' naming the variable whose value is no proxy.
 */
export function proxyChoice(
  configured: string | null,
  { env, secrets }: Pick<System, 'env' | 'secrets'>,
): ProxyChoice {
  if (configured === 'none') return () => null;
  const name = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'].find((one) => env[one]);
  const address = configured ?? (name === undefined ? undefined : env[name]);
  if (address === undefined) return () => null;
  const proxy = parseProxy(address);
  if (proxy === null) {
    throw new Failure(
      'config',
      `${configured === null ? name : 'proxy'} is not the URL of a proxy`,
      {
        hint: 'for instance http://proxy.example.org:3128 or socks5://127.0.0.1:1080',
      },
    );
  }
  if (proxy.credentials !== null) {
    const { user, password } = proxy.credentials;
    for (const secret of [password, `${user}:${password}`]) secrets.add(secret);
  }
  if (configured !== null) return () => proxy;
  const exceptions = env['no_proxy'] || env['NO_PROXY'] || '';
  return (host, port) =>
    isLoopback(host) || isExcepted(bare(host), port, exceptions) ? null : proxy;
}

/** NO_PROXY: names (with all below them), addresses, networks as `10.0.0.0/8`, each with a port or without. */
function isExcepted(host: string, port: number, exceptions: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return exceptions.split(/[\s,]+/).some((entry) => {
    if (entry === '') return false;
    if (entry === '*') return true;
    const [, pattern = '', only] = /^(.*?)(?::(\d+))?$/.exec(unportable(entry)) ?? [];
    if (only !== undefined && Number(only) !== port) return false;
    if (isIP(name) !== 0) return isInNetwork(name, bare(pattern));
    const domain = pattern.toLowerCase().replace(/^\*?\./, '');
    return domain !== '' && (name === domain || name.endsWith(`.${domain}`));
  });
}

/** An IPv6 address without brackets has colons, but no port. */
function unportable(entry: string): string {
  return isIP(entry.replace(/\/\d+$/, '')) === 6 ? entry.replace(/^([^/]*)/, '[$1]') : entry;
}

function isInNetwork(address: string, pattern: string): boolean {
  const [, network = '', bits] = /^\[?([^/\]]+)\]?(?:\/(\d{1,3}))?$/.exec(pattern) ?? [];
  const family = isIP(network);
  if (family === 0 || family !== isIP(address)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const most = family === 4 ? 32 : 128;
  if (bits !== undefined && Number(bits) > most) return false;
  const list = new BlockList();
  list.addSubnet(network, bits === undefined ? most : Number(bits), type);
  return list.check(address, type);
}

function bare(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/** A password with a lone `%` is used as it came. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
