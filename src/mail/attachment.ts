import libmime from 'libmime';
import {
  decodedBytes,
  isAttachment,
  isMessage,
  type NumberedPart,
  numberedParts,
  type Part,
} from './body-structure.ts';

/** Which attachments are wanted. All that is given must be true. */
export interface AttachmentFilter {
  /** One of these patterns with * and ?, whatever the case. */
  readonly names: readonly string[];
  /** One of these, such as application/pdf or image/*. */
  readonly types: readonly string[];
  readonly largerBytes?: number | undefined;
  readonly smallerBytes?: number | undefined;
}

export interface Attachment {
  readonly part: NumberedPart;
  /** As the sender named it, else as its type suggests. */
  readonly name: string;
  /** Decoded; about, where base64 has to be reckoned. */
  readonly sizeBytes: number | null;
}

/** What a message brings to be saved, also within messages in it, in order. */
export function attachments(
  root: Part,
  uid: number,
  { names, types, largerBytes = -1, smallerBytes = Number.POSITIVE_INFINITY }: AttachmentFilter,
): Attachment[] {
  return numberedParts(root)
    .filter(isAttachment)
    .map((part) => ({ part, name: nameOf(part, uid), sizeBytes: decodedBytes(part) }))
    .filter(({ part, name, sizeBytes }) => {
      const size = sizeBytes ?? 0;
      return (
        (names.length === 0 || names.some((pattern) => matches(name, pattern))) &&
        (types.length === 0 || types.some((pattern) => matches(part.type, pattern))) &&
        size > largerBytes &&
        size < smallerBytes
      );
    });
}

/** What is asked for together with others; a larger one is streamed by itself. */
export const smallBytes = 256 << 10;
const maxTogether = 50;
const maxTogetherBytes = 4 << 20;

/** Attachments of one message in runs that fit into memory and are asked for in one go. */
export function together(all: readonly Attachment[]): (readonly Attachment[])[] {
  const batches: Attachment[][] = [];
  let bytes = 0;
  for (const attachment of all) {
    const size = attachment.part.sizeBytes ?? smallBytes;
    const last = batches.at(-1);
    bytes += size;
    if (
      last === undefined ||
      last.length === maxTogether ||
      bytes > maxTogetherBytes ||
      size >= smallBytes
    ) {
      batches.push([attachment]);
      bytes = size >= smallBytes ? maxTogetherBytes : size;
    } else {
      last.push(attachment);
    }
  }
  return batches;
}

/** The name of what has none: the UID, the part, and an extension after the type. */
export function namelessFile({ part, type }: NumberedPart, uid: number): string {
  return `${uid}-${part}.${extensionOf(type)}`;
}

function nameOf(part: NumberedPart, uid: number): string {
  if (part.filename !== null) return part.filename;
  const subject = isMessage(part) ? (part.heading?.subject?.trim() ?? '') : '';
  // A slash in a subject parts words, not folders.
  return subject === '' ? namelessFile(part, uid) : `${subject.replaceAll(/[/\\]/g, '_')}.eml`;
}

function extensionOf(type: string): string {
  if (isMessage({ type })) return 'eml';
  return libmime.detectExtension(type) || 'bin';
}

/** Whether all of a text fits a pattern with * and ?, in time that does not explode. */
export function matches(text: string, pattern: string): boolean {
  const characters = [...text.normalize('NFC').toLowerCase()];
  const signs = [...pattern.normalize('NFC').toLowerCase()];
  let at = 0;
  let sign = 0;
  /** Where to go on when the last star has to take one more. */
  let star = -1;
  let taken = 0;
  while (at < characters.length) {
    if (signs[sign] === '*') {
      star = sign;
      taken = at;
      sign += 1;
    } else if (signs[sign] === '?' || signs[sign] === characters[at]) {
      sign += 1;
      at += 1;
    } else if (star >= 0) {
      taken += 1;
      at = taken;
      sign = star + 1;
    } else {
      return false;
    }
  }
  return signs.slice(sign).every((rest) => rest === '*');
}
