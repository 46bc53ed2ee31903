import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { cleanUpLater } from './clean-up.ts';

/** Has the server listen on 127.0.0.1, and gives its port. Later it is closed, and all of `open`. */
export async function listenOnLoopback(server: Server, open: ReadonlySet<Socket>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** Keeps a socket in `open` while it is that. Its errors are told by close. */
export function keepOpen(open: Set<Socket>, socket: Socket): void {
  open.add(socket);
  socket.on('error', () => {});
  socket.once('close', () => open.delete(socket));
}
