import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { text } from 'node:stream/consumers';

/** An answer of an endpoint: a status and what is sent, or a function that does as it likes. */
export type Answer =
  | { status: number; body: string | Buffer | object; headers?: Record<string, string> }
  | ((request: IncomingMessage, response: ServerResponse) => void | Promise<void>);

export interface ScriptedOAuthOptions {
  /** Over the metadata an ordinary server has; a value of `undefined` leaves it out. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Instead of the metadata. */
  readonly discovery?: Answer;
  /** What the token endpoint answers, in this order; the last answers everything after it. */
  readonly token?: readonly Answer[];
  readonly revocation?: Answer;
  /** What `/register` answers (RFC 7591); the metadata must name it. */
  readonly registration?: Answer;
  /** Added to the issuer, such as `/tenant`. */
  readonly path?: string;
  /** Serve over TLS. */
  readonly certificates?: { readonly cert: string; readonly key: string };
  /** What it calls itself, where it is reached through a proxy. */
  readonly origin?: string;
}

export interface ScriptedOAuth {
  readonly issuer: string;
  readonly origin: string;
  readonly port: number;
  /** The forms posted to the token endpoint, oldest first. */
  readonly tokenRequests: readonly URLSearchParams[];
  /** Method and path of every request, oldest first. */
  readonly requests: readonly string[];
  /** Everything that arrived at a path that is none of the server's. */
  readonly elsewhere: readonly string[];
  /** From now on the token endpoint answers so. */
  answerTokens(...answers: Answer[]): void;
  close(): Promise<void>;
}

/** Tokens as any server gives them. Whoever has seen them can tell them anywhere. */
export const goodTokens = {
  access_token: 'access-canary-5Yw2mT9qLx',
  token_type: 'Bearer',
  expires_in: 3600,
  refresh_token: 'refresh-canary-8Rk3vN6pZc',
};

/** Starts an authorization server on 127.0.0.1 that answers as it is told. */
export async function startScriptedOAuth(
  options: ScriptedOAuthOptions = {},
): Promise<ScriptedOAuth> {
  const { certificates, path = '', revocation = { status: 200, body: '' } } = options;
  const tokenRequests: URLSearchParams[] = [];
  const requests: string[] = [];
  const elsewhere: string[] = [];
  let answers: readonly Answer[] = options.token ?? [{ status: 200, body: goodTokens }];

  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? '/', origin);
    requests.push(`${request.method} ${pathname}`);
    const body = await text(request).catch(() => '');
    if (pathname.includes('/.well-known/')) {
      await give(options.discovery ?? { status: 200, body: metadata() }, request, response);
    } else if (pathname === '/token') {
      tokenRequests.push(new URLSearchParams(body));
      const [next, ...later] = answers;
      if (later.length > 0) answers = later;
      await give(next ?? { status: 500, body: '' }, request, response);
    } else if (pathname === '/register' && options.registration !== undefined) {
      await give(options.registration, request, response);
    } else if (pathname === '/revoke') {
      await give(revocation, request, response);
    } else {
      elsewhere.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)} ${body}`);
      await give({ status: 404, body: '' }, request, response);
    }
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    void serve(request, response);
  };
  const server = certificates ? createTlsServer(certificates, listener) : createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  const host = certificates ? 'localhost' : '127.0.0.1';
  const origin = options.origin ?? `${certificates ? 'https' : 'http'}://${host}:${address.port}`;
  const metadata = () => ({
    issuer: `${origin}${path}`,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    revocation_endpoint: `${origin}/revoke`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    ...options.metadata,
  });

  return {
    issuer: `${origin}${path}`,
    origin,
    port: address.port,
    tokenRequests,
    requests,
    elsewhere,
    answerTokens: (...given) => {
      answers = given;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function give(
  answer: Answer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (typeof answer === 'function') return answer(request, response);
  const { status, body, headers = {} } = answer;
  const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
  response.writeHead(status, {
    'content-type': isJson ? 'application/json' : 'text/plain',
    ...headers,
  });
  response.end(isJson ? JSON.stringify(body) : body);
}
