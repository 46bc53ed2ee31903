import type {
  FetchMessageObject,
  ListResponse,
  MessageAddressObject,
  MessageEnvelopeObject,
  MessageStructureObject,
} from 'imapflow';
import {
  type Heading,
  isPlausible,
  numberParts,
  type Part,
  type UnnumberedPart,
} from './body-structure.ts';
import type { Address, Correspondence, Mailbox, MessageSummary } from './message.ts';

/** Where imapflow's types (bigint, Set, undefined, invalid dates) end and ours begin. */
export function toMailbox(listed: ListResponse): Mailbox {
  const { status, flags } = listed;
  const selectable = ![...flags].some((flag) => /^\\(noselect|nonexistent)$/i.test(flag));
  const role = listed.specialUse?.replace(/^\\/, '').toLowerCase();
  return {
    path: listed.path,
    delimiter: listed.delimiter || null,
    role: role ?? null,
    selectable,
    messages: status?.messages ?? null,
    unseen: status?.unseen ?? null,
    uidNext: status?.uidNext ?? null,
    uidValidity: status?.uidValidity === undefined ? null : Number(status.uidValidity),
  };
}

export function toSummary(row: FetchMessageObject): MessageSummary {
  const { envelope } = row;
  return {
    uid: row.uid,
    messageId: envelope?.messageId || null,
    date: validDate(envelope?.date) ?? validDate(row.internalDate),
    from: toAddresses(envelope?.from),
    to: toAddresses(envelope?.to),
    cc: toAddresses(envelope?.cc),
    subject: envelope?.subject ?? null,
    sizeBytes: row.size ?? null,
    // \Recent says something about sessions, not about the message; RFC 9051 gave it up.
    flags: [...(row.flags ?? [])].filter((flag) => flag !== '\\Recent').sort(),
  };
}

/** What a summary leaves out of the envelope. */
export function toCorrespondence({ envelope, headers }: FetchMessageObject): Correspondence {
  return {
    sender: toAddresses(envelope?.sender),
    replyTo: toAddresses(envelope?.replyTo),
    bcc: toAddresses(envelope?.bcc),
    inReplyTo: envelope?.inReplyTo || null,
    references: messageIds(headers),
  };
}

/** The Message-IDs of the one header that was asked for, in angle brackets as they are written. */
function messageIds(references: Buffer | undefined): string[] {
  const text: unknown = references?.toString();
  return typeof text === 'string' ? (text.match(/<[^<>\s]+>/g) ?? []) : [];
}

function toAddresses(addresses: readonly MessageAddressObject[] | undefined): Address[] {
  return (addresses ?? []).map(({ name, address }) => ({
    name: name || null,
    address: address || null,
  }));
}

function validDate(value: Date | string | undefined): Date | null {
  if (value === undefined) return null;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** Null for a description no message can have. */
export function toPart(structure: MessageStructureObject): Part | null {
  const root = toUnnumbered(structure);
  return isPlausible(root) ? numberParts(root) : null;
}

function toUnnumbered(node: MessageStructureObject): UnnumberedPart {
  const { parameters = {}, dispositionParameters = {}, disposition, size, id } = node;
  const flowed = parameters['format']?.trim().toLowerCase() === 'flowed';
  return {
    type: node.type.trim().toLowerCase(),
    filename: fileName(dispositionParameters['filename'] ?? parameters['name']),
    sizeBytes: size !== undefined && Number.isSafeInteger(size) && size >= 0 ? size : null,
    encoding: (node.encoding ?? '7bit').trim().toLowerCase(),
    charset: parameters['charset']?.trim() || null,
    flowed,
    delSp: flowed && parameters['delsp']?.trim().toLowerCase() === 'yes',
    disposition: disposition?.trim().toLowerCase() || null,
    contentId: withoutBrackets(id),
    start: withoutBrackets(parameters['start']),
    heading: node.envelope === undefined ? null : toHeading(node.envelope),
    children: (node.childNodes ?? []).map(toUnnumbered),
  };
}

function withoutBrackets(id: string | undefined): string | null {
  return id?.trim().replace(/^<(.*)>$/, '$1') || null;
}

/** 8-bit names, which the rules do not have, come as UTF-8 or as Latin-1. */
function fileName(name: string | undefined): string | null {
  return name?.trim() || null;
}

function toHeading({ from, to, date, subject }: MessageEnvelopeObject): Heading {
  return {
    from: toAddresses(from),
    to: toAddresses(to),
    date: validDate(date),
    subject: subject ?? null,
  };
}
