import { Failure } from '../errors.ts';

/** The words of a query, each with where it begins, for the caret of an error. */
export type QueryToken =
  | { readonly kind: 'open' | 'close' | 'minus'; readonly at: number }
  | { readonly kind: 'word'; readonly at: number; readonly text: string; readonly quoted: boolean }
  | {
      readonly kind: 'field';
      readonly at: number;
      readonly name: string;
      readonly value: string;
      readonly valueAt: number;
    };

/** Split a query. @throws Failure 'usage' for an open quote or a control character. */
export function tokenize(query: string): QueryToken[] {
  const control = query.search(/[\u0000-\u0008\u000a-\u001f\u007f]/);
  if (control !== -1) {
    throw new Failure('usage', `the search holds a control character (at ${control + 1})`);
  }
  const tokens: QueryToken[] = [];
  let at = 0;
  while (at < query.length) {
    const rest = query.slice(at);
    const space = /^\s+/.exec(rest);
    if (space !== null) {
      at += space[0].length;
    } else if (rest.startsWith('(') || rest.startsWith(')')) {
      tokens.push({ kind: rest.startsWith('(') ? 'open' : 'close', at });
      at += 1;
    } else if (/^-[^\s)]/.test(rest)) {
      tokens.push({ kind: 'minus', at });
      at += 1;
    } else {
      const field = /^([A-Za-z][A-Za-z-]*):/.exec(rest);
      const valueAt = at + (field?.[0].length ?? 0);
      const { text, length, quoted } = readValue(query, valueAt);
      tokens.push(
        field?.[1] === undefined
          ? { kind: 'word', at, text, quoted }
          : { kind: 'field', at, name: field[1].toLowerCase(), value: text, valueAt },
      );
      at = valueAt + length;
    }
  }
  return tokens;
}

/** A bare word up to a blank or parenthesis, or a quoted text in which \ takes the next as it is. */
function readValue(query: string, at: number): { text: string; length: number; quoted: boolean } {
  if (query[at] !== '"') {
    const [bare = ''] = /^[^\s()]*/.exec(query.slice(at)) ?? [];
    // header:Name="two words" – the quote begins inside the word.
    const [, name, open] = /^([^"]*=)(")/.exec(bare) ?? [];
    if (name !== undefined && open !== undefined) {
      const quoted = readValue(query, at + name.length);
      return { text: name + quoted.text, length: name.length + quoted.length, quoted: true };
    }
    return { text: bare, length: bare.length, quoted: false };
  }
  const [whole, inner] = /^"((?:[^"\\]|\\.)*)"/s.exec(query.slice(at)) ?? [];
  if (whole === undefined || inner === undefined) {
    throw new Failure(
      'usage',
      `the search cannot be read: this quote is never closed\n  ${query}\n  ${' '.repeat(at)}^`,
      {
        hint: 'mailctl search --help shows what can be searched for',
        inLines: true,
      },
    );
  }
  return { text: inner.replaceAll(/\\(.)/gs, '$1'), length: whole.length, quoted: true };
}
