/** Equal pieces of memory that threads share. Whoever wants one when all are taken waits. */
export class Slabs {
  readonly memory: readonly SharedArrayBuffer[];
  readonly sizeBytes: number;
  readonly #free: number[];
  readonly #waiting: ((slab: number) => void)[] = [];

  constructor(count: number, sizeBytes: number) {
    this.sizeBytes = sizeBytes;
    this.memory = Array.from({ length: count }, () => new SharedArrayBuffer(sizeBytes));
    this.#free = this.memory.map((_, index) => index);
  }

  /** Null when none is free. */
  take(): number | null {
    return this.#free.pop() ?? null;
  }

  async wait(): Promise<number> {
    return this.take() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(slab: number): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slab);
    else next(slab);
  }

  copy(bytes: Uint8Array, slab: number, start: number): void {
    const memory = this.memory[slab];
    if (memory !== undefined) new Uint8Array(memory, start, bytes.byteLength).set(bytes);
  }
}
