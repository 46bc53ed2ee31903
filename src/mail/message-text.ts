import { isMessage, type Part } from './body-structure.ts';
import { decodeCharset } from './charset.ts';
import { unflow } from './flowed.ts';
import { htmlCharset, htmlToText } from './html-text.ts';
import type { MessageContent } from './message-content.ts';
import { type Passage, readingOrder } from './reading-order.ts';
import { decodeTransfer } from './transfer-encoding.ts';

/** What a person reads of a message, in order. */
export type Block =
  | { readonly text: string }
  | { readonly opens: Part }
  | { readonly closes: Part };

export interface MessageText {
  readonly blocks: readonly Block[];
  /** What could not be shown, or not as it was meant. */
  readonly problems: readonly string[];
  /** Whether the server kept something back. */
  readonly incomplete: boolean;
}

/** More text than anybody reads on a terminal; the rest is left on the server, and said so. */
const maxPartBytes = 1 << 20;
const maxParts = 2000;

/** Only the parts that are text are downloaded, together. */
export async function readMessageText(content: MessageContent): Promise<MessageText> {
  const passages = readingOrder(content.root);
  const texts = passages.flatMap((passage) => ('text' in passage ? [passage] : []));
  const read = await readParts(
    content,
    texts.map(({ text }) => text),
  );
  // Some senders leave the plain alternative empty.
  const empty = texts.filter(({ text }) => read.get(text)?.text.trim() === '');
  const instead = await readParts(
    content,
    empty.flatMap(({ otherwise }) => otherwise),
  );
  const problems: string[] = [];
  let incomplete = false;
  const blocks = passages.map((passage): Block => {
    if (!('text' in passage)) return passage;
    const shown = choose(passage, read, instead);
    for (const part of shown) {
      const reading = read.get(part) ?? instead.get(part);
      problems.push(...(reading?.problems ?? []));
      if (reading?.absent === true) incomplete = true;
    }
    const pieces = shown.map((part) => (read.get(part) ?? instead.get(part))?.text ?? '');
    return { text: pieces.join('\n') };
  });
  return { blocks, problems, incomplete };
}

function choose(
  { text, otherwise }: Extract<Passage, { text: Part }>,
  read: ReadonlyMap<Part, Reading>,
  instead: ReadonlyMap<Part, Reading>,
): readonly Part[] {
  if (read.get(text)?.text.trim() !== '') return [text];
  const full = otherwise.filter((part) => (instead.get(part)?.text.trim() ?? '') !== '');
  return full.length > 0 ? full : [text];
}

interface Reading {
  readonly text: string;
  readonly problems: readonly string[];
  /** The server did not send it. */
  readonly absent: boolean;
}

async function readParts(
  content: MessageContent,
  parts: readonly Part[],
): Promise<Map<Part, Reading>> {
  const wanted = parts.slice(0, maxParts);
  const found = wanted.length === 0 ? null : await content.read(wanted, maxPartBytes);
  const readings = new Map<Part, Reading>();
  for (const part of wanted) {
    const bytes = found?.get(part.section);
    readings.set(part, bytes === undefined ? absentReading(part) : await decodePart(part, bytes));
  }
  for (const part of parts.slice(maxParts)) {
    const problem = `part ${part.part} is not shown: only ${maxParts} texts are`;
    readings.set(part, { text: '', problems: [problem], absent: false });
  }
  return readings;
}

function absentReading({ part, sizeBytes }: Part): Reading {
  // An empty part may be answered by nothing at all.
  if (sizeBytes === 0) return { text: '', problems: [], absent: false };
  return { text: '', problems: [`the server did not send part ${part}`], absent: true };
}

/** A text part in Unicode, readable: transfer encoding, charset, format=flowed and HTML undone. */
async function decodePart(part: Part, bytes: Uint8Array): Promise<Reading> {
  const { text: source, problems } = decodeText(part, bytes);
  const text =
    part.type === 'text/html'
      ? await htmlToText(source)
      : part.flowed
        ? unflow(source, part)
        : source;
  return { text, problems, absent: false };
}

/** A text part in Unicode, as it was written. */
export function decodeText(
  part: Part,
  bytes: Uint8Array,
): { readonly text: string; readonly problems: readonly string[] } {
  const decoded = decodeTransfer(bytes, part.encoding);
  // Servers give us-ascii where the message says nothing (RFC 2045 §5.2).
  const unsaid = part.charset === null || /^us-ascii$/i.test(part.charset);
  const own = unsaid && part.type === 'text/html' ? htmlCharset(decoded) : null;
  const charset = own ?? part.charset;
  const { text, unknownCharset } = decodeCharset(decoded, charset);
  const problems: string[] = [];
  if (unknownCharset !== null) {
    problems.push(`part ${part.part} is in an unknown charset (${unknownCharset})`);
  }
  if (bytes.length === maxPartBytes && (part.sizeBytes ?? 0) > maxPartBytes) {
    problems.push(`part ${part.part} is cut after 1 MB; all of it: --part ${part.part}`);
  }
  return { text, problems };
}

/** The first HTML of a message, in Unicode; null where there is none. */
export async function readHtml(content: MessageContent): Promise<string | null> {
  const html = findHtml(content.root);
  if (html === null) return null;
  const bytes = (await content.read([html], maxPartBytes * 8)).get(html.section);
  return bytes === undefined ? null : decodeText(html, bytes).text;
}

function findHtml(node: Part): Part | null {
  if (node.type === 'text/html' && node.disposition !== 'attachment') return node;
  if (isMessage(node)) return null;
  for (const child of node.children) {
    const found = findHtml(child);
    if (found !== null) return found;
  }
  return null;
}
