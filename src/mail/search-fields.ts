import { isUid } from '../uid-set.ts';
import { modifiedUtf7 } from './modified-utf7.ts';
import { type Days, imapDate, readAge, readDays } from './search-dates.ts';
import type { Expression } from './search-expression.ts';
import type { SearchKey } from './search-key.ts';

/** What one `field:value` means; a text is what is wrong with the value. */
type Field = (value: string, now: Date) => Expression | string;

const states: Readonly<Record<string, string>> = {
  unread: 'UNSEEN',
  read: 'SEEN',
  flagged: 'FLAGGED',
  unflagged: 'UNFLAGGED',
  answered: 'ANSWERED',
  unanswered: 'UNANSWERED',
  draft: 'DRAFT',
  deleted: 'DELETED',
};

/** Every field of the search language. */
export const searchFields: ReadonlyMap<string, Field> = new Map<string, Field>([
  ...['from', 'to', 'cc', 'bcc', 'subject', 'body', 'text'].map((name): [string, Field] => [
    name,
    (value) => keys({ atom: name.toUpperCase() }, { text: value }),
  ]),
  ['is', readState],
  [
    'has',
    (value) =>
      value.toLowerCase() === 'attachment' ? { kind: 'attachment' } : 'has: knows attachment',
  ],
  ['since', (value, now) => onDays(value, now, ({ first }) => since(first))],
  ['before', (value, now) => onDays(value, now, ({ first }) => before(first))],
  ['on', readOn],
  ['newer', (value, now) => onAge(value, now, since)],
  ['older', (value, now) => onAge(value, now, before)],
  ['larger', (value) => ofSize('LARGER', value)],
  ['smaller', (value) => ofSize('SMALLER', value)],
  ['uid', readUids],
  ['keyword', readKeyword],
  ['message-id', (value) => keys({ atom: 'HEADER' }, { text: 'Message-ID' }, { text: value })],
  ['list', (value) => keys({ atom: 'HEADER' }, { text: 'List-Id' }, { text: value })],
  ['header', readHeader],
  // https://developers.google.com/workspace/gmail/imap/imap-extensions: labels as LIST has them
  ['label', (value) => keys({ atom: 'X-GM-LABELS' }, { text: modifiedUtf7(value) })],
  ['in', (value) => gmailQuery('in', value)],
  ['category', (value) => gmailQuery('category', value)],
]);

function keys(...parts: readonly SearchKey[]): Expression {
  return { kind: 'keys', keys: parts };
}

function readState(value: string): Expression | string {
  const word = value.toLowerCase();
  const state = Object.hasOwn(states, word) ? states[word] : undefined;
  return state === undefined
    ? `is: knows ${Object.keys(states).join(', ')}`
    : keys({ atom: state });
}

function since(day: Date): readonly SearchKey[] {
  return [{ atom: 'SINCE' }, { atom: imapDate(day) }];
}

function before(day: Date): readonly SearchKey[] {
  return [{ atom: 'BEFORE' }, { atom: imapDate(day) }];
}

function onDays(
  value: string,
  now: Date,
  make: (days: Days) => readonly SearchKey[],
): Expression | string {
  const days = readDays(value, now);
  return days === null
    ? 'a date is written 2026-11-30, 2026-11, 2026, today, yesterday or monday'
    : keys(...make(days));
}

function readOn(value: string, now: Date): Expression | string {
  return onDays(value, now, ({ first, end }) =>
    end.getTime() - first.getTime() === 86_400_000
      ? [{ atom: 'ON' }, { atom: imapDate(first) }]
      : [{ list: [...since(first), ...before(end)] }],
  );
}

function onAge(
  value: string,
  now: Date,
  make: (day: Date) => readonly SearchKey[],
): Expression | string {
  const day = readAge(value, now);
  return day === null
    ? 'an age is written 7d, 2w, 3m or 1y, and is not older than any mail'
    : keys(...make(day));
}

function ofSize(key: 'LARGER' | 'SMALLER', value: string): Expression | string {
  const [, count, unit = ''] = /^(\d{1,10})([kmg]?)b?$/i.exec(value) ?? [];
  const factor = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit.toLowerCase()];
  const size = Number(count) * (factor ?? 1);
  return count !== undefined && size < 2 ** 32
    ? keys({ atom: key }, { atom: String(size) })
    : 'a size is written 500, 20k, 3M or 1G';
}

function readUids(value: string): Expression | string {
  return value.split(',').every(isUidRange)
    ? keys({ atom: 'UID' }, { atom: value })
    : 'uid: takes numbers such as 7, 1:5 or 3,8:*';
}

function isUidRange(text: string): boolean {
  const ends = text.split(':');
  return (
    ends.length <= 2 &&
    ends.every((end) => end === '*' || (/^\d{1,10}$/.test(end) && isUid(Number(end))))
  );
}

function readKeyword(value: string): Expression | string {
  return /^[A-Za-z0-9$_.-]+$/.test(value)
    ? keys({ atom: 'KEYWORD' }, { atom: value })
    : 'a keyword is letters, digits and $ _ . -';
}

function readHeader(value: string): Expression | string {
  const [, header, wanted] = /^([!-9;-<>-~]+)=(.*)$/s.exec(value) ?? [];
  return header !== undefined && wanted !== undefined
    ? keys({ atom: 'HEADER' }, { text: header }, { text: wanted })
    : 'header: is written header:Name=text';
}

/** In quotes wherever Gmail's own language could take it for more than a word. */
function gmailQuery(name: string, value: string): Expression | string {
  if (value.includes('"')) return `${name}: takes no quotation mark inside`;
  const quoted = /^[\p{L}\p{N}_/-]+$/u.test(value) ? value : `"${value}"`;
  return keys({ atom: 'X-GM-RAW' }, { text: `${name}:${quoted}` });
}
