import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to the server; `loopback` is the server itself. */
export interface Link {
  readonly name: string;
  readonly port: number;
  /** What has passed since the last call; null where nothing counts. */
  take(): Traffic | null;
  close(): Promise<void>;
}

export interface Traffic {
  /**
   * How often the client had to hear from the server, after the TLS handshake: data from the server
   * that follows data from the client while the client is there, on all connections together. The
   * greeting is one. A client that goes on sending while answers arrive counts more than it waits.
   */
  readonly roundTrips: number;
  /** Both ways, TLS records as they are. */
  readonly bytes: number;
  readonly connections: number;
}

export interface Line {
  readonly roundTripMs: number;
  /** In each direction. */
  readonly bitsPerSecond: number;
}

export function directLink(port: number): Link {
  return { name: 'loopback', port, take: () => null, close: async () => {} };
}

const nothing = { roundTrips: 0, bytes: 0, connections: 0 };
/** What a connection may have on its way in one direction, like a window of TCP. */
const windowBytes = 4 << 20;

/**
 * A long line between client and server: each direction delays by half the round trip and lets
 * through so much a second, shared by all connections, first come, first served. The kernel makes
 * the TCP connection at once, so the first bytes of each are held back for the round trip that
 * would have cost. TLS passes untouched. TCP's slow start is not imitated.
 */
export async function startDelayingLink(
  upstreamPort: number,
  { roundTripMs, bitsPerSecond }: Line,
): Promise<Link> {
  let traffic = { ...nothing };
  const open = new Set<Socket>();
  const upWire = new Wire(roundTripMs / 2, bitsPerSecond);
  const downWire = new Wire(roundTripMs / 2, bitsPerSecond);

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    traffic.connections += 1;
    const upstream = connect({ port: upstreamPort, host: '127.0.0.1', allowHalfOpen: true });
    upstream.setNoDelay(true);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => {}); // close follows
      socket.on('close', () => open.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());

    let answers = 0;
    let asked = false;
    client.on('data', ({ length }) => {
      asked = true;
      traffic.bytes += length;
    });
    const connectedAt = performance.now() + roundTripMs;
    upWire.carry(client, upstream, { notBefore: connectedAt, onArrival: () => {} });
    downWire.carry(upstream, client, {
      notBefore: 0,
      onArrival: (length) => {
        traffic.bytes += length;
        if (!asked || client.readableEnded) return;
        asked = false;
        answers += 1;
        // The first answer is the server's part of the TLS handshake (TLS 1.3; also 1.2, where
        // the greeting comes with the end of it).
        if (answers > 1) traffic.roundTrips += 1;
      },
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');

  return {
    name: `${roundTripMs} ms, ${bitsPerSecond / 1e6} Mbit/s`,
    port: address.port,
    take() {
      const taken = traffic;
      traffic = { ...nothing };
      return taken;
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One direction of the line. */
class Wire {
  readonly #delayMs: number;
  readonly #bytesPerMs: number;
  /** When the last byte that was given to the wire has left. */
  #freeAt = 0;

  constructor(delayMs: number, bitsPerSecond: number) {
    this.#delayMs = delayMs;
    this.#bytesPerMs = bitsPerSecond / 8 / 1000;
  }

  carry(
    from: Socket,
    to: Socket,
    about: { readonly notBefore: number; readonly onArrival: (bytes: number) => void },
  ): void {
    const under: { readonly at: number; readonly chunk: Buffer | null }[] = [];
    let underBytes = 0;
    let timer: NodeJS.Timeout | null = null;

    const arrive = () => {
      timer = null;
      // A timer is a millisecond late rather than early.
      const now = performance.now() + 0.5;
      for (let [next] = under; next !== undefined && next.at <= now; [next] = under) {
        under.shift();
        if (next.chunk === null) {
          to.end();
          return;
        }
        underBytes -= next.chunk.length;
        about.onArrival(next.chunk.length);
        if (to.writable) to.write(next.chunk);
      }
      if (underBytes < windowBytes) from.resume();
      wait();
    };
    const wait = () => {
      const [next] = under;
      if (next === undefined || timer !== null) return;
      timer = setTimeout(arrive, Math.max(0, next.at - performance.now()));
    };
    const send = (chunk: Buffer | null) => {
      const start = Math.max(performance.now(), this.#freeAt, about.notBefore);
      const leaves = start + (chunk?.length ?? 0) / this.#bytesPerMs;
      // What waits for its connection keeps no other from the wire.
      if (start > about.notBefore) this.#freeAt = leaves;
      under.push({ at: leaves + this.#delayMs, chunk });
      underBytes += chunk?.length ?? 0;
      if (underBytes >= windowBytes) from.pause();
      wait();
    };
    from.on('data', send);
    from.on('end', () => send(null));
  }
}
