import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';
import { keepOpen, listenOnLoopback } from './loopback-server.ts';

export interface ProxyOptions {
  /** `host:port` as it is asked for, and the port on 127.0.0.1 it leads to. Others are refused. */
  readonly hosts: Readonly<Record<string, number>>;
  /** Who may use it. Default: everybody. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** With them an HTTP proxy is spoken to over TLS. */
  readonly certificates?: { readonly cert: string; readonly key: string } | undefined;
}

export interface TestProxy {
  readonly port: number;
  /** The destinations asked for, oldest first. */
  readonly asked: readonly string[];
}

/** Starts an HTTP proxy with CONNECT (RFC 9110 §9.3.6) on 127.0.0.1. */
export async function startConnectProxy(options: ProxyOptions): Promise<TestProxy> {
  const { hosts, credentials, certificates } = options;
  const asked: string[] = [];
  const open = new Set<Socket>();
  const refuse = (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(405).end();
  };
  const server =
    certificates === undefined
      ? createHttpServer(refuse)
      : createHttpsServer({ ...certificates }, refuse);
  server.on('connection', (socket) => keepOpen(open, socket));
  server.on('connect', (request, client: Socket, head: Buffer) => {
    const authority = request.url ?? '';
    asked.push(authority);
    const wanted =
      credentials && Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64');
    if (wanted !== undefined && request.headers['proxy-authorization'] !== `Basic ${wanted}`) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const port = hosts[authority];
    if (port === undefined) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      join(client, upstream);
    });
    keepOpen(open, upstream);
  });
  return { port: await listenOnLoopback(server, open), asked };
}

/** Starts a SOCKS5 proxy (RFC 1928, passwords of RFC 1929) on 127.0.0.1. */
export async function startSocksProxy({ hosts, credentials }: ProxyOptions): Promise<TestProxy> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  const serve = async (client: Socket) => {
    const [, methods = 0] = await take(client, 2);
    const offered = await take(client, methods);
    const method = credentials === undefined ? 0 : 2;
    client.write(Buffer.from([5, offered.includes(method) ? method : 0xff]));
    if (!offered.includes(method)) return;
    if (credentials !== undefined) {
      const [, userLength = 0] = await take(client, 2);
      const user = (await take(client, userLength)).toString();
      const [passwordLength = 0] = await take(client, 1);
      const password = (await take(client, passwordLength)).toString();
      const good = user === credentials.user && password === credentials.password;
      client.write(Buffer.from([1, good ? 0 : 1]));
      if (!good) return;
    }
    const [, , , type = 0] = await take(client, 4);
    // Names only: whoever resolves them here has told somebody else where they go.
    if (type !== 3) return void client.end(Buffer.from([5, 8, 0, 1, 0, 0, 0, 0, 0, 0]));
    const [length = 0] = await take(client, 1);
    const host = (await take(client, length)).toString();
    const authority = `${host}:${(await take(client, 2)).readUInt16BE()}`;
    asked.push(authority);
    const port = hosts[authority];
    if (port === undefined) return void client.end(Buffer.from([5, 2, 0, 1, 0, 0, 0, 0, 0, 0]));
    const upstream = connect(port, '127.0.0.1', () => {
      client.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]));
      join(client, upstream);
    });
    keepOpen(open, upstream);
  };
  const server = createServer((client) => {
    keepOpen(open, client);
    serve(client).catch(() => client.destroy());
  });
  return { port: await listenOnLoopback(server, open), asked };
}

function join(client: Socket, upstream: Socket): void {
  client.pipe(upstream);
  upstream.pipe(client);
  client.once('close', () => upstream.destroy());
  upstream.once('close', () => client.destroy());
}

async function take(socket: Socket, size: number): Promise<Buffer> {
  for (;;) {
    const bytes: Buffer | null = size === 0 ? Buffer.alloc(0) : socket.read(size);
    if (bytes !== null) return bytes;
    if (socket.readableEnded || socket.destroyed) throw new Error('gone');
    await Promise.race([once(socket, 'readable'), once(socket, 'close')]);
  }
}
