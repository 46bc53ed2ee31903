import { Transform, type TransformCallback } from 'node:stream';
import type { ImapFlow } from 'imapflow';

/**
 * What mailctl uses of imapflow that imapflow does not promise. All of it is here, and nothing else
 * reaches behind its types.
 */
export interface Token {
  readonly type: 'ATOM' | 'STRING' | 'LITERAL' | 'SEQUENCE' | 'TEXT';
  readonly value: string | Buffer;
}

/** An argument of a command. TEXT goes out as it is written. */
export type Argument = Token | readonly Argument[];

/** One untagged answer, as imapflow has parsed it. */
export interface Untagged {
  readonly numbers?: readonly number[];
  readonly attributes?: readonly unknown[];
}

/** The text of a token; '' for NIL and lists. */
export function tokenText(token: unknown): string {
  const value: unknown =
    typeof token === 'object' && token !== null ? Reflect.get(token, 'value') : undefined;
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString() : '';
}

type Exec = (
  command: string,
  attributes: readonly Argument[],
  options: { untagged: Record<string, (untagged: Untagged) => Promise<void>> },
) => Promise<{ next(): void }>;

/** Send one command as it is and hand over each untagged answer named in `untagged`. */
export async function execute(
  client: ImapFlow,
  command: string,
  attributes: readonly Argument[],
  untagged: Readonly<Record<string, (answer: Untagged) => void>> = {},
): Promise<void> {
  const exec: unknown = Reflect.get(client, 'exec');
  if (!isFunction<Exec>(exec)) throw new Error('this imapflow has no exec');
  const handlers = Object.entries(untagged).map(
    ([name, take]) => [name, async (answer: Untagged) => take(answer)] as const,
  );
  const response = await exec.call(client, command, attributes, {
    untagged: Object.fromEntries(handlers),
  });
  response.next(); // or every later command waits for ever
}

/**
 * Before connecting: leave out what costs a round trip and tells us nothing. LSUB, and one of two
 * IDs: imapflow says who it is before the login, and again after it where the answer was short.
 * Once after it is right everywhere, as some servers forget what they are told before. `lean`
 * leaves out both, and NAMESPACE: for connections on which names are used as LIST gives them.
 */
export function leaveOutNeedlessCommands(
  client: ImapFlow,
  { lean }: { readonly lean: boolean },
): void {
  Reflect.set(client, 'skipLsub', true);
  const commands: unknown = Reflect.get(client, 'commands');
  if (!(commands instanceof Map)) throw new Error('this imapflow has no table of commands');
  // The table is that of all connections.
  const table: Map<unknown, unknown> = new Map(commands);
  const identify = table.get('ID');
  if (!isFunction<(...args: unknown[]) => unknown>(identify)) return;
  table.set('ID', (...args: unknown[]) => (client.authenticated ? identify(...args) : undefined));
  if (lean) {
    table.set('ID', () => ({ name: '', version: '' })); // of one entry it would be asked again
    table.set('NAMESPACE', () => false);
  }
  Reflect.set(client, 'commands', table);
}

/**
 * Before it opens a mailbox imapflow lists it, to know its delimiter; NAMESPACE has told that
 * already.
 */
export function knowMailbox(client: ImapFlow, path: string): void {
  const folders: unknown = Reflect.get(client, 'folders');
  if (!(folders instanceof Map)) throw new Error('this imapflow has no table of folders');
  const { personal = [], other = false, shared = false } = client.namespaces ?? {};
  const own = personal[0] ?? { prefix: '', delimiter: undefined };
  // As imapflow completes it: what people leave out is the prefix of their own namespace.
  const full = path.startsWith(own.prefix) ? path : `${own.prefix}${path}`;
  const name = path.toUpperCase() === 'INBOX' ? 'INBOX' : full;
  const place = [other, shared, personal]
    .flatMap((some) => some || [])
    .find(({ prefix }) => prefix !== '' && name.startsWith(prefix));
  const { delimiter } = place ?? own;
  // Not told: then it has to be asked for.
  if (delimiter === undefined) return;
  const table: Map<unknown, unknown> = folders;
  if (!table.has(name)) table.set(name, { path: name, delimiter, listed: true, subscribed: true });
}

/** Sees what a server sends before imapflow does, inside TLS and COMPRESS. */
export interface Diversion {
  /** Gives back what is left for imapflow. */
  take(chunk: Buffer): Buffer;
  /** No more is taken before it has resolved. */
  readonly pause: Promise<void> | null;
}

/** To be called before connecting. */
export function divert(client: ImapFlow, diversion: Diversion): void {
  const streamer: unknown = Reflect.get(client, 'streamer');
  if (!(streamer instanceof Transform)) throw new Error('this imapflow has no stream of answers');
  const transform = streamer._transform.bind(streamer);
  const take = (chunk: Buffer, encoding: BufferEncoding, next: TransformCallback) => {
    const rest = diversion.take(chunk);
    const received: unknown = Reflect.get(streamer, 'readBytesCounter');
    Reflect.set(streamer, 'readBytesCounter', Number(received) + chunk.length - rest.length);
    // What is left may be what a pause is waiting for: imapflow has it before.
    const go: TransformCallback = (error) => {
      const { pause } = diversion;
      if (error != null || pause === null) next(error);
      else pause.then(() => next(), next);
    };
    if (rest.length === 0) go();
    else transform(rest, encoding, go);
  };
  streamer._transform = (chunk: Buffer, encoding, next) => {
    try {
      take(chunk, encoding, next);
    } catch (error) {
      next(error instanceof Error ? error : new Error(String(error)));
    }
  };
}

/**
 * Send a line of our own right behind the command that opens a mailbox, which `open` has imapflow
 * send; not where that command has more to say than its first line. `onNext` is told before any
 * command after it goes out, but for another one with a line behind.
 */
export async function sendBehind<T>(
  client: ImapFlow,
  line: string,
  { onSent, onNext }: { readonly onSent: () => void; readonly onNext: () => void },
  open: () => Promise<T>,
): Promise<T> {
  Reflect.deleteProperty(client, 'exec'); // of one before
  const exec: unknown = Reflect.get(client, 'exec');
  const write: unknown = Reflect.get(client, 'write');
  if (!isFunction<(...args: unknown[]) => unknown>(exec) || typeof write !== 'function') {
    throw new Error('this imapflow has no exec or no write');
  }
  const writeBoth = (chunk: unknown) => {
    Reflect.deleteProperty(client, 'write');
    const more: unknown = Reflect.get(client, 'commandParts');
    const isWhole = Array.isArray(more) && more.length === 0;
    if (!isWhole || !(typeof chunk === 'string' || Buffer.isBuffer(chunk))) {
      return write.call(client, chunk);
    }
    onSent();
    return write.call(client, `${chunk.toString('latin1')}\r\n${line}`); // in one packet
  };
  const next = (...args: unknown[]) => {
    Reflect.deleteProperty(client, 'exec');
    onNext();
    return exec.apply(client, args);
  };
  Reflect.set(client, 'exec', (...args: unknown[]) => {
    if (args[0] === 'EXAMINE') {
      Reflect.set(client, 'exec', next);
      Reflect.set(client, 'write', writeBoth);
    }
    return exec.apply(client, args);
  });
  try {
    return await open();
  } catch (error) {
    for (const name of ['exec', 'write']) Reflect.deleteProperty(client, name);
    throw error;
  }
}

/** Let a mailbox that LIST has told of be opened without another LIST. */
export function rememberMailbox(client: ImapFlow, path: string, delimiter: string | null): void {
  const folders: unknown = Reflect.get(client, 'folders');
  if (!(folders instanceof Map)) throw new Error('this imapflow has no table of folders');
  const table: Map<unknown, unknown> = folders;
  if (!table.has(path)) table.set(path, { path, delimiter, listed: true, subscribed: true });
}

/**
 * LIST, with STATUS, of the mailboxes a pattern names: one command with LIST-STATUS (RFC 5819), or
 * without any.
 */
export async function listMatching(
  client: ImapFlow,
  pattern: string,
  statusQuery: Readonly<Record<string, boolean>> | null,
): Promise<unknown> {
  const run: unknown = Reflect.get(client, 'run');
  if (typeof run !== 'function') throw new Error('this imapflow has no run');
  const options = statusQuery === null ? { listOnly: true } : { statusQuery };
  return run.call(client, 'LIST', '', pattern, options);
}

export interface ChangesListener {
  /** VANISHED, in an answer to SELECT or EXAMINE. */
  vanished(answer: Untagged): void;
  /** FETCH, in an answer to SELECT or EXAMINE. */
  row(answer: Untagged): void;
  /** VANISHED while a mailbox is open; gives how many messages it has less. */
  expunged(answer: Untagged): number;
}

/**
 * Hand over VANISHED and FETCH that no command has asked for (RFC 7162). imapflow makes an event of
 * each UID in them, and of "1:16777216", a few bytes on the wire, so many that nothing else gets a
 * turn.
 */
export function hearChanges(client: ImapFlow, listener: ChangesListener): void {
  for (const name of ['untaggedVanished', 'untaggedFetch']) {
    if (typeof Reflect.get(client, name) !== 'function')
      throw new Error(`this imapflow has no ${name}`);
  }
  // With a second argument a mailbox is being opened.
  Reflect.set(client, 'untaggedVanished', async (answer: Untagged, opening?: unknown) => {
    if (opening !== undefined) return listener.vanished(answer);
    const { mailbox } = client;
    if (mailbox !== false) mailbox.exists = Math.max(0, mailbox.exists - listener.expunged(answer));
  });
  Reflect.set(client, 'untaggedFetch', async (answer: Untagged, opening?: unknown) => {
    if (opening !== undefined) listener.row(answer);
  });
}

/**
 * ENABLE QRESYNC (RFC 7162 §3.2.3), so that a mailbox is opened with what has changed in it. Only
 * before the first one is opened; false where the server has it not.
 */
export async function enableQresync(client: ImapFlow): Promise<boolean> {
  if (client.enabled.has('QRESYNC')) return true;
  const run: unknown = Reflect.get(client, 'run');
  if (typeof run !== 'function') throw new Error('this imapflow has no run');
  await run.call(client, 'ENABLE', ['QRESYNC']);
  return client.enabled.has('QRESYNC');
}

/** Whether the server has told the changes of the mailbox it has just opened. */
export function changesAreTold(client: ImapFlow): boolean {
  return client.mailbox !== false && Reflect.get(client.mailbox, 'qresync') === true;
}

/**
 * COMPRESS=DEFLATE from now on (RFC 4978), where the server has it; false where it has not, or has
 * refused.
 */
export async function compress(client: ImapFlow): Promise<boolean> {
  const start: unknown = Reflect.get(client, 'compress');
  if (typeof start !== 'function') throw new Error('this imapflow has no compress');
  await start.call(client);
  return Boolean(Reflect.get(client, '_inflate'));
}

function isFunction<F>(value: unknown): value is F {
  return typeof value === 'function';
}
