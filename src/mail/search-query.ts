import { Failure } from '../errors.ts';
import { isUid } from '../uid-set.ts';
import type { SearchKey } from './search-key.ts';
import { type QueryToken, tokenize } from './search-tokens.ts';

/**
 * What people type after `mailctl search`, compiled to IMAP SEARCH keys (RFC 3501 §6.4.4).
 *
 *   query := group ('or' group)*          group := factor+
 *   factor := ('-' | 'not') factor | '(' query ')' | field ':' value | text
 *
 * Pure: `now` is only read to turn "7d" into a date.
 * @throws Failure 'usage', its message ending in the query with a caret under the place.
 */
export function compileQuery(query: string, now: Date): readonly SearchKey[] {
  const tokens = tokenize(query);
  if (tokens.length === 0) return [{ atom: 'ALL' }];
  const reader = new TokenReader(query, tokens, now);
  const keys = reader.readQuery();
  reader.expectEnd();
  return keys;
}

const textFields: ReadonlyMap<string, string> = new Map(
  Object.entries({
    from: 'FROM',
    to: 'TO',
    cc: 'CC',
    bcc: 'BCC',
    subject: 'SUBJECT',
    body: 'BODY',
    text: 'TEXT',
  }),
);

const states: ReadonlyMap<string, string> = new Map(
  Object.entries({
    unread: 'UNSEEN',
    read: 'SEEN',
    flagged: 'FLAGGED',
    unflagged: 'UNFLAGGED',
    answered: 'ANSWERED',
    unanswered: 'UNANSWERED',
    draft: 'DRAFT',
    deleted: 'DELETED',
  }),
);

const fieldNames = [
  ...textFields.keys(),
  ...['is', 'since', 'before', 'on', 'newer', 'older', 'larger', 'smaller'],
  ...['uid', 'keyword', 'message-id', 'list', 'header'],
];

/** Servers stop at some depth of nesting too, and with less of a sentence. */
const maxDepth = 50;

class TokenReader {
  readonly #query: string;
  readonly #tokens: readonly QueryToken[];
  readonly #now: Date;
  #position = 0;
  #depth = 0;

  constructor(query: string, tokens: readonly QueryToken[], now: Date) {
    this.#query = query;
    this.#tokens = tokens;
    this.#now = now;
  }

  readQuery(): SearchKey[] {
    const groups = [this.#readGroup()];
    while (this.#peekWord('or')) {
      this.#position++;
      groups.push(this.#readGroup());
    }
    return anyOf(groups);
  }

  expectEnd(): void {
    const token = this.#tokens[this.#position];
    if (token !== undefined) throw this.#wrong('this closes nothing', token.at);
  }

  #readGroup(): SearchKey[] {
    const keys: SearchKey[] = [];
    for (let token = this.#tokens[this.#position]; token !== undefined; ) {
      if (token.kind === 'close' || this.#peekWord('or')) break;
      keys.push(...this.#readFactor());
      token = this.#tokens[this.#position];
    }
    if (keys.length === 0) {
      throw this.#wrong(
        'something to search for is missing here',
        this.#tokens[this.#position]?.at,
      );
    }
    return keys;
  }

  #readFactor(): SearchKey[] {
    const token = this.#tokens[this.#position];
    if (token === undefined)
      throw this.#wrong('something to search for is missing here', undefined);
    if (this.#depth === maxDepth) throw this.#wrong('this is nested too deeply', token.at);
    this.#position++;
    this.#depth++;
    const keys = this.#compileFactor(token);
    this.#depth--;
    return keys;
  }

  #compileFactor(token: QueryToken): SearchKey[] {
    switch (token.kind) {
      case 'minus':
        return [{ atom: 'NOT' }, asOne(this.#readFactor())];
      case 'open': {
        const keys = this.readQuery();
        const close = this.#tokens[this.#position];
        if (close?.kind !== 'close')
          throw this.#wrong('this parenthesis is never closed', token.at);
        this.#position++;
        return [{ list: keys }];
      }
      case 'close':
        throw this.#wrong('this closes nothing', token.at);
      case 'word':
        if (!token.quoted && token.text.toLowerCase() === 'not') {
          return [{ atom: 'NOT' }, asOne(this.#readFactor())];
        }
        return [{ atom: 'TEXT' }, { text: token.text }];
      case 'field':
        return this.#compileField(token);
    }
  }

  #compileField({ name, value, at, valueAt }: QueryToken & { kind: 'field' }): SearchKey[] {
    if (value === '') throw this.#wrong(`${name}: needs a value`, valueAt);
    const textKey = textFields.get(name);
    if (textKey !== undefined) return [{ atom: textKey }, { text: value }];
    switch (name) {
      case 'is': {
        const state = states.get(value.toLowerCase());
        if (state !== undefined) return [{ atom: state }];
        throw this.#wrong(`is: knows ${[...states.keys()].join(', ')}`, valueAt);
      }
      case 'since':
      case 'before':
      case 'on':
        return [{ atom: name.toUpperCase() }, { atom: this.#readDate(value, valueAt) }];
      case 'newer':
        return [{ atom: 'SINCE' }, { atom: this.#readAge(value, valueAt) }];
      case 'older':
        return [{ atom: 'BEFORE' }, { atom: this.#readAge(value, valueAt) }];
      case 'larger':
      case 'smaller':
        return [{ atom: name.toUpperCase() }, { atom: String(this.#readSize(value, valueAt)) }];
      case 'uid':
        if (value.split(',').every(isUidRange)) {
          return [{ atom: 'UID' }, { atom: value }];
        }
        throw this.#wrong('uid: takes numbers such as 7, 1:5 or 3,8:*', valueAt);
      case 'keyword':
        if (/^[A-Za-z0-9$_.-]+$/.test(value)) return [{ atom: 'KEYWORD' }, { atom: value }];
        throw this.#wrong('a keyword is letters, digits and $ _ . -', valueAt);
      case 'message-id':
        return [{ atom: 'HEADER' }, { text: 'Message-ID' }, { text: value }];
      case 'list':
        return [{ atom: 'HEADER' }, { text: 'List-Id' }, { text: value }];
      case 'header': {
        const [, header, wanted] = /^([!-9;-<>-~]+)=(.*)$/s.exec(value) ?? [];
        if (header !== undefined && wanted !== undefined) {
          return [{ atom: 'HEADER' }, { text: header }, { text: wanted }];
        }
        throw this.#wrong('header: is written header:Name=text', valueAt);
      }
      default:
        throw this.#wrong(`there is no ${name}: – there are ${fieldNames.join(': ')}:`, at);
    }
  }

  #readDate(value: string, at: number): string {
    const [, year, month = '', day = ''] = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(value) ?? [];
    if (year !== undefined) {
      const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
      // 2026-02-31 would silently become 3 March, and the year 26 1926.
      if (
        date.toISOString().startsWith(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T`)
      ) {
        return imapDate(date);
      }
    }
    if (value === 'today') return imapDate(localDay(this.#now));
    if (value === 'yesterday') return imapDate(daysBefore(this.#now, 1));
    throw this.#wrong('a date is written 2026-11-30, today or yesterday', at);
  }

  #readAge(value: string, at: number): string {
    const [, count, unit] = /^(\d{1,5})([dwmy])$/.exec(value) ?? [];
    if (count === undefined || unit === undefined) {
      throw this.#wrong('an age is written 7d, 2w, 3m or 1y', at);
    }
    const days = { d: 1, w: 7, m: 0, y: 0 }[unit] ?? 0;
    const day =
      days > 0
        ? daysBefore(this.#now, Number(count) * days)
        : monthsBefore(this.#now, Number(count) * (unit === 'y' ? 12 : 1));
    // IMAP writes a year with four digits.
    if (day.getUTCFullYear() >= 1000) return imapDate(day);
    throw this.#wrong('an age is written 7d, 2w, 3m or 1y; this is older than any mail', at);
  }

  #readSize(value: string, at: number): number {
    const [, count, unit] = /^(\d{1,10})([kmg]?)b?$/i.exec(value) ?? [];
    const factor = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit?.toLowerCase() ?? ''];
    const size = Number(count) * (factor ?? 1);
    if (count !== undefined && size < 2 ** 32) return size;
    throw this.#wrong('a size is written 500, 20k, 3M or 1G', at);
  }

  #peekWord(word: string): boolean {
    const token = this.#tokens[this.#position];
    return token?.kind === 'word' && !token.quoted && token.text.toLowerCase() === word;
  }

  #wrong(message: string, at = this.#query.length): Failure {
    return new Failure(
      'usage',
      `the search cannot be read: ${message}\n  ${this.#query.replaceAll('\t', ' ')}\n  ${' '.repeat(at)}^`,
      {
        hint: 'mailctl search --help shows what can be searched for',
      },
    );
  }
}

/** OR takes two keys; in halves, so that a thousand alternatives are ten levels deep. */
function anyOf(groups: readonly SearchKey[][]): SearchKey[] {
  const [first = []] = groups;
  if (groups.length < 2) return first;
  const middle = groups.length >> 1;
  const [left, right] = [groups.slice(0, middle), groups.slice(middle)];
  return [{ atom: 'OR' }, asOne(anyOf(left)), asOne(anyOf(right))];
}

function isUidRange(text: string): boolean {
  const ends = text.split(':');
  return (
    ends.length <= 2 &&
    ends.every((end) => end === '*' || (/^\d{1,10}$/.test(end) && isUid(Number(end))))
  );
}

/** Several keys in a place for one are put in parentheses. */
function asOne(keys: readonly SearchKey[]): SearchKey {
  return { list: keys };
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function imapDate(day: Date): string {
  return `${day.getUTCDate()}-${months[day.getUTCMonth()]}-${String(day.getUTCFullYear()).padStart(4, '0')}`;
}

/** The calendar day where the person is, as UTC midnight, so that days can be counted. */
function localDay(now: Date): Date {
  return new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()));
}

function daysBefore(now: Date, days: number): Date {
  return new Date(localDay(now).getTime() - days * 86_400_000);
}

/** The same day of an earlier month, or that month's last: a month before 31 March is 28 February. */
function monthsBefore(now: Date, count: number): Date {
  const day = localDay(now);
  const first = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() - count, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(day.getUTCDate(), last));
  return first;
}
