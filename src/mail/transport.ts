import { connect as connectTcp, type Socket } from 'node:net';
import type { ImapTransport } from 'imapflow';
import type { ImapServer, Timeouts } from '../account/account.ts';
import type { ProxyChoice } from '../system/proxy.ts';
import { startTls, type TlsMaterial } from '../system/tls.ts';
import { openTcp } from '../system/tunnel.ts';
import { explainImapError } from './imap-errors.ts';

interface EarlyOptions {
  readonly server: ImapServer;
  readonly proxies: ProxyChoice;
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal;
}

/**
 * The connection below TLS, straight or through a proxy, within its own time; while imapflow is
 * loaded. Null where the server speaks in clear text at once: nobody would listen to it yet.
 */
export async function openEarly(options: EarlyOptions): Promise<Socket | null> {
  const { server, proxies, timeouts, signal } = options;
  const proxy = proxies(server.host, server.port);
  if (proxy === null && server.security !== 'tls') return null;
  const late = AbortSignal.timeout(timeouts.connect * 1000);
  try {
    return await openTcp(server, proxy, AbortSignal.any([signal, late]));
  } catch (error) {
    signal.throwIfAborted();
    throw explainImapError(late.aborted ? { code: 'CONNECT_TIMEOUT' } : error, server);
  }
}

/**
 * How imapflow connects: upon what was opened early, and with TLS that calls back only when the
 * server is known to be the right one.
 */
export function transportOver(
  opened: Socket | null,
  { host, port }: ImapServer,
  tls: TlsMaterial,
): ImapTransport {
  let tcp: Socket | undefined;
  return {
    connect: ({ secure }, onConnect) => {
      tcp = opened ?? connectTcp({ host, port }, onConnect);
      // Commands are written whole, and may follow one another before the first is answered.
      tcp.setNoDelay(true);
      if (tcp.destroyed) throw Object.assign(new Error('cut'), { code: 'ECONNRESET' });
      if (secure) return startTls(tcp, host, tls, onConnect);
      if (opened !== null) process.nextTick(onConnect);
      return tcp;
    },
    upgrade: (_, __, onSecure) => {
      if (tcp === undefined) throw new Error('TLS is started before there is a connection');
      return startTls(tcp, host, tls, onSecure);
    },
  };
}
