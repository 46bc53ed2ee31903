import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:tls';
import type { Certificates } from '../sandbox/certificates.ts';
import { keepOpen, listenOnLoopback } from './loopback-server.ts';

export interface CountingProxy {
  readonly port: number;
  /** Times somebody waited for the server since the last call, after TCP and TLS: the greeting is one. */
  takeRoundTrips(): number;
  /** The commands since the last call, without their tags. */
  takeCommands(): string[];
  /** Bytes in both directions since the last call, as they are inside TLS. */
  takeBytes(): number;
}

interface ProxyOptions {
  /** Capabilities the client is not to know of. */
  readonly hide?: readonly string[];
  /** Called with what the client sends, before the server gets it. */
  readonly before?: (sent: string) => void;
}

/** Stands before an IMAP server with TLS and counts how often the client waits for it. */
export async function startCountingProxy(
  upstreamPort: number,
  certificates: Pick<Certificates, 'certFile' | 'keyFile' | 'ca'>,
  { hide = [], before = () => {} }: ProxyOptions = {},
): Promise<CountingProxy> {
  let roundTrips = 0;
  let passed = 0;
  let commands = '';
  const open = new Set<Socket>();
  const [cert, key] = [readFileSync(certificates.certFile), readFileSync(certificates.keyFile)];
  const server = createServer({ cert, key }, (client) => {
    roundTrips += 1;
    const upstream = connect({ host: 'localhost', port: upstreamPort, ca: certificates.ca });
    let waiting = true;
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      keepOpen(open, socket);
      socket.on('close', () => other.destroy());
    }
    client.on('data', (bytes: Buffer) => {
      if (!waiting) roundTrips += 1;
      waiting = true;
      commands += bytes.toString('latin1');
      passed += bytes.length;
      before(bytes.toString('latin1'));
      upstream.write(bytes);
    });
    upstream.on('data', (bytes: Buffer) => {
      waiting = false;
      passed += bytes.length;
      // Only the lines of capabilities are looked at, and those come whole.
      const text = bytes.toString('latin1');
      client.write(
        hide.some((name) => text.includes(name)) && /CAPABILITY/.test(text)
          ? Buffer.from(
              hide.reduce((rest, name) => rest.replaceAll(` ${name}`, ''), text),
              'latin1',
            )
          : bytes,
      );
    });
  });
  return {
    port: await listenOnLoopback(server, open),
    takeRoundTrips() {
      const taken = roundTrips;
      roundTrips = 0;
      return taken;
    },
    takeBytes() {
      const taken = passed;
      passed = 0;
      return taken;
    },
    takeCommands() {
      const taken = [...commands.matchAll(/^\S+ ((?:UID )?[A-Z]+)/gm)].map(([, name = '']) => name);
      commands = '';
      return taken;
    },
  };
}
