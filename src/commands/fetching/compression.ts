import type { FetchConnection } from '../../mail/fetch-connection.ts';
import { LinkGauge } from '../../mail/link-gauge.ts';
import type { Log } from '../../system/log.ts';
import { worthCompressing } from './worth-compressing.ts';

interface CompressionOptions {
  readonly log: Log;
  /** About how much is still to be fetched, when so much has been. */
  readonly bytesToCome: (bytesSoFar: number) => number;
  readonly open: () => Promise<FetchConnection>;
}

/**
 * Has the mail of a run come compressed where the line is what it waits for. It is measured over
 * all connections of the run, and decided for all of them, between two of their jobs. The first
 * that is compressed is a trial: some servers offer it and cannot do it.
 *
 * What compression tells an eavesdropper is the size of what was compressed. Tokens and passwords
 * are not in it, as everybody has logged in before. Of mail he could only guess: whoever sends
 * guesses must know which mail they are fetched with, and each is fetched once.
 */
export class Compression {
  readonly #options: CompressionOptions;
  readonly #gauge = new LinkGauge();
  readonly #known = new WeakSet<FetchConnection>();
  readonly #compressed = new WeakSet<FetchConnection>();
  #state: 'measuring' | 'trying' | 'on' | 'off' = 'measuring';

  constructor(options: CompressionOptions) {
    this.#options = options;
  }

  /**
   * To be called before each job of a connection. Gives the one to go on with: another one where
   * the trial has cost it.
   */
  async prepare(connection: FetchConnection): Promise<FetchConnection> {
    if (!this.#known.has(connection)) {
      this.#known.add(connection);
      connection.measure(this.#gauge);
    }
    const trial = this.#state === 'measuring';
    if (this.#compressed.has(connection) || !connection.canCompress) return connection;
    if (trial ? !this.#isWorth() : this.#state !== 'on') return connection;
    this.#compressed.add(connection);
    if (trial) this.#state = 'trying';
    try {
      const works = await connection.compress();
      // Whether it understands us, and we it. What hangs up seems to refuse at first.
      if (trial || !works) await connection.refresh();
      if (trial) this.#decide(works, works ? 'works' : 'refused');
      return connection;
    } catch (error) {
      this.#decide(false, String(error));
      connection.close();
      return this.#options.open();
    }
  }

  #decide(on: boolean, reason: string): void {
    this.#state = on ? 'on' : 'off';
    this.#options.log.info('compression', { on, reason });
  }

  #isWorth(): boolean {
    const { samples, bytes } = this.#gauge;
    const bytesToCome = this.#options.bytesToCome(bytes);
    const worth = worthCompressing(samples, bytesToCome);
    if (worth) {
      const bytesPerSecond = Math.round(samples.at(-1)?.bytesPerSecond ?? 0);
      this.#options.log.info('slow line', { bytesPerSecond, bytesToCome: Math.round(bytesToCome) });
    }
    return worth;
  }
}
