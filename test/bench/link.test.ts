import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Link, startDelayingLink } from './link.ts';

/** Answers each byte with one, and a capital with many. */
const answerBytes = (request: number) => (request < 0x60 ? 1_250_000 : 1);
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', (request) => {
    for (const byte of request) socket.write(Buffer.alloc(answerBytes(byte)));
  });
});
let link: Link;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  link = await startDelayingLink(address.port, { roundTripMs: 40, bitsPerSecond: 200e6 });
});

afterAll(async () => {
  await link.close();
  server.close();
});

async function open(): Promise<Socket> {
  const socket = connect(link.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket, requests: string): Promise<void> {
  socket.write(requests);
  let missing = [...Buffer.from(requests)].reduce((sum, byte) => sum + answerBytes(byte), 0);
  while (missing > 0) missing -= (await once(socket, 'data'))[0].length;
}

it('takes a round trip to connect and one for each answer, and counts those after the first', async () => {
  link.take();
  const start = performance.now();
  const socket = await open();
  for (const request of ['a', 'b', 'ccc']) await ask(socket, request);
  expect(performance.now() - start).toBeGreaterThan(4 * 40 - 2);
  socket.destroy();
  expect(link.take()).toEqual({ roundTrips: 2, bytes: 10, connections: 1 });
});

it('counts no answer to a client that has gone', async () => {
  const socket = await open();
  await ask(socket, 'a');
  link.take();
  socket.resume().end('b');
  await once(socket, 'close');
  expect(link.take()?.roundTrips).toBe(0);
});

it('lets through 200 Mbit a second, of all connections together', async () => {
  const sockets = await Promise.all([open(), open()]);
  const start = performance.now();
  await Promise.all(sockets.map((socket) => ask(socket, 'A')));
  // 100 ms on the wire, behind two round trips.
  expect(performance.now() - start).toBeGreaterThan(100 + 80 - 2);
  for (const socket of sockets) socket.destroy();
});
