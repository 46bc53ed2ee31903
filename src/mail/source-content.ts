import { pipeline, Readable } from 'node:stream';
import { type MimeNode, Splitter, type SplitterChunk } from '@zone-eu/mailsplit';
import { errorText, Failure } from '../errors.ts';
import {
  allParts,
  maxDepth,
  numberParts,
  type Part,
  type UnnumberedPart,
} from './body-structure.ts';
import type { MessageContent } from './message-content.ts';

/** The bytes of the message, from the start, each time it is called. */
export type OpenSource = () => AsyncIterable<Uint8Array>;

/** A header block beyond this is no header block. */
const maxHeadSize = 32 << 20;
const maxChildNodes = 20_000;

/**
 * The inside of a message whose server does not describe it, or by nonsense: the message itself is
 * read, as a stream, once for its tree and once for what is asked for. A message within it is not
 * looked into. mailsplit reads it, as it is what imapflow uses and streams.
 * @throws Failure 'protocol' where the message cannot be read either
 */
export async function contentOfSource(open: OpenSource): Promise<MessageContent> {
  const drafts = new Map<unknown, Draft>();
  for await (const chunk of split(open)) {
    if (chunk.type === 'node') {
      const draft = below(drafts.get(chunk.parentNode) ?? null, chunk);
      drafts.set(chunk, draft);
      draft.parent?.children.push(draft);
    } else {
      const draft = drafts.get(chunk.node);
      if (draft !== undefined) draft.sizeBytes += chunk.value.length;
    }
  }
  const [top] = drafts.values();
  if (top === undefined) throw unreadable('there is nothing in it');
  const root = numberParts(toUnnumbered(top));

  return {
    root,
    async read(parts, maxBytes) {
      const pieces = new Map(parts.map(({ section }) => [section, new Start(maxBytes)]));
      for await (const { section, bytes } of bodies(open, root)) pieces.get(section)?.add(bytes);
      return new Map([...pieces].map(([section, start]) => [section, start.bytes()]));
    },
    async *stream(part) {
      for await (const { section, bytes } of bodies(open, root)) {
        if (section === part.section) yield bytes;
      }
    },
  };
}

interface Draft {
  readonly node: MimeNode;
  readonly parent: Draft | null;
  readonly depth: number;
  sizeBytes: number;
  readonly children: Draft[];
}

/** What is too deep stands beside what it was in, in the order of the message all the same. */
function below(parent: Draft | null, node: MimeNode): Draft {
  const place = parent !== null && parent.depth === maxDepth ? parent.parent : parent;
  const depth = place === null ? 0 : place.depth + 1;
  return { node, parent: place, depth, sizeBytes: 0, children: [] };
}

function toUnnumbered({ node, sizeBytes, children }: Draft): UnnumberedPart {
  const type = (node.contentType || 'text/plain').toLowerCase();
  const inside = children.map(toUnnumbered);
  return {
    // A multipart without a part is what it has for its text.
    type: type.startsWith('multipart/') && inside.length === 0 ? 'text/plain' : type,
    filename: node.filename || null,
    sizeBytes,
    encoding: (node.encoding || '7bit').toLowerCase(),
    charset: node.charset || null,
    flowed: node.flowed,
    delSp: node.delSp,
    disposition: node.disposition || null,
    contentId: null,
    start: null,
    heading: null,
    children: inside,
  };
}

/** The bytes of each leaf, in the order of the message, under the section they have in the tree. */
async function* bodies(
  open: OpenSource,
  root: Part,
): AsyncGenerator<{ readonly section: string; readonly bytes: Uint8Array }> {
  // mailsplit gives the nodes in the order of the message, which is that of the tree.
  const order = [...allParts(root)];
  const sections = new Map<unknown, string | null>();
  for await (const chunk of split(open)) {
    if (chunk.type === 'node') {
      const part = order[sections.size];
      sections.set(chunk, part === undefined || part.part === null ? null : part.section);
      continue;
    }
    const section = sections.get(chunk.node) ?? null;
    if (section !== null) yield { section, bytes: chunk.value };
  }
}

async function* split(open: OpenSource): AsyncGenerator<SplitterChunk> {
  const splitter = new Splitter({ ignoreEmbedded: true, maxHeadSize, maxChildNodes });
  let failed: unknown;
  const source = Readable.from(open());
  pipeline(source, splitter, (error) => {
    failed = error ?? undefined;
  });
  try {
    for await (const chunk of splitter) yield chunk;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw unreadable(errorText(failed ?? error));
  } finally {
    source.destroy();
  }
}

function unreadable(why: string): Failure {
  return new Failure('protocol', `the message cannot be taken apart: ${why}`, {
    hint: '--raw gives it as it is',
  });
}

/** The first bytes of a stream. */
class Start {
  readonly #maxBytes: number;
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(bytes: Uint8Array): void {
    const piece = bytes.subarray(0, this.#maxBytes - this.#length);
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }
}
