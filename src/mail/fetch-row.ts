import { isUid } from '../uid-set.ts';
import { fromModifiedUtf7 } from './modified-utf7.ts';

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
  readonly body: Literal | null;
  /** BODY[HEADER]. */
  readonly header: Buffer | null;
}

/** The bytes of a literal, in the pieces they came in. */
export type Literal = readonly Uint8Array[];

type Value =
  | { readonly text: string }
  | { readonly literal: Literal }
  | { readonly list: readonly Value[] }
  | null;

/** A response as text, and where in it which literal stands. */
export interface RowText {
  readonly text: string;
  readonly literals: readonly { readonly at: number; readonly bytes: Literal }[];
}

type Row = { -readonly [Key in keyof FetchRow]: FetchRow[Key] };

/** How deep lists may lie in one another in what a FETCH of ours is answered with. */
const maxDepth = 8;

/** `* 12 FETCH (…)` (RFC 9051 §7.5.2); null for what is none, or of a message that has no UID. */
export function parseRow(row: RowText): FetchRow | null {
  try {
    return new RowParser(row).parse();
  } catch {
    return null;
  }
}

class RowParser {
  readonly #row: RowText;
  #at = 0;
  #literal = 0;

  constructor(row: RowText) {
    this.#row = row;
  }

  parse(): FetchRow | null {
    this.#match(/\* \d+ FETCH \(/iy);
    const row: Row = {
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
    while (!this.#skip(')')) {
      const name = this.#match(/[^\s()[\]"]+(?:\[[^\]\r\n]*\])?(?:<\d+>)?/y).toUpperCase();
      this.#match(/ /y); // of those after a literal none is skipped: another may follow at once
      setItem(row, name, this.#value(0));
      this.#match(/ */y);
    }
    return isUid(row.uid) ? row : null;
  }

  #value(depth: number): Value {
    const literal = this.#row.literals[this.#literal];
    if (literal?.at === this.#at) {
      this.#literal += 1;
      return { literal: literal.bytes };
    }
    this.#match(/ */y);
    if (this.#skip('(')) {
      if (depth === maxDepth) throw new Error('too deep');
      const values: Value[] = [];
      while (!this.#skip(')')) {
        values.push(this.#value(depth + 1));
        this.#match(/ */y);
      }
      return { list: values };
    }
    if (this.#row.text[this.#at] === '"') {
      const quoted = this.#match(/"(?:[^"\\]|\\.)*"/sy).slice(1, -1);
      return { text: quoted.includes('\\') ? quoted.replaceAll(/\\(.)/gs, '$1') : quoted };
    }
    const atom = this.#match(/[^\s()"]+/y);
    return atom.toUpperCase() === 'NIL' ? null : { text: atom };
  }

  #skip(character: string): boolean {
    if (this.#row.text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  /** @throws Error where the text goes on in another way */
  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#row.text) ?? [];
    if (found === undefined) throw new Error('not a FETCH response');
    this.#at += found.length;
    return found;
  }
}

function setItem(row: Row, name: string, value: Value): void {
  switch (name) {
    case 'UID':
      row.uid = Number(text(value));
      break;
    case 'RFC822.SIZE':
      row.sizeBytes = toSize(text(value));
      break;
    case 'FLAGS':
      // \Recent says something about sessions, not about the message; RFC 9051 gave it up.
      row.flags = texts(value)?.filter((flag) => flag !== '\\Recent') ?? null;
      break;
    case 'INTERNALDATE':
      row.internalDate = toDate(text(value));
      break;
    case 'MODSEQ':
      row.modseq = /^\d{1,19}$/.exec(texts(value)?.[0] ?? '')?.[0] ?? null;
      break;
    case 'EMAILID':
      row.emailId = texts(value)?.[0] ?? null;
      break;
    case 'THREADID':
      row.threadId = texts(value)?.[0] ?? null;
      break;
    case 'X-GM-MSGID':
      row.emailId = text(value) || null;
      break;
    case 'X-GM-THRID':
      row.threadId = text(value) || null;
      break;
    case 'X-GM-LABELS':
      row.labels = texts(value)?.map(fromModifiedUtf7) ?? null;
      break;
    default:
      // An answer to BODY[]<0.1000> is named BODY[]<0>.
      if (/^BODY\[\](?:<\d+>)?$/.test(name)) row.body = bytes(value);
      else if (name === 'BODY[HEADER]') {
        const header = bytes(value);
        row.header = header === null ? null : Buffer.concat(header);
      }
  }
}

/** Of an atom, a quoted string or a literal; '' for NIL and lists. */
function text(value: Value): string {
  if (value === null || 'list' in value) return '';
  return 'text' in value ? value.text : Buffer.concat(value.literal).toString();
}

function texts(value: Value): string[] | null {
  if (value === null || !('list' in value)) return null;
  return value.list.map(text).filter((one) => one !== '');
}

/** A section is an nstring: some servers send a short one in quotes. NIL is no body. */
function bytes(value: Value): Literal | null {
  if (value === null || 'list' in value) return null;
  return 'literal' in value ? value.literal : [Buffer.from(value.text)];
}

function toSize(digits: string): number | null {
  const size = /^\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN;
  return Number.isSafeInteger(size) ? size : null;
}

function toDate(dateTime: string): Date | null {
  const date = new Date(dateTime);
  return Number.isNaN(date.getTime()) ? null : date;
}
