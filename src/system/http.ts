import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { errorCode, errorText, Failure } from '../errors.ts';
import { isCertificateError } from './certificate-errors.ts';
import type { ProxyChoice } from './proxy.ts';
import { startTls, type TlsMaterial } from './tls.ts';
import { openTcp } from './tunnel.ts';

/** How a server is reached. */
export interface Route {
  readonly proxies: ProxyChoice;
  readonly tls: TlsMaterial;
  readonly signal: AbortSignal;
}

export interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** For this request alone. */
  readonly signal?: AbortSignal | undefined;
  /** Of the answer's body. Default 1 MiB. */
  readonly maxBytes?: number;
}

/** One answer; a redirect is an answer and never followed. */
export type HttpClient = (url: URL, request: HttpRequest) => Promise<Response>;

const usualMaxBytes = 1 << 20;

/**
 * HTTP by node's own client: its fetch knows no proxy, no client certificate and no limit of an
 * answer, and takes longer to load.
 * @throws Failure 'temporary' or 'protocol'; a signal's reason.
 */
export function httpClient({ proxies, tls, signal }: Route): HttpClient {
  const secureAgent = new TunnelAgent(proxies, tls);
  const clearAgent = new HttpAgent({ keepAlive: true });
  return (url, { method, headers, body, signal: own, maxBytes = usualMaxBytes }) => {
    const ends = own === undefined ? signal : AbortSignal.any([signal, own]);
    const options: TunnelOptions = { method, headers, signal: ends, ends };
    const request =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...options, agent: secureAgent })
        : httpRequest(url, { ...options, agent: clearAgent });
    return exchange(request, body, { host: url.host, signal: ends, maxBytes });
  };
}

/** Node keeps `signal` from the agent, so it is there under another name too. */
interface TunnelOptions extends RequestOptions {
  readonly ends?: AbortSignal;
}

/** Connections through the proxy that leads to their host, with TLS as the config has it. */
class TunnelAgent extends HttpsAgent {
  readonly #proxies: ProxyChoice;
  readonly #tls: TlsMaterial;

  constructor(proxies: ProxyChoice, tls: TlsMaterial) {
    super({ keepAlive: true });
    this.#proxies = proxies;
    this.#tls = tls;
  }

  /** Ends with the request it is made for: one that waits would keep the process from ending. */
  override createConnection(
    { host, port, ends = new AbortController().signal }: TunnelOptions,
    done: (error: Error | null, socket: Duplex) => void = () => {},
  ): undefined {
    const destination = { host: host ?? '', port: Number(port ?? 443) };
    const proxy = this.#proxies(destination.host, destination.port);
    openTcp(destination, proxy, ends)
      .then((tcp) => secured(tcp, destination.host, this.#tls, ends))
      .then(
        (socket) => done(null, socket),
        (error: unknown) =>
          done(error instanceof Error ? error : new Error(errorText(error)), new Socket()),
      );
  }
}

function secured(
  tcp: Socket,
  host: string,
  tls: TlsMaterial,
  signal: AbortSignal,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(new Error('aborted'));
    const socket = startTls(tcp, host, tls, () => {
      signal.removeEventListener('abort', abort);
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
    signal.addEventListener('abort', abort, { once: true });
  });
}

interface Exchange {
  readonly host: string;
  readonly signal: AbortSignal;
  readonly maxBytes: number;
}

function exchange(
  request: ClientRequest,
  body: string | undefined,
  { host, signal, maxBytes }: Exchange,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) =>
      reject(signal.aborted ? signal.reason : explainHttpError(error, host));
    request.once('error', fail);
    request.once('response', (answer) => {
      read(answer, host, maxBytes).then(resolve, fail);
    });
    request.end(body);
  });
}

async function read(answer: IncomingMessage, host: string, maxBytes: number): Promise<Response> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    const bytes = Buffer.from(chunk);
    length += bytes.byteLength;
    if (length > maxBytes) {
      throw new Failure('protocol', `${host} answered with more than ${maxBytes} bytes`, {
        hint: 'check that this is the right server',
      });
    }
    chunks.push(bytes);
  }
  const status = answer.statusCode ?? 0;
  const headers = new Headers();
  for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) {
    headers.append(answer.rawHeaders[index] ?? '', answer.rawHeaders[index + 1] ?? '');
  }
  // These have no body, and Response refuses one; it knows no status below 200 either.
  const empty = [204, 205, 304].includes(status);
  return new Response(empty ? null : Buffer.concat(chunks), { status, headers });
}

function explainHttpError(error: unknown, host: string): Failure {
  if (error instanceof Failure) return error;
  const code = errorCode(error) ?? '';
  if (isCertificateError(code)) {
    return new Failure(
      'protocol',
      `the certificate of ${host} is not trusted: ${errorText(error)}`,
      {
        hint: 'for a private authority name its PEM file: oauth.ca_file in the config, or NODE_EXTRA_CA_CERTS=ca.pem',
        cause: error,
      },
    );
  }
  if (code.startsWith('HPE_')) {
    return new Failure('protocol', `${host} does not speak HTTP (${code})`, { cause: error });
  }
  return new Failure('temporary', `cannot reach ${host} (${code || errorText(error)})`, {
    hint: 'check the network, then try again',
    cause: error,
  });
}
