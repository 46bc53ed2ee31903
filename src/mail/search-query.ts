import { Failure } from '../errors.ts';
import type { Expression } from './search-expression.ts';
import { searchFields } from './search-fields.ts';
import { type QueryToken, tokenize } from './search-tokens.ts';

/**
 * What people type after `mailctl search`, understood.
 *
 *   query := group ('or' group)*          group := factor+
 *   factor := ('-' | 'not') factor | '(' query ')' | field ':' value | text
 *
 * Pure: `now` is only read to turn "7d" into a date.
 * @throws Failure 'usage', its message ending in the query with a caret under the place.
 */
export function parseQuery(query: string, now: Date): Expression {
  const tokens = tokenize(query);
  if (tokens.length === 0) return { kind: 'keys', keys: [{ atom: 'ALL' }] };
  const reader = new TokenReader(query, tokens, now);
  const expression = reader.readQuery();
  reader.expectEnd();
  return expression;
}

/** What `since:` means, said by a flag. @throws Failure 'usage' */
export function arrivedSince(date: string, now: Date): Expression {
  const meant = searchFields.get('since')?.(date, now);
  if (typeof meant === 'object') return meant;
  throw new Failure('usage', `--since ${date} is no date: ${meant}`, {
    hint: 'mailctl fetch --since 2026-11-30',
  });
}

/** Gmail's own search language, as its IMAP takes it (X-GM-RAW). */
export function gmailQuery(query: string): Expression {
  if (/[\u0000-\u001f\u007f]/.test(query)) {
    throw new Failure('usage', 'the search of --gmail holds a control character');
  }
  return { kind: 'keys', keys: [{ atom: 'X-GM-RAW' }, { text: query }] };
}

/** IMAP SEARCH keys as somebody has written them. A literal is not taken: its bytes would follow. */
export function rawSearch(keys: string): Expression {
  if (keys.trim() === '' || !/^[\x20-\x7e]*$/.test(keys) || /\{\d+\+?\}\s*$/.test(keys)) {
    throw new Failure('usage', '--raw takes IMAP SEARCH keys in ASCII, without literals', {
      hint: "such as --raw 'UNSEEN LARGER 10000'",
    });
  }
  return { kind: 'keys', keys: [{ raw: keys }] };
}

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

  readQuery(): Expression {
    const first = this.#readGroup();
    const groups = [first];
    while (this.#peekWord('or')) {
      this.#position++;
      groups.push(this.#readGroup());
    }
    return groups.length === 1 ? first : { kind: 'any', of: groups };
  }

  expectEnd(): void {
    const token = this.#tokens[this.#position];
    if (token !== undefined) throw this.#wrong('this closes nothing', token.at);
  }

  #readGroup(): Expression {
    const factors: Expression[] = [];
    for (let token = this.#tokens[this.#position]; token !== undefined; ) {
      if (token.kind === 'close' || this.#peekWord('or')) break;
      factors.push(this.#readFactor());
      token = this.#tokens[this.#position];
    }
    if (factors.length === 0) {
      throw this.#wrong(
        'something to search for is missing here',
        this.#tokens[this.#position]?.at,
      );
    }
    return { kind: 'all', of: factors };
  }

  #readFactor(): Expression {
    const token = this.#tokens[this.#position];
    if (token === undefined)
      throw this.#wrong('something to search for is missing here', undefined);
    if (this.#depth === maxDepth) throw this.#wrong('this is nested too deeply', token.at);
    this.#position++;
    this.#depth++;
    const factor = this.#understand(token);
    this.#depth--;
    return factor;
  }

  #understand(token: QueryToken): Expression {
    switch (token.kind) {
      case 'minus':
        return { kind: 'not', of: this.#readFactor() };
      case 'open': {
        const inner = this.readQuery();
        const close = this.#tokens[this.#position];
        if (close?.kind !== 'close')
          throw this.#wrong('this parenthesis is never closed', token.at);
        this.#position++;
        return { kind: 'group', of: inner };
      }
      case 'close':
        throw this.#wrong('this closes nothing', token.at);
      case 'word':
        if (!token.quoted && token.text.toLowerCase() === 'not') {
          return { kind: 'not', of: this.#readFactor() };
        }
        return { kind: 'keys', keys: [{ atom: 'TEXT' }, { text: token.text }] };
      case 'field':
        return this.#readField(token);
    }
  }

  #readField({ name, value, at, valueAt }: QueryToken & { kind: 'field' }): Expression {
    if (value === '') throw this.#wrong(`${name}: needs a value`, valueAt);
    const field = searchFields.get(name);
    if (field === undefined) {
      const known = [...searchFields.keys()].join(': ');
      throw this.#wrong(`there is no ${name}: – there are ${known}:`, at);
    }
    const meant = field(value, this.#now);
    if (typeof meant === 'string') throw this.#wrong(meant, valueAt);
    return meant;
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
        inLines: true,
      },
    );
  }
}
