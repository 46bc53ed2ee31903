import type {
  FetchMessageObject,
  ListResponse,
  MessageAddressObject,
  MessageStructureObject,
} from 'imapflow';
import type { Address, Mailbox, MessagePart, MessageSummary } from './message.ts';

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

/** Deeper than this no honest message is nested; what lies below is not shown. */
const maxDepth = 50;

export function toParts(node: MessageStructureObject, depth = 0): MessagePart[] {
  if (depth > maxDepth) return [];
  if (node.childNodes !== undefined && !node.type.startsWith('message/')) {
    return node.childNodes.flatMap((child) => toParts(child, depth + 1));
  }
  const filename = node.dispositionParameters?.['filename'] ?? node.parameters?.['name'] ?? null;
  const text = node.type === 'text/plain' || node.type === 'text/html';
  return [
    {
      // A message without parts is its own part 1 (RFC 3501 §6.4.5).
      part: node.part ?? '1',
      type: node.type.toLowerCase(),
      filename,
      sizeBytes: node.size ?? null,
      attachment: node.disposition?.toLowerCase() === 'attachment' || filename !== null || !text,
    },
  ];
}
