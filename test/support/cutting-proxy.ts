import { connect, createServer, type Socket } from 'node:net';
import { keepOpen, listenOnLoopback } from './loopback-server.ts';

/** Where a line is cut: behind so many bytes that one side has sent. */
export interface Cut {
  readonly of: 'client' | 'server';
  readonly behindBytes: number;
  /** How both sides are told: in order, or as by a line that is reset. */
  readonly by: 'FIN' | 'RST';
}

export interface CuttingProxy {
  readonly port: number;
  /**
   * From the next connection on: bytes are counted over all of them, and the connection that comes
   * to the cut is cut, only that one. Null: none is.
   */
  begin(cut: Cut | null): void;
  /** Bytes since then that came from each side, as far as they were let through. */
  passed(): Readonly<Record<Cut['of'], number>>;
}

/** Stands before a server and lets each byte pass, up to where it cuts the line. */
export async function startCuttingProxy(upstreamPort: number): Promise<CuttingProxy> {
  let cut: Cut | null = null;
  let passed = { client: 0, server: 0 };
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(upstreamPort, '127.0.0.1');
    const join = (of: Cut['of'], from: Socket, to: Socket) => {
      keepOpen(open, from);
      from.setNoDelay(true);
      from.on('close', () => to.destroy());
      from.on('end', () => to.end());
      from.on('data', (bytes: Buffer) => {
        const left = cut?.of === of ? cut.behindBytes - passed[of] : Number.POSITIVE_INFINITY;
        const through = bytes.subarray(0, Math.max(0, left));
        passed[of] += through.length;
        const by = cut?.by;
        if (left > bytes.length) {
          to.write(through);
          return;
        }
        cut = null;
        from.removeAllListeners('data').resume();
        // What came before the cut arrives; then there is no more.
        to.write(through, () => {
          for (const socket of [client, upstream]) {
            if (by === 'RST') socket.resetAndDestroy();
            else socket.end();
          }
        });
      });
    };
    join('client', client, upstream);
    join('server', upstream, client);
  });
  return {
    port: await listenOnLoopback(server, open),
    begin(next) {
      cut = next;
      passed = { client: 0, server: 0 };
    },
    passed: () => passed,
  };
}
