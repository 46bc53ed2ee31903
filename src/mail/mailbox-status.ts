import { isUid } from '../uid-set.ts';

/** What LIST and STATUS say of a mailbox: a hint of whether it must be opened, never more. */
export interface MailboxStatus {
  readonly path: string;
  readonly delimiter: string | null;
  /** Special use (RFC 6154), in lower case without the backslash; "inbox" for INBOX. */
  readonly role: string | null;
  readonly selectable: boolean;
  readonly messages: number | null;
  readonly uidNext: number | null;
  readonly uidValidity: number | null;
  /** Decimal digits (RFC 7162). */
  readonly highestModseq: string | null;
}

/** imapflow's answer to LIST, each part of it the server's word. */
export function toStatuses(listed: unknown): MailboxStatus[] {
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((entry: unknown) => {
    const path = field(entry, 'path');
    if (typeof path !== 'string' || path === '') return [];
    const flags = field(entry, 'flags');
    const delimiter = field(entry, 'delimiter');
    const role = field(entry, 'specialUse');
    const status = field(entry, 'status');
    const uidValidity = Number(field(status, 'uidValidity') ?? 0);
    return {
      path,
      delimiter: typeof delimiter === 'string' && delimiter !== '' ? delimiter : null,
      role: typeof role === 'string' ? role.replace(/^\\/, '').toLowerCase() : null,
      selectable: !(
        flags instanceof Set &&
        [...flags].some((flag) => /^\\(noselect|nonexistent)$/i.test(String(flag)))
      ),
      messages: count(field(status, 'messages')),
      uidNext: count(field(status, 'uidNext')),
      uidValidity: isUid(uidValidity) ? uidValidity : null,
      highestModseq: toModseq(field(status, 'highestModseq')),
    };
  });
}

/** Zero is a mailbox without mod-sequences (RFC 7162 §3.1.2.2): it says nothing of changes. */
export function toModseq(value: unknown): string | null {
  return /^[1-9]\d{0,18}$/.exec(String(value ?? ''))?.[0] ?? null;
}

/** Whether a mod-sequence is known, and no lower than another. */
export function isAtLeast(modseq: string | null, other: string): boolean {
  return modseq !== null && BigInt(modseq) >= BigInt(other);
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function field(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
