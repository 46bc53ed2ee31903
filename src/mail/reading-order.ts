import { isMessage, isMultipart, isShown, type Part } from './body-structure.ts';

/** What of a message is read, in order. */
export type Passage =
  /** `otherwise` is the same in another form, for when this one turns out to be empty. */
  | { readonly text: Part; readonly otherwise: readonly Part[] }
  /** Here begins a message within the message. */
  | { readonly opens: Part }
  | { readonly closes: Part };

/**
 * The parts a person reads (RFC 2046 §5.1): of alternatives one, of a related group its root, of
 * anything else all that is text, and messages within in their place.
 */
export function readingOrder(node: Part): Passage[] {
  if (isMessage(node)) {
    return [{ opens: node }, ...node.children.flatMap(readingOrder), { closes: node }];
  }
  if (!isMultipart(node)) return isShown(node) ? [{ text: node, otherwise: [] }] : [];
  if (node.type === 'multipart/alternative') return alternative(node.children);
  if (node.type === 'multipart/related') return related(node);
  return node.children.flatMap(readingOrder);
}

/** Plain text first: it needs no turning into text. A child that is no text is no alternative. */
function alternative(children: readonly Part[]): Passage[] {
  const readings = children.map(readingOrder).filter((passages) => passages.some(isText));
  const plain = readings.find((passages) => passages.every(isPlain));
  if (plain === undefined) return readings.at(-1) ?? [];
  const other = readings.findLast((passages) => passages !== plain) ?? [];
  const instead = other.flatMap((passage) => ('text' in passage ? [passage.text] : []));
  return plain.map((passage, index) =>
    'text' in passage && index === 0 ? { ...passage, otherwise: instead } : passage,
  );
}

function related({ children, start }: Part): Passage[] {
  const root = children.find(({ contentId }) => start !== null && contentId === start);
  const shown = readingOrderOf(root) ?? readingOrderOf(children[0]);
  return shown ?? children.flatMap(readingOrder);
}

function readingOrderOf(part: Part | undefined): Passage[] | null {
  const passages = part === undefined ? [] : readingOrder(part);
  return passages.length > 0 ? passages : null;
}

function isText(passage: Passage): boolean {
  return 'text' in passage;
}

function isPlain(passage: Passage): boolean {
  return 'text' in passage && passage.text.type === 'text/plain';
}
