import type { Address } from './message.ts';

/** One node of a message's MIME tree, as the server's BODYSTRUCTURE or the message itself tells it. */
export interface Part {
  /** IMAP's number, "2.1" (RFC 3501 §6.4.5); null for a multipart, which is only a bracket. */
  readonly part: string | null;
  /** What to ask for: BODY[section]. A message without parts is asked for its TEXT. */
  readonly section: string;
  /** "text/plain", in lower case. */
  readonly type: string;
  readonly filename: string | null;
  /** As it travels, mostly in base64. */
  readonly sizeBytes: number | null;
  /** Content-Transfer-Encoding, in lower case. */
  readonly encoding: string;
  readonly charset: string | null;
  /** RFC 3676. */
  readonly flowed: boolean;
  readonly delSp: boolean;
  /** "inline", "attachment", or what else was written; in lower case. */
  readonly disposition: string | null;
  /** Without the angle brackets. */
  readonly contentId: string | null;
  /** What a multipart/related is about: the Content-ID of its root (RFC 2387 §3.2). */
  readonly start: string | null;
  /** Of a message within the message. */
  readonly heading: Heading | null;
  readonly children: readonly Part[];
}

/** The few headers a message within a message is shown with. */
export interface Heading {
  readonly from: readonly Address[];
  readonly to: readonly Address[];
  readonly date: Date | null;
  readonly subject: string | null;
}

/** A node whose place in the tree is not known yet. */
export interface UnnumberedPart extends Omit<Part, 'part' | 'section' | 'children'> {
  readonly children: readonly UnnumberedPart[];
}

/** More than this no honest message has. */
export const maxDepth = 500;
const maxParts = 20_000;

export function isMultipart({ type }: { readonly type: string }): boolean {
  return type.startsWith('multipart/');
}

/** A message within the message, whose inside has parts of its own. */
export function isMessage({ type }: { readonly type: string }): boolean {
  return type === 'message/rfc822' || type === 'message/global';
}

/**
 * Give each node its number (RFC 3501 §6.4.5): a multipart at the top of a message has none, its
 * children count from 1; a message that is no multipart is its own part 1, also within another.
 */
export function numberParts(root: UnnumberedPart): Part {
  return isMultipart(root) ? bracket(root, '') : { ...numbered(root, '1'), section: 'TEXT' };
}

function bracket(node: UnnumberedPart, prefix: string): Part {
  const children = node.children.map((child, index) => {
    const part = `${prefix}${index + 1}`;
    return isMultipart(child) ? bracket(child, `${part}.`) : numbered(child, part);
  });
  return { ...node, part: null, section: prefix.slice(0, -1), children };
}

function numbered(node: UnnumberedPart, part: string): Part {
  const children = node.children
    .slice(0, 1)
    .map((inner) =>
      isMultipart(inner) ? bracket(inner, `${part}.`) : numbered(inner, `${part}.1`),
    );
  return { ...node, part, section: part, children };
}

/** The whole tree, in the order of the message. */
export function* allParts(root: Part): Generator<Part> {
  const waiting = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    waiting.push(...node.children.toReversed());
  }
}

/** A part that can be asked for by its number, and saved. */
export interface NumberedPart extends Part {
  readonly part: string;
}

export function numberedParts(root: Part): NumberedPart[] {
  return [...allParts(root)].filter(isNumbered);
}

function isNumbered(part: Part): part is NumberedPart {
  return part.part !== null;
}

export function findPart(root: Part, part: string): Part | null {
  return numberedParts(root).find((node) => node.part === part) ?? null;
}

/** Whether a tree can be believed: servers exist that describe a broken message by nonsense. */
export function isPlausible(root: UnnumberedPart): boolean {
  const waiting = [{ node: root, depth: 0 }];
  let count = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, depth } = next;
    count += 1;
    if (count > maxParts || depth > maxDepth) return false;
    if (!/^[^\s/]+\/[^\s/]+$/.test(node.type)) return false;
    if (isMultipart(node) && node.children.length === 0) return false;
    waiting.push(...node.children.map((child) => ({ node: child, depth: depth + 1 })));
  }
  return true;
}

/** Meant to be saved, not read on the spot. */
export function isAttachment(part: Part): boolean {
  return part.disposition === 'attachment' || part.filename !== null || !isReadable(part);
}

/** Text that is shown: what is not marked as an attachment, and what is marked as inline. */
export function isShown(part: Part): boolean {
  if (!/^text\/(?!calendar|x-vcard|vcard|directory|rtf)/.test(part.type)) return false;
  return part.disposition === 'inline' || !isAttachment(part);
}

function isReadable({ type }: Part): boolean {
  return type === 'text/plain' || type === 'text/html';
}

/** What it takes when it is decoded; about, as line ends in base64 differ. */
export function decodedBytes({ sizeBytes, encoding }: Part): number | null {
  if (sizeBytes === null || encoding !== 'base64') return sizeBytes;
  // 57 bytes are 76 characters and a line end (RFC 2045 §6.8).
  return Math.round((sizeBytes * 57) / 78);
}
