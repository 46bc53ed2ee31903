import type { FetchMessageObject } from 'imapflow';
import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import { UidSet } from '../uid-set.ts';
import { type Connection, type ConnectionOptions, openConnection } from './connection.ts';
import { slowestBytesPerSecond } from './exchanges.ts';
import { type FetchConnection, fetchConnection } from './fetch-connection.ts';
import { fetchRanges, validRows } from './fetched-rows.ts';
import { LoginRefused } from './login-refused.ts';
import type { LoginSource, ServerLogin } from './login-source.ts';
import { examine, type ListOptions, listMailboxes, searchableMailboxes } from './mailboxes.ts';
import type {
  FetchedMessage,
  Mailbox,
  MessageFacts,
  MessageSummary,
  OpenMailbox,
} from './message.ts';
import { type MessageReader, messageReader } from './message-reader.ts';
import { type FetchPiece, fetchFirstPiece, fetchPieces } from './pieces.ts';
import { countFound, type FindOptions, find } from './search.ts';
import type { Expression } from './search-expression.ts';
import type { SearchKey } from './search-key.ts';
import { newest, summaries } from './summaries.ts';

/** What a command can ask of a mail server. Everything here only reads: EXAMINE and BODY.PEEK. */
export interface MailSession extends MessageReader {
  /** Every mailbox; without `counts` they are there where they cost nothing. */
  listMailboxes(options: ListOptions): Promise<Mailbox[]>;
  /** The paths to search for a message anywhere; each message is in one of them. */
  searchableMailboxes(): Promise<string[]>;
  /** @throws Failure 'not-found' */
  examine(path: string): Promise<OpenMailbox>;
  search(keys: readonly SearchKey[]): Promise<number[]>;
  /** What the whole search language finds, in order; what the server cannot do is done here. */
  find(expression: Expression, options: FindOptions): Promise<number[]>;
  count(expression: Expression, onStep: (text: string) => void): Promise<number>;
  /** The newest `limit` messages of the open mailbox, newest first. */
  newest(limit: number): Promise<MessageSummary[]>;
  /** In the order of `uids`; those the server does not know are left out. */
  summaries(uids: readonly number[]): Promise<MessageSummary[]>;
  /** Size, flags and arrival of each message asked for that is there. */
  facts(uids: UidSet): Promise<MessageFacts[]>;
  /**
   * The bytes of messages that fit into memory together. What does not come is not in the answer;
   * a failure is thrown only where nothing came.
   */
  fetchTogether(facts: readonly MessageFacts[]): Promise<FetchedMessage[]>;
  /** The bytes of one message, in pieces. */
  fetchInPieces(facts: MessageFacts): Promise<FetchedMessage | null>;
  close(): void;
}

export interface SessionOptions
  extends Omit<ConnectionOptions, 'server' | 'user' | 'login' | 'timeouts'> {
  readonly account: Account;
  readonly login: LoginSource;
}

export async function openSession(options: SessionOptions): Promise<MailSession> {
  return sessionOn(await openLoggedIn(options), options.account);
}

/** A connection for fetching; several may be open at the same time. */
export async function openFetchConnection(options: SessionOptions): Promise<FetchConnection> {
  return fetchConnection(await openLoggedIn({ ...options, lean: true }), options.account);
}

/**
 * Connect and log in. For a login the server refuses another one is asked for, once: a token may
 * have been revoked, or the clocks differ.
 */
async function openLoggedIn(options: SessionOptions): Promise<Connection> {
  const { account } = options;
  const connect = (login: ServerLogin) =>
    openConnection({
      ...options,
      server: account.imap,
      user: account.imapUser,
      login,
      timeouts: account.timeouts,
    });
  const first = await options.login({ refused: undefined });
  return connect(first).catch(async (error: unknown) => {
    if (!(error instanceof LoginRefused)) throw error;
    const second = await options.login({ refused: first, reason: error.message });
    return await connect(second).catch((again: unknown) => {
      if (!(again instanceof LoginRefused)) throw again;
      throw new Failure(
        'login',
        `${account.imap.host} refuses the login of ${account.mailbox}: ${again.message}`,
        {
          hint: `mailctl login -a ${account.name}; IMAP may also be switched off for this mailbox`,
          cause: again,
        },
      );
    });
  });
}

function sessionOn(connection: Connection, account: Account): MailSession {
  const commandMs = account.timeouts.command * 1000;
  const transferMs = (bytes: number) => commandMs + (bytes / slowestBytesPerSecond) * 1000;

  /** All of a message as the server has it. */
  async function* source(uid: number): AsyncGenerator<Uint8Array> {
    const [fact] = await session.facts(UidSet.of([uid]));
    const message = fact === undefined ? null : await session.fetchInPieces(fact);
    if (message === null) {
      throw new Failure('not-found', `the server no longer has message ${uid}`);
    }
    yield* message.content;
  }

  const session: MailSession = {
    listMailboxes: (options) => listMailboxes(connection, options),
    searchableMailboxes: () => searchableMailboxes(connection),
    examine: (path) => examine(connection, path),
    search: (keys) => connection.search(keys),
    find: (expression, options) => find(connection, expression, options),
    count: (expression, onStep) => countFound(connection, expression, onStep),
    newest: (limit) => newest(connection, limit),
    summaries: (uids) => summaries(connection, uids),
    async facts(uids) {
      const items = { uid: true, flags: true, size: true, internalDate: true };
      const rows = await fetchRanges(connection, uids, items);
      return validRows(rows)
        .filter(({ uid }) => uids.has(uid))
        .map(toFacts);
    },
    async fetchTogether(facts) {
      const asked = new Map(facts.map((fact) => [fact.uid, fact]));
      const bytes = facts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const rows = await connection.fetchSome(
        UidSet.of(asked.keys()).toString(),
        { uid: true, source: true },
        { uid: true, timeoutMs: transferMs(bytes) },
      );
      return validRows(rows).flatMap(({ uid, source }) => {
        const fact = asked.get(uid);
        // imapflow has `false` for NIL. An empty body of a message that has a size is a row gone
        // wrong, not a message.
        if (fact === undefined || !(source instanceof Uint8Array)) return [];
        return source.length === 0 && fact.sizeBytes > 0 ? [] : [{ ...fact, content: [source] }];
      });
    },
    async fetchInPieces(fact) {
      const fetch: FetchPiece = async (range) => {
        const items = { uid: true, source: range };
        const rows = await connection.fetchAll(String(fact.uid), items, {
          uid: true,
          timeoutMs: transferMs(range.maxLength),
        });
        return validRows(rows).find(({ uid }) => uid === fact.uid);
      };
      const first = await fetchFirstPiece(fact, fetch);
      return first === null ? null : { ...fact, content: fetchPieces(fact, fetch, first) };
    },
    ...messageReader({ connection, transferMs, source }),
    close: () => connection.close(),
  };
  return session;
}

function toFacts({ uid, size, flags, internalDate }: FetchMessageObject): MessageFacts {
  const date = internalDate === undefined ? null : new Date(internalDate);
  return {
    uid,
    sizeBytes: size !== undefined && Number.isSafeInteger(size) && size >= 0 ? size : 0,
    flags: [...(flags ?? [])],
    internalDate: date === null || Number.isNaN(date.getTime()) ? null : date,
  };
}
