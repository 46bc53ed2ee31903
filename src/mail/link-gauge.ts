import { performance } from 'node:perf_hooks';

/** What a part of a transfer has shown of the line it came over. */
export interface LinkSample {
  /** Of all connections together, inside TLS, while something was coming. */
  readonly bytesPerSecond: number;
  /** The share of that time in which our main thread had work to do, 0 to 1. */
  readonly busy: number;
}

export interface Flow {
  /** So many bytes have come. */
  received(bytes: number): void;
  /** Nothing is waited for: the answer has ended, or the disk is waited for. */
  rest(): void;
}

/** A sample ends after so much, or so long. */
const sampleBytes = 512 << 10;
const sampleMs = 500;

interface Clock {
  now(): number;
  /** Milliseconds, since some moment, that the main thread was at work. */
  busyMs(): number;
}

const processClock: Clock = {
  now: () => performance.now(),
  busyMs: () => performance.eventLoopUtilization().active,
};

/**
 * How fast mail comes over a line that several connections share. Only the time counts in which
 * some answer is coming: not what it takes to ask (round trips are saved by asking for more at
 * once), and not what the disk takes, as then the line is not listened to.
 */
export class LinkGauge {
  /** The last two, the older one first. */
  samples: readonly LinkSample[] = [];
  /** All that has come. */
  bytes = 0;
  readonly #clock: Clock;
  #flowing = 0;
  #since = { ms: 0, busyMs: 0 };
  #sample = { bytes: 0, ms: 0, busyMs: 0 };

  constructor(clock: Clock = processClock) {
    this.#clock = clock;
  }

  /** For one connection. */
  flow(): Flow {
    let flows = false;
    return {
      received: (bytes) => {
        this.bytes += bytes;
        // When the first bytes set out is not known.
        if (flows) this.#count(bytes);
        else this.#change(1);
        flows = true;
      },
      rest: () => {
        if (flows) this.#change(-1);
        flows = false;
      },
    };
  }

  #count(bytes: number): void {
    const sample = this.#sample;
    sample.bytes += bytes;
    this.#pass();
    if (sample.bytes < sampleBytes && sample.ms < sampleMs) return;
    const taken = {
      bytesPerSecond: (sample.bytes / Math.max(sample.ms, 1)) * 1000,
      busy: sample.busyMs / Math.max(sample.ms, 1),
    };
    this.samples = [...this.samples.slice(-1), taken];
    this.#sample = { bytes: 0, ms: 0, busyMs: 0 };
  }

  #change(by: 1 | -1): void {
    this.#pass();
    this.#flowing += by;
  }

  /** The time until now belongs to the sample if something was coming. */
  #pass(): void {
    const now = { ms: this.#clock.now(), busyMs: this.#clock.busyMs() };
    if (this.#flowing > 0) {
      this.#sample.ms += now.ms - this.#since.ms;
      this.#sample.busyMs += now.busyMs - this.#since.busyMs;
    }
    this.#since = now;
  }
}
