import { connect as connectTcp, isIPv6, type Socket } from 'node:net';
import { errorCode, errorText, Failure } from '../errors.ts';
import { describeProxy, type ProxyServer } from './proxy.ts';

export interface Destination {
  readonly host: string;
  readonly port: number;
}

/**
 * A TCP connection to the destination, straight or through a proxy.
 * @throws Failure 'temporary' or 'config' for what goes wrong at the proxy; Node's own error for
 * a straight connection; the signal's reason.
 */
export async function openTcp(
  { host, port }: Destination,
  proxy: ProxyServer | null,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const socket = await opened({ host, port }, proxy, signal);
  // Whoever takes it over may not be listening yet; an error without a listener ends the process.
  socket.on('error', () => {});
  return socket;
}

function opened(
  destination: Destination,
  proxy: ProxyServer | null,
  signal: AbortSignal,
): Promise<Socket> {
  if (proxy === null) return connected(connectTcp({ ...destination }), signal);
  return proxy.kind === 'socks5'
    ? openSocks(destination, proxy, signal)
    : openConnect(destination, proxy, signal);
}

function connected(socket: Socket, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(abortError(signal));
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** RFC 9110 §9.3.6. The name of the host is the proxy's to resolve. */
async function openConnect(
  { host, port }: Destination,
  proxy: ProxyServer,
  signal: AbortSignal,
): Promise<Socket> {
  // Loaded here, as most connections have no proxy and reading mail needs no HTTP.
  const { request: open } = await (proxy.kind === 'https'
    ? import('node:https')
    : import('node:http'));
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
  const request = open({
    method: 'CONNECT',
    host: proxy.host,
    port: proxy.port,
    path: authority,
    headers: { Host: authority, ...authorization(proxy) },
    agent: false,
    signal,
    ...(proxy.kind === 'https' ? { rejectUnauthorized: true } : {}),
  });
  return new Promise((resolve, reject) => {
    request.once('error', (error) =>
      reject(signal.aborted ? abortError(signal) : unreachable(proxy, error)),
    );
    request.once('response', (response) => {
      response.destroy();
      reject(refusal(proxy, authority, response.statusCode ?? 0));
    });
    request.once('connect', ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        reject(refusal(proxy, authority, statusCode));
        return;
      }
      // A mail server speaks first; its greeting may have come with the proxy's answer.
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.end();
  });
}

function authorization({ credentials }: ProxyServer): Record<string, string> {
  if (credentials === null) return {};
  const pair = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64');
  return { 'Proxy-Authorization': `Basic ${pair}` };
}

function refusal(proxy: ProxyServer, authority: string, status: number): Failure {
  if (status === 407) return wrongCredentials(proxy);
  return new Failure(
    'temporary',
    `the proxy ${describeProxy(proxy)} does not lead to ${authority} (HTTP status ${status})`,
    { hint: 'ask who runs the proxy, or leave the host out of it with NO_PROXY' },
  );
}

async function openSocks(
  { host, port }: Destination,
  proxy: ProxyServer,
  signal: AbortSignal,
): Promise<Socket> {
  // A CommonJS module: in a bundle its names are only below `default`.
  const {
    default: { SocksClient },
  } = await import('socks');
  const { credentials } = proxy;
  const existing = await connected(
    connectTcp({ host: proxy.host, port: proxy.port }),
    signal,
  ).catch((error: unknown) => {
    throw signal.aborted ? abortError(signal) : unreachable(proxy, error);
  });
  const abort = () => existing.destroy(abortError(signal));
  signal.addEventListener('abort', abort, { once: true });
  try {
    const { socket } = await SocksClient.createConnection({
      command: 'connect',
      destination: { host, port },
      existing_socket: existing,
      proxy: {
        type: 5,
        host: proxy.host,
        port: proxy.port,
        ...(credentials === null
          ? {}
          : { userId: credentials.user, password: credentials.password }),
      },
    });
    return socket;
  } catch (error) {
    existing.destroy();
    if (signal.aborted) throw abortError(signal);
    // Not kept as the cause: the library's errors carry the password of the proxy.
    throw new Failure(
      'temporary',
      `the proxy ${describeProxy(proxy)} does not lead to ${host}:${port}: ${errorText(error)}`,
      { hint: 'check the network behind the proxy, and the user and password in its URL' },
    );
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function unreachable(proxy: ProxyServer, error: unknown): Failure {
  const code = errorCode(error);
  return new Failure(
    'temporary',
    `cannot reach the proxy ${describeProxy(proxy)}${code === null ? '' : ` (${code})`}`,
    { hint: 'check proxy in the config, or HTTPS_PROXY and ALL_PROXY', cause: error },
  );
}

function wrongCredentials(proxy: ProxyServer): Failure {
  return new Failure(
    'config',
    `the proxy ${describeProxy(proxy)} wants a user and a password, or others`,
    { hint: 'put them into its URL: http://user:password@host:port' },
  );
}

function abortError(signal: AbortSignal): Error {
  const { reason } = signal;
  return reason instanceof Error ? reason : new Error('aborted');
}
