import { setImmediate as turn } from 'node:timers/promises';
import type { FetchMessageObject, FetchQueryObject, ImapFlow } from 'imapflow';
import type { ImapServer, Timeouts } from '../account/account.ts';
import { errorCode, Failure } from '../errors.ts';
import { isLoopback } from '../system/loopback.ts';
import type { ProxyChoice } from '../system/proxy.ts';
import { prepared, readTls, type TlsMaterial } from '../system/tls.ts';
import { unheard } from './changes.ts';
import { Exchanges, type Limits } from './exchanges.ts';
import { explainNotConnected, isAuthenticationRefused } from './imap-errors.ts';
import { divert, hearChanges, leaveOutNeedlessCommands } from './imapflow-internals.ts';
import { searchByKeys } from './imapflow-search.ts';
import { LoginRefused } from './login-refused.ts';
import type { ServerLogin } from './login-source.ts';
import { credentials, hideCapabilities, refuseUnknownMechanisms, unwanted } from './mechanisms.ts';
import { RowReader } from './row-reader.ts';
import type { SearchKey } from './search-key.ts';
import { openEarly, transportOver } from './transport.ts';

/** The only door to imapflow: one logged-in connection, every wait on it bounded in total. */
export interface ConnectionOptions {
  readonly server: ImapServer;
  readonly user: string;
  readonly login: ServerLogin;
  readonly timeouts: Timeouts;
  readonly proxies: ProxyChoice;
  readonly signal: AbortSignal;
  readonly clientVersion: string;
  readonly trace: ((entry: Readonly<Record<string, unknown>>) => void) | null;
  /** Told of what the server wants the person to read (RFC 3501 §7.1 ALERT). */
  readonly onAlert: (message: string) => void;
  /** Only what fetching needs is exchanged: fewer round trips on each of several connections. */
  readonly lean?: boolean;
}

/** More than any sane answer to anything but a body; a body is asked for in pieces above 4 MiB. */
const maxLiteralBytes = 32 << 20;

/** A SEARCH that finds as many messages as a folder can have. */
const maxLineBytes = 16 << 20;

export interface Connection {
  readonly client: ImapFlow;
  /** Takes FETCH responses before imapflow; on lean connections only. */
  readonly rows: RowReader;
  readonly capabilities: ReadonlySet<string>;
  /** Run one exchange; it fails as a Failure, at the latest when its limits are reached. */
  run<T>(work: (client: ImapFlow) => Promise<T>, limits?: Limits): Promise<T>;
  search(keys: readonly SearchKey[]): Promise<number[]>;
  fetchAll(
    range: string,
    query: FetchQueryObject,
    options: FetchAllOptions,
  ): Promise<FetchMessageObject[]>;
  /** What came before the answer broke off; a failure only where nothing came. */
  fetchSome(
    range: string,
    query: FetchQueryObject,
    options: FetchAllOptions,
  ): Promise<FetchMessageObject[]>;
  close(): void;
}

export interface FetchAllOptions {
  readonly uid: boolean;
  /** How long the whole answer may take, milliseconds. */
  readonly timeoutMs?: number;
}

/**
 * Connect and log in.
 * @throws LoginRefused, or Failure 'refused' | 'temporary' | 'protocol' | 'config'
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { server, timeouts } = options;
  // The config has checked it; the socket is where it counts.
  if (server.security === 'none' && !isLoopback(server.host)) {
    throw new Failure('config', `clear text to ${server.host} is never used`);
  }
  // The server is called first: what is made ready meanwhile takes as long as it may take to answer.
  const givenUp = new AbortController();
  const signal = AbortSignal.any([options.signal, givenUp.signal]);
  const opening = openEarly({ ...options, signal });
  opening.catch(() => {}); // looked at below
  const { ImapFlow } = await import('imapflow');
  await turn(); // by now its name is looked up, and the call goes out
  const tls = await withContext(server).catch((error: unknown) => {
    givenUp.abort();
    opening.then((socket) => socket?.destroy()).catch(() => {});
    throw error;
  });
  const opened = await opening;
  const client = new ImapFlow({
    host: server.host,
    port: server.port,
    secure: server.security === 'tls',
    ...(server.security === 'tls' ? {} : { doSTARTTLS: server.security === 'starttls' }),
    auth: { user: options.user, ...credentials(options.login) },
    transport: transportOver(opened, server, tls),
    clientInfo: { name: 'mailctl', version: options.clientVersion, vendor: 'mailctl' },
    logger: options.trace === null ? false : logger(options.trace),
    disableAutoIdle: true,
    disableCompression: true,
    // CONDSTORE and UTF8=ACCEPT: nothing here needs them, and asking is a round trip.
    disableAutoEnable: true,
    // Nothing here needs rev2, and servers exist whose rev2 finds nothing.
    disableIMAP4rev2: true,
    idHashAlgorithm: 'sha256',
    connectionTimeout: timeouts.connect * 1000,
    greetingTimeout: timeouts.greeting * 1000,
    socketTimeout: timeouts.idle * 1000,
    maxLineLength: maxLineBytes,
    maxLiteralSize: maxLiteralBytes,
    maxResponseSize: 2 * maxLiteralBytes,
  });

  leaveOutNeedlessCommands(client, { lean: options.lean === true });
  hearChanges(client, unheard);
  const rows = new RowReader({ maxLiteralBytes });
  if (options.lean === true) divert(client, rows);
  hideCapabilities(client, (name, offered) => unwanted(server, name, offered));

  const exchanges = new Exchanges(client, rows, options);
  // Without a listener an error event would end the process.
  client.on('error', (error) => exchanges.failedBy(error));
  client.on('alert', ({ message }) => options.onAlert(message));
  const abort = () => client.close();
  options.signal.addEventListener('abort', abort);
  const close = () => {
    options.signal.removeEventListener('abort', abort);
    client.close();
  };

  try {
    const loginMs = (timeouts.connect + timeouts.greeting + timeouts.auth) * 1000;
    await exchanges.run((imap) => imap.connect(), { totalMs: loginMs, phase: 'the login' });
    // Only an OK greeting is kept. After PREAUTH nobody has logged in: whoever answered never
    // proved to know us.
    if (client.greeting === undefined) {
      throw new Failure('refused', `${server.host} let us in without a login (PREAUTH)`, {
        hint: 'a mail server never does that; check host and port',
      });
    }
  } catch (error) {
    close();
    opened?.destroy(); // imapflow may not have come to taking it over
    explainNotConnected(error, server, options.user);
    const offered = [...client.capabilities.keys()];
    // imapflow's own refusal is the one error without a code; a lost connection has one.
    const asked =
      isAuthenticationRefused(error) ||
      (error instanceof Failure && error.kind === 'temporary' && errorCode(error.cause) === null);
    if (asked && offered.length > 0) refuseUnknownMechanisms(options, offered, error);
    if (isAuthenticationRefused(error)) {
      throw new LoginRefused(error);
    }
    throw error;
  }

  return {
    client,
    rows,
    capabilities: new Set(client.capabilities.keys()),
    run: (work, limits) => exchanges.run(work, limits),
    search: (keys) => exchanges.run((imap) => searchByKeys(imap, keys)),
    fetchAll: (range, query, { uid, timeoutMs }) =>
      exchanges.run((imap) => imap.fetchAll(range, query, { uid }), transferLimits(timeoutMs)),
    async fetchSome(range, query, { uid, timeoutMs }) {
      const rows: FetchMessageObject[] = [];
      try {
        await exchanges.run(async (imap) => {
          for await (const row of imap.fetch(range, query, { uid })) rows.push(row);
        }, transferLimits(timeoutMs));
      } catch (error) {
        if (rows.length === 0 || options.signal.aborted) throw error;
        if (!client.usable) exchanges.failedBy(error);
      }
      return rows;
    },
    close,
  };
}

/** Ready to be used: the usual authorities take a while to read. */
async function withContext(server: ImapServer): Promise<TlsMaterial> {
  const tls = await readTls(server);
  return server.security === 'none' ? tls : prepared(tls);
}

function transferLimits(totalMs: number | undefined): Limits {
  return totalMs === undefined ? {} : { totalMs, flows: true };
}

type Trace = (entry: Readonly<Record<string, unknown>>) => void;

/** No `trace` level: imapflow would format a log entry for each row it fetches. */
function logger(trace: Trace) {
  const at = (level: string) => (entry: Readonly<Record<string, unknown>>) => {
    const { msg, src } = entry;
    if (typeof msg === 'string') trace({ level, src, msg });
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
