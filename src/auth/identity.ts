import { Failure } from '../errors.ts';
import type { OAuthClient } from './oauth-client.ts';
import { sameAddress } from './same-address.ts';
import type { TokenResponse } from './token-response.ts';

/** Scopes about the person and the grant, not about mail; servers leave them out of the answer. */
const identityScopes = new Set(['openid', 'email', 'profile', 'offline_access']);

/**
 * Whose login it is: as the ID token says, else the userinfo endpoint; empty where neither does. An
 * endpoint that does not answer ends no login: the mail server is asked in any case.
 */
export async function knownAddresses(
  response: TokenResponse,
  client: OAuthClient,
): Promise<readonly string[]> {
  if (response.addresses.length > 0) return response.addresses;
  try {
    return await client.addressesOf(response);
  } catch (error) {
    if (error instanceof Failure && error.kind !== 'cancelled') return [];
    throw error;
  }
}

/**
 * The token must be the asked-for person's: a browser that is signed in as somebody else would
 * otherwise have mail of one account kept under another's name.
 * @throws Failure 'login' naming both. A server that says nothing is let pass: the mail server asks.
 */
export function checkIdentity(addresses: readonly string[], address: string): void {
  if (addresses.length === 0) return;
  if (addresses.some((one) => sameAddress(one, address))) return;
  const [other = ''] = addresses;
  throw new Failure('login', `you logged in as ${other}, but ${address} was asked for`, {
    hint: `choose ${address} in the browser; or, where both are yours: mailctl login ${other} --mailbox ${address}`,
  });
}

/**
 * People untick boxes, and servers grant less than was asked (RFC 6749 §3.3).
 * @throws Failure 'login' when a scope that mail needs is missing.
 */
export function checkScopes({ scopes }: TokenResponse, asked: readonly string[]): void {
  if (scopes === null) return; // as asked
  const granted = new Set(scopes.map((scope) => scope.toLowerCase()));
  const missing = asked.filter(
    (scope) => !identityScopes.has(scope) && !granted.has(scope.toLowerCase()),
  );
  if (missing.length === 0) return;
  throw new Failure('login', `the login came without ${missing.join(' ')}`, {
    hint: 'run mailctl login again and leave every box ticked',
  });
}
