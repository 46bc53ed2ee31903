import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { errorCode, errorText } from '../errors.ts';
import { takeSteps } from './disk-steps.ts';
import { FileError, NewFile } from './new-file.ts';
import type { Answer, Batch, Outcome, Part, Steps, ThreadData } from './writing-protocol.ts';

/** So many files wait for the disk; what comes then has to wait, too. */
const maxSyncing = 64;

/**
 * The thread that writes files. The bytes come in memory that is shared: nothing is copied, and
 * nothing is left for the garbage collector.
 */
class Writer {
  readonly #slabs: readonly SharedArrayBuffer[];
  readonly #port: MessagePort;
  readonly #files = new Map<number, NewFile>();
  readonly #waiting: Batch[] = [];
  #syncing = 0;
  #answer: { readonly slabs: number[]; readonly outcomes: Outcome[] } | null = null;

  constructor({ slabs }: ThreadData, port: MessagePort) {
    this.#slabs = slabs;
    this.#port = port;
    port.on('message', (request: Batch | Steps) => {
      if ('groups' in request) {
        void this.#takeSteps(request);
        return;
      }
      this.#waiting.push(request);
      this.#work();
    });
  }

  #work(): void {
    while (this.#syncing < maxSyncing) {
      const batch = this.#waiting.shift();
      if (batch === undefined) return;
      const memory = this.#slabs[batch.slab];
      if (memory !== undefined) for (const part of batch.parts) this.#take(part, memory);
      this.#toAnswer().slabs.push(batch.slab);
    }
  }

  async #takeSteps({ id, groups }: Steps): Promise<void> {
    const folders: string[] = [];
    try {
      for (const group of groups) {
        folders.push(...(await takeSteps(group)));
      }
      this.#toAnswer().outcomes.push({ id, kind: 'steps', folders });
    } catch (error) {
      this.#failed(id, undefined, error);
    }
  }

  #take({ id, order, start, length, ending }: Part, memory: SharedArrayBuffer): void {
    let file = this.#files.get(id);
    try {
      if (order !== null) {
        file = new NewFile(order);
        this.#files.set(id, file);
      }
      if (file === undefined) return; // it has failed at an earlier part
      if (length > 0 || ending === 'whole') {
        file.write(new Uint8Array(memory, start, length), { last: ending === 'whole' });
      }
      if (ending === 'broken') throw new Error('broken off');
      if (ending === 'whole') void this.#finish(id, file);
    } catch (error) {
      this.#failed(id, file, error);
    }
  }

  async #finish(id: number, file: NewFile): Promise<void> {
    this.#syncing += 1;
    this.#files.delete(id);
    try {
      const made = await file.finish();
      this.#toAnswer().outcomes.push({ id, kind: 'file', made });
    } catch (error) {
      this.#failed(id, file, error);
    }
    this.#syncing -= 1;
    this.#work();
  }

  #failed(id: number, file: NewFile | undefined, error: unknown): void {
    file?.discard();
    this.#files.delete(id);
    const { path, cause } = error instanceof FileError ? error : { path: '', cause: error };
    const [code, text] = [errorCode(cause), errorText(cause)];
    this.#toAnswer().outcomes.push({ id, kind: 'failure', path, code, text });
  }

  /** What is answered soon: what happens until then is told together. */
  #toAnswer() {
    if (this.#answer !== null) return this.#answer;
    const answer = { slabs: [], outcomes: [] };
    this.#answer = answer;
    setImmediate(() => {
      this.#answer = null;
      this.#port.postMessage(answer satisfies Answer);
    });
    return answer;
  }
}

if (parentPort !== null) new Writer(workerData, parentPort);
