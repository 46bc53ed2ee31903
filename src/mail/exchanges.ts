import type { ImapFlow } from 'imapflow';
import type { ImapServer, Timeouts } from '../account/account.ts';
import { Failure } from '../errors.ts';
import { explainImapError, isAuthenticationRefused } from './imap-errors.ts';
import type { RowReader } from './row-reader.ts';

/** Below this a transfer counts as stuck. */
export const slowestBytesPerSecond = 8192;

/** How long an exchange may take. */
export interface Limits {
  /** Default: the time of a command. */
  readonly totalMs?: number;
  /** In words, for the sentence a person reads. */
  readonly phase?: string;
  /** Bytes must keep coming, too. */
  readonly flows?: boolean;
  /** Asked each time a command's time has passed: whether what comes is getting on. */
  readonly getsOn?: () => boolean;
}

interface Circumstances {
  readonly server: ImapServer;
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal;
}

/** What one connection does: each exchange ends, at the latest when its limits are reached. */
export class Exchanges {
  readonly #client: ImapFlow;
  readonly #rows: RowReader;
  readonly #circumstances: Circumstances;
  /** What happened first is why everything after it fails. */
  #firstError: unknown;

  constructor(client: ImapFlow, rows: RowReader, circumstances: Circumstances) {
    this.#client = client;
    this.#rows = rows;
    this.#circumstances = circumstances;
  }

  /** The connection is of no use any more. */
  failedBy(error: unknown): void {
    this.#firstError ??= error;
  }

  /** @throws Failure, or imapflow's own error where a login was refused */
  async run<T>(
    work: (client: ImapFlow) => Promise<T>,
    { totalMs, phase = 'the command', flows = false, getsOn = () => true }: Limits = {},
  ): Promise<T> {
    const { server, timeouts, signal } = this.#circumstances;
    const commandMs = timeouts.command * 1000;
    const ms = totalMs ?? commandMs;
    signal.throwIfAborted();
    let expired = false;
    let stuckMs: number | null = null;
    const expire = () => {
      expired = true;
      this.#client.close(); // imapflow has no other way to give up
    };
    const stuck = () => {
      stuckMs = commandMs;
      expire();
    };
    const timer = setTimeout(expire, ms);
    const pace = flows ? this.#watchPace(timeouts.command, stuck) : undefined;
    const stride = setInterval(() => getsOn() || stuck(), commandMs);
    try {
      const result = await work(this.#client);
      if (expired) throw new Error('too late');
      return result;
    } catch (error) {
      signal.throwIfAborted();
      if (expired) {
        this.#firstError = new Failure(
          'temporary',
          stuckMs === null
            ? `${server.host} did not finish ${phase} within ${Math.round(ms / 1000)} s`
            : `${server.host} has said nothing to the point for ${Math.round(stuckMs / 1000)} s`,
          { hint: 'try again later; the limits are under timeouts in the config', cause: error },
        );
      }
      if (isAuthenticationRefused(error)) throw error;
      throw explainImapError(error, server, this.#firstError);
    } finally {
      clearTimeout(timer);
      clearInterval(pace);
      clearInterval(stride);
    }
  }

  /** A transfer may take longer than a command, but not by standing still. */
  #watchPace(seconds: number, onStuck: () => void): NodeJS.Timeout {
    let before = this.#client.stats().received;
    return setInterval(() => {
      const { received } = this.#client.stats();
      // A disk that keeps us from listening is no fault of the server's.
      if (this.#rows.pause !== null) before = received - slowestBytesPerSecond * seconds;
      if (received - before < slowestBytesPerSecond * seconds) onStuck();
      before = received;
    }, seconds * 1000);
  }
}
