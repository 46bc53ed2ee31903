import { once } from 'node:events';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { type HttpClient, httpClient } from '../../src/system/http.ts';
import { readTls, type TlsSettings, usualTls } from '../../src/system/tls.ts';
import { type Certificates, makeCertificates } from '../sandbox/certificates.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { newHome } from '../support/home.ts';
import { freePorts } from '../support/processes.ts';
import { type Answer, startScriptedOAuth } from '../support/scripted-oauth.ts';

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates((await newHome()).directory);
});

async function client(settings: Partial<TlsSettings> = {}): Promise<HttpClient> {
  const tls = await readTls({ ...usualTls, ...settings });
  return httpClient({ proxies: () => null, tls, signal: new AbortController().signal });
}
const get = { method: 'GET', headers: {} };

async function server(discovery: Answer, secure = true) {
  const oauth = await startScriptedOAuth({ discovery, ...(secure ? { certificates } : {}) });
  cleanUpLater(() => oauth.close());
  return { oauth, url: new URL(`${oauth.origin}/.well-known/x`) };
}
async function listen(serve: (socket: Socket) => void) {
  const server = createTcpServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => void server.close());
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}
const failure = (work: Promise<unknown>) =>
  work.then(
    () => Promise.reject(new Error('it went well')),
    (error: unknown) => (error instanceof Failure ? error : Promise.reject(error)),
  );

test('an answer is read, a redirect is one and not followed', async () => {
  const trusting = await client({ caFile: certificates.caFile });
  const { url, oauth } = await server({ status: 302, body: 'no', headers: { location: '/token' } });
  const answer = await trusting(url, get);
  expect([answer.status, answer.headers.get('location'), await answer.text()]).toEqual([
    302,
    '/token',
    'no',
  ]);
  expect(oauth.requests).toEqual(['GET /.well-known/x']);
  const empty = await server({ status: 204, body: '' }, false);
  expect((await trusting(empty.url, get)).status).toBe(204);
});

test('more than the limit is refused, also without an end', async () => {
  const trusting = await client({ caFile: certificates.caFile });
  const big = await server({ status: 200, body: Buffer.alloc(1001) });
  expect(await failure(trusting(big.url, { ...get, maxBytes: 1000 }))).toMatchObject({
    kind: 'protocol',
    message: expect.stringMatching(/answered with more than 1000 bytes$/),
  });
  const endless = await server((_, response) => {
    const timer = setInterval(() => response.write('x'.repeat(1 << 16)), 1);
    response.once('close', () => clearInterval(timer));
  });
  expect((await failure(trusting(endless.url, get))).message).toMatch(/more than 1048576 bytes/);
});

test('whoever does not answer is left when the time is up', async () => {
  const { server: silent, port } = await listen((socket) => socket.resume());
  const signal = AbortSignal.timeout(200);
  const request = (await client())(new URL(`https://127.0.0.1:${port}/`), { ...get, signal });
  await expect(request).rejects.toMatchObject({ name: 'TimeoutError' });
  // The connection went too, or the process would not end.
  await new Promise((resolve) => silent.close(resolve));
});

test('who cannot be reached or trusted is told in a sentence', async () => {
  const [port = 0] = await freePorts(1);
  const unknown = await client();
  expect(await failure(unknown(new URL(`https://127.0.0.1:${port}/`), get))).toMatchObject({
    kind: 'temporary',
    message: `cannot reach 127.0.0.1:${port} (ECONNREFUSED)`,
    hint: expect.stringMatching(/network/),
  });
  const { url } = await server({ status: 200, body: 'hello' });
  expect(await failure(unknown(url, get))).toMatchObject({
    kind: 'protocol',
    message: expect.stringMatching(/^the certificate of localhost:\d+ is not trusted: /),
    hint: expect.stringMatching(/ca_file.*NODE_EXTRA_CA_CERTS/),
  });
  const clear = await server({ status: 200, body: 'hello' }, false);
  const wrong = new URL(clear.url.href.replace('http:', 'https:'));
  expect((await failure(unknown(wrong, get))).kind).toBe('temporary');
  const { port: garbagePort } = await listen((socket) => socket.end('SSH-2.0-x\r\n'));
  expect(await failure(unknown(new URL(`http://127.0.0.1:${garbagePort}/`), get))).toMatchObject({
    kind: 'protocol',
    message: expect.stringMatching(/does not speak HTTP \(HPE_/),
  });
});

test('a pinned certificate is trusted for what it is, and no other', async () => {
  const { X509Certificate } = await import('node:crypto');
  const own = new X509Certificate(certificates.cert).fingerprint256
    .replaceAll(':', '')
    .toLowerCase();
  const { url } = await server({ status: 200, body: 'hello' });
  expect((await (await client({ fingerprint: own }))(url, get)).status).toBe(200);
  const other = await client({
    fingerprint: own.replace(/^./, (digit) => (digit === 'a' ? 'b' : 'a')),
  });
  expect(await failure(other(url, get))).toMatchObject({
    kind: 'protocol',
    message: expect.stringContaining(own),
  });
});

test.each(['caFile', 'clientCertificate'] as const)(
  '%s that is not there is named',
  async (key) => {
    const file = join(certificates.caFile, '..', 'none.pem');
    const settings = { caFile: file, clientCertificate: { certFile: file, keyFile: file } };
    expect(await failure(readTls({ ...usualTls, [key]: settings[key] }))).toMatchObject({
      kind: 'config',
      message: `there is no certificate file ${file}`,
    });
  },
);
