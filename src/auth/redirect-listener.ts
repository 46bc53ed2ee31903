import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { RedirectHost } from '../account/account.ts';
import { errorCode, errorText, Failure } from '../errors.ts';
import { formatPage, type Page, pageHeaders } from './redirect-page.ts';

const path = '/callback';

/** The redirect that belongs to this login, its browser still waiting for a page. */
export interface Arrival {
  readonly url: URL;
  answer(page: Page): Promise<void>;
}

export interface RedirectListener {
  readonly redirectUri: string;
  /** Settles once, with the first redirect that carries this login's state. */
  next(state: string, onStray: () => void): Promise<Arrival>;
  close(): Promise<void>;
}

/**
 * Listen on loopback for the redirect of one login (RFC 8252 §7.3), on this port, or on one the
 * system chooses.
 * With `localhost` a browser may try either address first, so both are listened on.
 */
export async function listenForRedirect(
  host: RedirectHost,
  port: number | null,
): Promise<RedirectListener> {
  const servers: Server[] = [];
  const first = await listen('127.0.0.1', port ?? 0).catch((error: unknown) => {
    throw new Failure('temporary', `cannot listen on port ${port}: ${errorText(error)}`, {
      hint: 'end the program that has it; or register another port, and set oauth.redirect_port',
      cause: error,
    });
  });
  servers.push(first.server);
  if (host === 'localhost') {
    const second = await listen('::1', first.port).catch((error: unknown) => {
      // A machine without IPv6 has nobody who could try it.
      if (['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(errorCode(error) ?? '')) return null;
      throw new Failure('temporary', `cannot listen on [::1]:${first.port}: ${errorText(error)}`, {
        hint: 'run the same command again; another port will be chosen',
        cause: error,
      });
    });
    if (second !== null) servers.push(second.server);
  }
  const authority = `${host}:${first.port}`;
  return {
    redirectUri: `http://${authority}${path}`,
    next: (state, onStray) =>
      new Promise((resolve) => {
        let taken = false;
        for (const server of servers) {
          server.on('request', (request, response) => {
            const verdict = judge(request, authority, state);
            if (taken || !('url' in verdict)) {
              const refusal = 'url' in verdict ? { status: 410, stray: false } : verdict;
              if (refusal.stray) onStray();
              refuse(response, refusal.status);
              return;
            }
            taken = true;
            resolve({ url: verdict.url, answer: (page) => send(response, 200, page) });
          });
        }
      }),
    async close() {
      await Promise.all(
        servers.map((server) => {
          const closed = once(server, 'close');
          server.close();
          server.closeAllConnections();
          return closed;
        }),
      );
    },
  };
}

async function listen(address: string, port: number): Promise<{ server: Server; port: number }> {
  const server = createServer({
    // Enough for any redirect, too little for a flood; a slow sender is cut off.
    maxHeaderSize: 16_384,
    headersTimeout: 10_000,
    requestTimeout: 10_000,
    connectionsCheckingInterval: 2_000,
  });
  server.maxConnections = 64;
  server.listen({ port, host: address, exclusive: true });
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not an IP socket');
  return { server, port: bound.port };
}

type Verdict = { readonly url: URL } | { readonly status: number; readonly stray: boolean };

/** Reasons to turn a request away, in the order in which they should make one suspicious. */
function judge(request: IncomingMessage, authority: string, state: string): Verdict {
  const turnedAway = (status: number, stray = false) => ({ status, stray });
  // Another Host is a page on the web that had its name resolve to 127.0.0.1.
  const hosts = request.headersDistinct['host'] ?? [];
  if (hosts.length !== 1 || hosts[0] !== authority) return turnedAway(400);
  if (request.method !== 'GET') return turnedAway(405);
  const target = `http://${authority}${request.url ?? '/'}`;
  if (!URL.canParse(target)) return turnedAway(400);
  const url = new URL(target);
  if (url.host !== authority || url.pathname !== path) return turnedAway(404);
  const states = url.searchParams.getAll('state');
  const [given] = states;
  // Who does not know the state can neither end nor enter the login.
  if (states.length !== 1 || given === undefined || !sameText(given, state)) {
    return turnedAway(400, true);
  }
  const answers = url.searchParams.getAll('code').length + url.searchParams.getAll('error').length;
  return answers === 1 ? { url } : turnedAway(400);
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function refuse(response: ServerResponse, status: number): void {
  void send(response, status, {
    outcome: 'stray',
    title: 'Not this login',
    lines: ['mailctl is not waiting for this request.', 'You can close this window.'],
  });
}

async function send(response: ServerResponse, status: number, page: Page): Promise<void> {
  if (response.destroyed) return; // the person closed the window meanwhile
  response.writeHead(status, { ...pageHeaders, ...(status === 405 ? { Allow: 'GET' } : {}) });
  const sent = Promise.race([once(response, 'finish'), once(response, 'close')]);
  response.end(formatPage(page));
  await sent.catch(() => {});
}
