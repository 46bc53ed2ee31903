import { boundNewObjects, collectGarbage } from '../../system/garbage.ts';

/** After so many bytes what is left of them is cleared away. */
const bytesBetweenCollections = 10 << 20;
/** So often the space for new objects is looked at. */
const bytesBetweenLooks = 256 << 10;
/** What a message takes and leaves behind, however small it is. */
const bytesPerMessage = 5120;
/** How many bytes may be in memory, downloaded and not stored yet, before no more are asked for. */
const maxBytes = 2 << 20;

/** Keeps downloading from running ahead of storing. */
export class Budget {
  #bytes = 0;
  #passed = 0;
  #looked = 0;
  #bounded = false;
  #waiting: (() => void)[] = [];

  /** Count the bytes of a message while `work` has not ended. */
  async hold<T>(bytes: number, work: Promise<T>): Promise<T> {
    const taken = Math.max(bytes, bytesPerMessage);
    this.#bytes += taken;
    this.passed(taken);
    try {
      return await work;
    } finally {
      this.#bytes -= taken;
      if (this.#bytes < maxBytes) for (const resume of this.#waiting.splice(0)) resume();
    }
  }

  /** So many bytes have come through memory. */
  passed(bytes: number): void {
    this.#passed += bytes;
    if (!this.#bounded && this.#passed - this.#looked > bytesBetweenLooks) {
      this.#looked = this.#passed;
      this.#bounded = boundNewObjects();
    }
    if (this.#passed < bytesBetweenCollections) return;
    this.#passed = 0;
    this.#looked = 0;
    collectGarbage();
  }

  /** Waits while too much is in memory; undefined where nothing has to be waited for. */
  room(): Promise<void> | undefined {
    return this.#bytes < maxBytes ? undefined : this.#untilRoom();
  }

  async #untilRoom(): Promise<void> {
    while (this.#bytes >= maxBytes) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
