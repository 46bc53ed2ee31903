import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Certificates } from '../sandbox/certificates.ts';
import { cleanUpLater } from './clean-up.ts';
import { keepOpen, listenOnLoopback } from './loopback-server.ts';
import { startConnectProxy, type TestProxy } from './proxies.ts';
import { type Home, newHome } from './run.ts';
import { type Script, type ScriptedImap, startScriptedImap } from './scripted-imap.ts';
import {
  type ScriptedOAuth,
  type ScriptedOAuthOptions,
  startScriptedOAuth,
} from './scripted-oauth.ts';
import { shareCertificates } from './shared-certificates.ts';

/** What a web server of the domain answers at one address. */
export interface Page {
  readonly status?: number;
  readonly type?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface DomainOptions {
  /** By host and path, such as `autoconfig.example.org/mail/config-v1.1.xml`; 404 for the rest. */
  readonly pages?: Readonly<Record<string, Page | ((response: ServerResponse) => void)>>;
  readonly oauth?: ScriptedOAuthOptions;
  readonly imap?: Script;
}

/** example.org, with a web, a login and a mail server, behind a proxy that resolves its names. */
export interface MailDomain {
  readonly home: Home;
  readonly certificates: Certificates;
  readonly oauth: ScriptedOAuth;
  readonly imap: ScriptedImap;
  readonly proxy: TestProxy;
  /** Host and path with its query, of each request to a page. */
  readonly requests: readonly string[];
  /** The environment in which only this domain exists. */
  readonly env: Record<string, string>;
}

const webHosts = [
  ...['autoconfig.example.org', 'ua-auto-config.example.org', 'example.org'],
  ...['imap.example.org', 'v1.ispdb.net'],
];

export async function startMailDomain(options: DomainOptions = {}): Promise<MailDomain> {
  const home = await newHome();
  const certificates = await shareCertificates(join(home.directory, 'certificates'), {
    hosts: [...webHosts, 'login.example.org', 'imap.hoster.example'],
  });
  const origin = 'https://login.example.org';
  const oauth = await startScriptedOAuth({ certificates, origin, ...options.oauth });
  cleanUpLater(() => oauth.close());
  const imap = await startScriptedImap(certificates, options.imap);
  cleanUpLater(() => imap.close());
  const requests: string[] = [];
  const web = createServer(certificates, (request: IncomingMessage, response) => {
    const address = `${request.headers.host}${request.url}`;
    requests.push(address);
    const page = options.pages?.[address.split('?')[0] ?? ''] ?? { status: 404 };
    if (typeof page === 'function') return page(response);
    const { status = 200, type = 'text/xml', body = '', headers = {} } = page;
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  cleanUpLater(async () => {
    web.closeAllConnections();
    await new Promise((resolve) => web.close(resolve));
  });
  const address = web.address();
  const webPort = typeof address === 'object' && address !== null ? address.port : 0;
  const proxy = await startConnectProxy({
    hosts: {
      ...Object.fromEntries(webHosts.map((host) => [`${host}:443`, webPort])),
      'login.example.org:443': oauth.port,
      'imap.example.org:993': imap.port,
      'imap.hoster.example:993': imap.port,
    },
  });
  return {
    home,
    certificates,
    oauth,
    imap,
    proxy,
    requests,
    env: {
      NODE_EXTRA_CA_CERTS: certificates.caFile,
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
    },
  };
}

/** A server that takes every connection and never says anything. */
export async function startSilence(): Promise<number> {
  const open = new Set<Socket>();
  return listenOnLoopback(
    createTcpServer((socket) => keepOpen(open, socket)),
    open,
  );
}
