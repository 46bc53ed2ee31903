import { isUid } from '../uid-set.ts';
import type { Untagged } from './imapflow-internals.ts';

/** One FETCH response, checked; what the server left out or garbled is null. */
export interface FetchRow {
  readonly uid: number;
  readonly sizeBytes: number | null;
  readonly flags: readonly string[] | null;
  readonly internalDate: Date | null;
  /** Decimal digits: 63 bits do not fit into a number. */
  readonly modseq: string | null;
  /** EMAILID (RFC 8474) or X-GM-MSGID. */
  readonly emailId: string | null;
  readonly threadId: string | null;
  readonly labels: readonly string[] | null;
  /** BODY[], or the part of it that was asked for. */
  readonly body: Buffer | null;
  /** BODY[HEADER]. */
  readonly header: Buffer | null;
}

/** Null for what is no row: UID 0, none, or not a FETCH. */
export function toFetchRow(untagged: Untagged): FetchRow | null {
  const items = untagged.attributes?.[1];
  if (!Array.isArray(items)) return null;
  const row: { -readonly [Key in keyof FetchRow]: FetchRow[Key] } = {
    uid: 0,
    sizeBytes: null,
    flags: null,
    internalDate: null,
    modseq: null,
    emailId: null,
    threadId: null,
    labels: null,
    body: null,
    header: null,
  };
  for (let index = 0; index + 1 < items.length; index += 2) {
    const name: unknown = items[index];
    const value: unknown = items[index + 1];
    switch (tokenText(name).toUpperCase()) {
      case 'UID':
        row.uid = Number(tokenText(value));
        break;
      case 'RFC822.SIZE':
        row.sizeBytes = toSize(tokenText(value));
        break;
      case 'FLAGS':
        row.flags = tokenTexts(value);
        break;
      case 'INTERNALDATE':
        row.internalDate = toDate(tokenText(value));
        break;
      case 'MODSEQ':
        row.modseq = /^\d{1,19}$/.exec(tokenTexts(value)?.[0] ?? '')?.[0] ?? null;
        break;
      case 'EMAILID':
        row.emailId = tokenTexts(value)?.[0] ?? null;
        break;
      case 'THREADID':
        row.threadId = tokenTexts(value)?.[0] ?? null;
        break;
      case 'X-GM-MSGID':
        row.emailId = tokenText(value) || null;
        break;
      case 'X-GM-THRID':
        row.threadId = tokenText(value) || null;
        break;
      case 'X-GM-LABELS':
        row.labels = tokenTexts(value);
        break;
      case 'BODY': {
        const section = sectionOf(name);
        if (section === '') row.body = tokenBytes(value);
        else if (section === 'HEADER') row.header = tokenBytes(value);
        break;
      }
    }
  }
  return isUid(row.uid) ? row : null;
}

/** The text of a token; '' for NIL and lists. */
export function tokenText(token: unknown): string {
  const value = field(token, 'value');
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString() : '';
}

function tokenTexts(token: unknown): string[] | null {
  return Array.isArray(token) ? token.map(tokenText).filter((text) => text !== '') : null;
}

/** A section is an nstring: some servers send a short one in quotes. NIL is no body. */
function tokenBytes(token: unknown): Buffer | null {
  const value = field(token, 'value');
  if (Buffer.isBuffer(value)) return value;
  return typeof value === 'string' ? Buffer.from(value) : null;
}

/** What stands in the brackets of BODY[…]: '' for all of it. Null without brackets. */
function sectionOf(token: unknown): string | null {
  const section = field(token, 'section');
  if (!Array.isArray(section)) return null;
  return section.map((part) => tokenText(part).toUpperCase()).join(' ');
}

function toSize(text: string): number | null {
  const size = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(size) ? size : null;
}

function toDate(text: string): Date | null {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
}

function field(token: unknown, name: string): unknown {
  return typeof token === 'object' && token !== null ? Reflect.get(token, name) : undefined;
}
