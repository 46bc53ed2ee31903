import type { Account } from '../account/account.ts';
import { sameAddress } from './same-address.ts';
import type { Credential } from './token-set.ts';

/**
 * Why what is stored is no login of the account as the config has it now, in words; null where it
 * is one. Stores know an account by its name alone: another config may have another account of that
 * name, and a config that was edited another provider, client or way to log in. A token must not go
 * to a server that has not given it.
 */
export function mismatch({ name, address, login }: Account, credential: Credential): string | null {
  const { address: owner } = credential;
  if (owner !== null && !sameAddress(owner, address)) {
    return `what is stored for ${name} is the login of ${owner}, not of ${address}`;
  }
  if (login === null) return null;
  if (credential.kind === 'password') {
    return login.kind === 'password'
      ? null
      : `${name} is logged in by a password, and the config says ${login.kind}`;
  }
  if (login.kind === 'password') return `no password of ${name} is stored`;
  if (!('server' in login)) return null;
  if (credential.clientId !== login.clientId) {
    return `the login of ${name} was given to the client ${credential.clientId}, not to ${login.clientId}`;
  }
  const centres = login.kind === 'oauth' ? login.dataCentres : [];
  const origins = [login.server.issuer, ...centres].map((url) => new URL(url).origin);
  if (URL.canParse(credential.issuer) && origins.includes(new URL(credential.issuer).origin)) {
    return null;
  }
  return `the login of ${name} was given by ${credential.issuer}, not by ${login.server.issuer}`;
}
