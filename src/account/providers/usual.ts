import type { ProviderImap } from '../provider.ts';

/** What most mail servers are like (RFC 8314: TLS from the first byte). */
export const usualImap = {
  port: 993,
  security: 'tls',
  user: 'address',
  mechanisms: ['OAUTHBEARER', 'XOAUTH2'],
  initialResponse: true,
  connections: null,
  bytesPerDay: null,
  newestMessages: null,
  switchOn: null,
} as const satisfies Omit<ProviderImap, 'host'>;

/** Where providers compare the whole redirect URI, the port is registered too. */
export const loopbackPort = 47_822;
