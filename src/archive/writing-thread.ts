import { Worker } from 'node:worker_threads';
import type { DiskStep } from './disk-steps.ts';
import type { FileOrder, MadeFile } from './new-file.ts';
import type { FileMaker, OrderOf } from './sink.ts';
import { Slabs } from './slabs.ts';
import type { Answer, Batch, Outcome, Part, Steps, ThreadData } from './writing-protocol.ts';
import { notWritten } from './written.ts';

const slabBytes = 256 << 10;
const slabCount = 12;
/** So many slabs under way keep the thread busy; then they are filled before they are sent. */
const enoughUnderWay = 2;

/** Whoever waits for what the thread does. */
interface Waiting<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

interface SmallFile {
  readonly id: number;
  readonly order: FileOrder;
  readonly bytes: readonly Uint8Array[];
  readonly length: number;
}

type Content = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * A thread that writes files, started with the first of them; `program` is that of
 * writing-thread-program.ts. Small
 * files travel many at once, large ones piece by piece, in a fixed amount of shared memory: whoever
 * brings more waits until what came before is written.
 */
export class WritingThread implements FileMaker {
  readonly #slabs = new Slabs(slabCount, slabBytes);
  readonly #making = new Map<number, Waiting<MadeFile>>();
  readonly #stepping = new Map<number, Waiting<readonly string[]>>();
  /** Small files that are not in a slab yet. */
  readonly #queue: SmallFile[] = [];
  #worker: Worker | null = null;
  #underWay = 0;
  #filling: { readonly slab: number; used: number; readonly parts: Part[] } | null = null;
  #sendsSoon = false;
  #lastId = 0;
  readonly #program: URL;

  constructor(program: URL) {
    this.#program = program;
  }

  expect(): void {
    if (this.#idle) this.#thread().unref();
  }

  durably(...groups: readonly (readonly DiskStep[])[]): Promise<readonly string[]> {
    if (groups.every((group) => group.length === 0)) return Promise.resolve([]);
    const { id, done } = this.#wait(this.#stepping);
    this.#thread().postMessage({ id, groups } satisfies Steps);
    return done;
  }

  async makeFile(orderOf: OrderOf, content: Content): Promise<FileOrder & MadeFile> {
    if (!Array.isArray(content)) return this.#makeLarge(orderOf, content);
    const bytes: readonly Uint8Array[] = content;
    const length = bytes.reduce((sum, piece) => sum + piece.byteLength, 0);
    if (length > slabBytes) return this.#makeLarge(orderOf, bytes);
    const order = orderOf(bytes[0] ?? new Uint8Array());
    const { id, done: made } = this.#wait(this.#making);
    this.#queue.push({ id, order, bytes, length });
    this.#fill();
    return { ...order, ...(await made) };
  }

  async #makeLarge(orderOf: OrderOf, content: Content): Promise<FileOrder & MadeFile> {
    const { id, done: made } = this.#wait(this.#making);
    made.catch(() => {}); // looked at below; where the content breaks off, that is what is told
    let order: FileOrder | null = null;
    let slab = await this.#slabs.wait();
    let used = 0;
    let beginning = true;
    const send = (ending: Part['ending']) => {
      order ??= orderOf(new Uint8Array());
      const part = { id, order: beginning ? order : null, start: 0, length: used, ending };
      this.#send({ slab, parts: [part] });
      beginning = false;
      used = 0;
    };
    try {
      for await (const piece of content) {
        order ??= orderOf(piece);
        for (let at = 0; at < piece.byteLength; ) {
          const part = piece.subarray(at, at + slabBytes - used);
          this.#slabs.copy(part, slab, used);
          at += part.byteLength;
          used += part.byteLength;
          if (used < slabBytes) continue;
          send('more');
          slab = await this.#slabs.wait();
        }
        if (!this.#making.has(id)) break; // it has failed: why bring more of it
      }
    } catch (error) {
      send('broken');
      await made.catch(() => {}); // nothing of it is there any more
      throw error;
    }
    send('whole');
    return { ...(order ?? orderOf(new Uint8Array())), ...(await made) };
  }

  #wait<T>(waiting: Map<number, Waiting<T>>): { readonly id: number; readonly done: Promise<T> } {
    if (this.#idle) this.#thread().ref();
    this.#lastId += 1;
    const id = this.#lastId;
    const done = new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
    });
    return { id, done };
  }

  get #idle(): boolean {
    return this.#making.size + this.#stepping.size === 0;
  }

  /** Put small files into memory, as far as there is some. */
  #fill(): void {
    for (let file = this.#queue[0]; file !== undefined; file = this.#queue[0]) {
      if (this.#filling !== null && this.#filling.used + file.length > slabBytes)
        this.#sendFilled();
      if (this.#filling === null) {
        const slab = this.#slabs.take();
        if (slab === null) return; // goes on when one is given back
        this.#filling = { slab, used: 0, parts: [] };
      }
      const { slab, used, parts } = this.#filling;
      let at = used;
      for (const piece of file.bytes) {
        this.#slabs.copy(piece, slab, at);
        at += piece.byteLength;
      }
      const { id, order, length } = file;
      parts.push({ id, order, start: used, length, ending: 'whole' });
      this.#filling.used = at;
      this.#queue.shift();
    }
    if (this.#filling === null || this.#sendsSoon || this.#underWay >= enoughUnderWay) return;
    this.#sendsSoon = true;
    // What has come until then travels together.
    setImmediate(() => {
      this.#sendsSoon = false;
      this.#sendFilled();
    });
  }

  #sendFilled(): void {
    const filled = this.#filling;
    if (filled === null) return;
    this.#filling = null;
    this.#send(filled);
  }

  #send({ slab, parts }: Batch): void {
    this.#underWay += 1;
    this.#thread().postMessage({ slab, parts } satisfies Batch);
  }

  #thread(): Worker {
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(this.#program, {
      workerData: { slabs: this.#slabs.memory } satisfies ThreadData,
      env: {},
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 },
    });
    worker.on('message', (answer: Answer) => this.#answered(answer));
    worker.on('error', (error) => this.#lost(error));
    this.#worker = worker;
    return worker;
  }

  #answered({ slabs, outcomes }: Answer): void {
    for (const outcome of outcomes) this.#ended(outcome);
    for (const slab of slabs) {
      this.#underWay -= 1;
      this.#slabs.giveBack(slab);
    }
    this.#fill();
    // With nothing to do it keeps nobody waiting.
    if (this.#idle) this.#worker?.unref();
  }

  #ended(outcome: Outcome): void {
    const making = this.#making.get(outcome.id);
    const stepping = this.#stepping.get(outcome.id);
    this.#making.delete(outcome.id);
    this.#stepping.delete(outcome.id);
    if (outcome.kind === 'file') making?.resolve(outcome.made);
    else if (outcome.kind === 'steps') stepping?.resolve(outcome.folders);
    else {
      const { path, code, text } = outcome;
      const failure = notWritten(path, Object.assign(new Error(text), { code }));
      (making ?? stepping)?.reject(failure);
    }
  }

  /** It ends only by a bug, or where there is no memory for it: the run ends with it. */
  #lost(error: unknown): void {
    for (const { reject } of [...this.#making.values(), ...this.#stepping.values()]) reject(error);
    this.#making.clear();
    this.#stepping.clear();
  }
}
