import { decodeCharset } from './charset.ts';
import { decodeWords } from './header-lines.ts';
import type { Address, MessageSummary } from './message.ts';

/** What a summary takes from the headers where the server's ENVELOPE is of no use. */
export type HeaderSummary = Pick<
  MessageSummary,
  'messageId' | 'date' | 'from' | 'to' | 'cc' | 'subject'
>;

/** The headers to ask for. */
export const summaryHeaders = ['date', 'from', 'to', 'cc', 'subject', 'message-id'];

/**
 * As well as they can be read (RFC 5322 §3.6). Each header is decoded by itself: what is not ASCII
 * names no charset, and one header may be in another than the next.
 */
export function summarizeHeaders(block: Uint8Array): HeaderSummary {
  const headers = new Map<string, string>();
  // Bytes as Latin-1 characters, so that lines can be told apart before anything is decoded.
  const unfolded = Buffer.from(block)
    .toString('latin1')
    .replaceAll(/\r?\n[\t ]+/g, ' ');
  for (const line of unfolded.split(/\r?\n/)) {
    const [, name, value] = /^([!-9;-~]+)[\t ]*:(.*)$/s.exec(line) ?? [];
    if (name === undefined || value === undefined || headers.has(name.toLowerCase())) continue;
    const { text } = decodeCharset(Buffer.from(value, 'latin1'), null);
    headers.set(name.toLowerCase(), text.trim());
  }
  const people = (name: string) => parseAddresses(headers.get(name) ?? '');
  const subject = headers.get('subject');
  const date = new Date(headers.get('date') ?? '');
  return {
    messageId: /<[^<>\s]+>/.exec(headers.get('message-id') ?? '')?.[0] ?? null,
    date: Number.isNaN(date.getTime()) ? null : date,
    from: people('from'),
    to: people('to'),
    cc: people('cc'),
    subject: subject === undefined ? null : decodeWords(subject),
  };
}

/** `"Bea, at home" <bea@example.net>, club: a@b, c@d;`: who is meant, also where it is not well formed. */
export function parseAddresses(header: string): Address[] {
  return splitAddresses(header).flatMap((text) => {
    const [, before = '', inside] = /^(.*)<([^<>]*)>[^<>]*$/s.exec(text) ?? [];
    const address = (inside ?? (text.includes('@') ? text : '')).replaceAll(/\s+/g, '');
    const name = cleanName(inside === undefined && text.includes('@') ? '' : before || text);
    const known = inside !== undefined && before.trim() === '' ? null : name || null;
    return address === '' && known === null ? [] : [{ name: known, address: address || null }];
  });
}

/** At commas and the marks of a group, but not inside of quotes, comments and angle brackets. */
function splitAddresses(header: string): string[] {
  const found: string[] = [];
  let text = '';
  let [quoted, angle, comment] = [false, false, 0];
  for (const [piece] of header.matchAll(/\\.|[\s\S]/g)) {
    if (piece === '"' && comment === 0) quoted = !quoted;
    else if (piece === '(' && !quoted) comment += 1;
    else if (piece === ')' && !quoted && comment > 0) {
      comment -= 1;
      continue;
    } else if (piece === '<' && !quoted) angle = true;
    else if (piece === '>' && !quoted) angle = false;
    if (comment > 0) continue;
    const outside = !quoted && !angle;
    if (outside && (piece === ',' || piece === ';')) {
      found.push(text.trim());
      text = '';
    } else if (outside && piece === ':') {
      text = ''; // the name of a group
    } else text += piece;
  }
  return [...found, text.trim()].filter((one) => one !== '');
}

function cleanName(text: string): string {
  const plain = text
    .trim()
    .replace(/^"(.*)"$/s, '$1')
    .replaceAll(/\\(.)/gs, '$1');
  return decodeWords(plain).trim();
}
