import type { SearchKey } from './search-key.ts';

/** A query as it was understood: what IMAP SEARCH can decide, and what it cannot. */
export type Expression =
  | { readonly kind: 'keys'; readonly keys: readonly SearchKey[] }
  /** Has something attached: IMAP has no key for it. */
  | { readonly kind: 'attachment' }
  | { readonly kind: 'all'; readonly of: readonly Expression[] }
  | { readonly kind: 'any'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'group'; readonly of: Expression };

/**
 * How a query is answered: by the server alone, or with a look at the structure of what it finds.
 * A message with an attachment is found where `attached` finds it, another where `unattached`
 * does; null finds nothing.
 */
export type SearchPlan =
  | { readonly kind: 'server'; readonly keys: readonly SearchKey[] }
  | {
      readonly kind: 'narrowed';
      readonly attached: readonly SearchKey[] | null;
      readonly unattached: readonly SearchKey[] | null;
    };

/** `gmail`: the server decides has:attachment, too (X-GM-RAW). */
export function planSearch(
  expression: Expression,
  { gmail }: { readonly gmail: boolean },
): SearchPlan {
  if (gmail || !mentionsAttachment(expression)) {
    return { kind: 'server', keys: searchKeys(expression) };
  }
  const keysIf = (attached: boolean) => {
    const rest = assume(expression, attached);
    if (rest === false) return null;
    return rest === true ? [{ atom: 'ALL' }] : searchKeys(rest);
  };
  return { kind: 'narrowed', attached: keysIf(true), unattached: keysIf(false) };
}

/** As IMAP SEARCH keys (RFC 3501 §6.4.4); an attachment as Gmail's own query. */
export function searchKeys(expression: Expression): SearchKey[] {
  switch (expression.kind) {
    case 'keys':
      return [...expression.keys];
    case 'attachment':
      return [{ atom: 'X-GM-RAW' }, { text: 'has:attachment' }];
    case 'all':
      return expression.of.flatMap(searchKeys);
    case 'any':
      return anyOf(expression.of);
    case 'not':
      return [{ atom: 'NOT' }, { list: searchKeys(expression.of) }];
    case 'group':
      return [{ list: searchKeys(expression.of) }];
  }
}

/** OR takes two keys; in halves, so that a thousand alternatives are ten levels deep. */
function anyOf(choices: readonly Expression[]): SearchKey[] {
  const [first] = choices;
  if (choices.length < 2) return first === undefined ? [] : searchKeys(first);
  const middle = choices.length >> 1;
  const [left, right] = [choices.slice(0, middle), choices.slice(middle)];
  return [{ atom: 'OR' }, { list: anyOf(left) }, { list: anyOf(right) }];
}

function mentionsAttachment(expression: Expression): boolean {
  switch (expression.kind) {
    case 'keys':
      return false;
    case 'attachment':
      return true;
    case 'all':
    case 'any':
      return expression.of.some(mentionsAttachment);
    case 'not':
    case 'group':
      return mentionsAttachment(expression.of);
  }
}

/** What is left to decide once it is known whether there is an attachment. */
function assume(expression: Expression, attached: boolean): Expression | boolean {
  switch (expression.kind) {
    case 'keys':
      return expression;
    case 'attachment':
      return attached;
    case 'group':
    case 'not': {
      const rest = assume(expression.of, attached);
      if (typeof rest !== 'boolean') return { kind: expression.kind, of: rest };
      return expression.kind === 'not' ? !rest : rest;
    }
    case 'all':
    case 'any': {
      const { kind } = expression;
      const decisive = kind === 'any';
      const rest = expression.of.map((part) => assume(part, attached));
      if (rest.includes(decisive)) return decisive;
      const open = rest.filter((part) => typeof part !== 'boolean');
      return open.length === 0 ? !decisive : { kind, of: open };
    }
  }
}
