/**
 * What mailctl and its keychain process say to each other: one JSON document each way. Checked by
 * hand, as every start of mailctl loads this file and a schema library would double it.
 */
export type KeychainRequest =
  | { readonly operation: 'get' | 'delete'; readonly key: string }
  | { readonly operation: 'set'; readonly key: string; readonly secret: string };

export type KeychainAnswer =
  | { readonly secret: string | null }
  | { readonly done: boolean }
  | { readonly trouble: 'unavailable' | 'locked'; readonly message: string };

/** @throws Error when the text is no request. */
export function parseKeychainRequest(text: string): KeychainRequest {
  const { operation, key, secret } = parseObject(text);
  if (typeof key === 'string') {
    if (operation === 'get' || operation === 'delete') return { operation, key };
    if (operation === 'set' && typeof secret === 'string') return { operation, key, secret };
  }
  throw new Error('not a keychain request');
}

/** @throws Error when the text is no answer; it says nothing of what the text holds. */
export function parseKeychainAnswer(text: string): KeychainAnswer {
  const { secret, done, trouble, message } = parseObject(text);
  if (typeof secret === 'string' || secret === null) return { secret };
  if (typeof done === 'boolean') return { done };
  if ((trouble === 'unavailable' || trouble === 'locked') && typeof message === 'string') {
    return { trouble, message };
  }
  throw new Error('not a keychain answer');
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
