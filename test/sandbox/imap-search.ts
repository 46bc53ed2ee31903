import type { ImapServer, Message, Value } from 'hoodiecrow-imap';
import { readMessage } from './mime-text.ts';

type Test = (message: Message, sequence: number) => boolean;

/**
 * The messages which meet the search keys (RFC 3501 §6.4.4). Instead of hoodiecrow's own search,
 * which knows no parentheses, compares with encoded words and encoded bodies as they are sent,
 * and reads the year 2001 out of every Date header.
 *
 * @throws Error for a key it does not know.
 */
export function searchMessages(
  server: ImapServer,
  messages: readonly Message[],
  keys: readonly Value[],
): Message[] {
  const inSet = (set: string, isUid: boolean): Test => {
    const found = new Set(server.getMessageRange(messages, set, isUid).map(([, found]) => found));
    return (message) => found.has(message);
  };
  const tokens = [...keys];
  if (keyword(tokens[0]) === 'CHARSET') tokens.splice(0, 2);
  const test = parseAll(tokens, inSet);
  return messages.filter((message, index) => test(message, index + 1));
}

type InSet = (set: string, isUid: boolean) => Test;

function parseAll(tokens: Value[], inSet: InSet): Test {
  const tests: Test[] = [];
  while (tokens.length > 0) tests.push(parseKey(tokens, inSet));
  return (message, sequence) => tests.every((test) => test(message, sequence));
}

function parseKey(tokens: Value[], inSet: InSet): Test {
  const token = tokens.shift();
  if (Array.isArray(token)) return parseAll([...token], inSet);
  const key = keyword(token);
  const flag = /^(UN)?(ANSWERED|DELETED|DRAFT|FLAGGED|SEEN)$/.exec(key);
  if (flag) return hasFlag(`\\${flag[2]}`, flag[1] === undefined);
  switch (key) {
    case 'ALL':
    case 'OLD':
      return () => true;
    case 'NEW':
    case 'RECENT':
      return () => false;
    case 'NOT': {
      const test = parseKey(tokens, inSet);
      return (...message) => !test(...message);
    }
    case 'OR': {
      const one = parseKey(tokens, inSet);
      const other = parseKey(tokens, inSet);
      return (...message) => one(...message) || other(...message);
    }
    case 'UID':
      return inSet(value(tokens), true);
    case 'KEYWORD':
    case 'UNKEYWORD':
      return hasFlag(value(tokens), key === 'KEYWORD');
    case 'LARGER':
    case 'SMALLER': {
      const sizeBytes = Number(value(tokens));
      return ({ raw }) => (key === 'LARGER' ? raw.length > sizeBytes : raw.length < sizeBytes);
    }
    case 'BCC':
    case 'CC':
    case 'FROM':
    case 'SUBJECT':
    case 'TO':
      return headerContains(key, value(tokens));
    case 'HEADER':
      return headerContains(value(tokens), value(tokens));
    case 'BODY':
    case 'TEXT': {
      const wanted = value(tokens).toLowerCase();
      return ({ raw }) => {
        const { headers, text } = readMessage(raw);
        const lines = key === 'BODY' ? [] : headers.map((header) => header.value);
        return [...lines, text].join('\n').toLowerCase().includes(wanted);
      };
    }
    case 'BEFORE':
    case 'ON':
    case 'SINCE':
      return onDay(key, value(tokens), ({ internaldate }) => internaldate.slice(0, 11));
    case 'SENTBEFORE':
    case 'SENTON':
    case 'SENTSINCE':
      return onDay(key.slice(4), value(tokens), ({ raw }) => {
        const date = readMessage(raw).headers.find(({ name }) => name === 'date')?.value ?? '';
        return /\d+ \w+ \d{4}/.exec(date)?.[0] ?? '';
      });
    default:
      if (/^[\d:*,]+$/.test(key)) return inSet(key, false);
      throw new Error(`Unknown search key ${key}`);
  }
}

function keyword(token: Value | undefined): string {
  return text(token).toUpperCase();
}

function value(tokens: Value[]): string {
  return Buffer.from(text(tokens.shift()), 'latin1').toString('utf8');
}

function text(token: Value | undefined): string {
  if (typeof token === 'string') return token;
  if (token === null) return 'NIL';
  if (typeof token === 'object' && !Array.isArray(token)) return token.value ?? '';
  throw new Error('A search key or its argument is missing');
}

function hasFlag(flag: string, wanted: boolean): Test {
  const name = flag.toLowerCase();
  return ({ flags }) => flags.some((one) => one.toLowerCase() === name) === wanted;
}

function headerContains(name: string, part: string): Test {
  const wanted = part.toLowerCase();
  return ({ raw }) =>
    readMessage(raw).headers.some(
      (header) => header.name === name.toLowerCase() && header.value.toLowerCase().includes(wanted),
    );
}

/** Days are compared as they are written, without their time and zone (RFC 3501 §6.4.4). */
function onDay(relation: string, date: string, dayOf: (message: Message) => string): Test {
  const wanted = Date.parse(`${date} UTC`);
  return (message) => {
    const day = Date.parse(`${dayOf(message)} UTC`);
    if (relation === 'ON') return day === wanted;
    return relation === 'BEFORE' ? day < wanted : day >= wanted;
  };
}
