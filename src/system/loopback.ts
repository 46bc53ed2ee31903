import { isIPv4, isIPv6 } from 'node:net';

/**
 * Whether clear text may go to this host: only to the machine itself (RFC 8252 §8.3 for OAuth,
 * RFC 8314 for mail). The single place that decides it. `host` may be in URL brackets.
 */
export function isLoopback(host: string): boolean {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  if (isIPv4(bare)) return bare.startsWith('127.');
  if (isIPv6(bare)) return bare === '::1';
  return bare.toLowerCase() === 'localhost';
}
