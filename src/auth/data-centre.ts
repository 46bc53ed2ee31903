import type { AuthorizationServer } from '../account/account.ts';
import { Failure } from '../errors.ts';

/** Where a redirect says which data centre redeems its code (Zoho). */
export const dataCentreParameter = 'accounts-server';

/**
 * The same server at another of its provider's data centres; the endpoints have the same paths
 * there, and the issuer is the one the login began with. Only those the provider is known to have, or the config names, ever see a code or a token.
 * @throws Failure 'protocol' for any other
 */
export function atDataCentre(
  server: AuthorizationServer,
  origin: string,
  dataCentres: readonly string[] = [],
): AuthorizationServer {
  const known = server.kind === 'given' ? server.tokenEndpoint : server.issuer;
  if (origin === new URL(known).origin) return server;
  if (!dataCentres.includes(origin)) {
    throw new Failure('protocol', `the login is sent on to ${origin}, which is not known`, {
      hint: 'if that is a data centre of your provider, add it to oauth.data_centres in the config',
    });
  }
  if (server.kind === 'discovered') return { kind: 'discovered', issuer: origin };
  const moved = (endpoint: string) => {
    const { pathname, search } = new URL(endpoint);
    return `${origin}${pathname}${search}`;
  };
  const { revocationEndpoint } = server;
  return {
    ...server,
    tokenEndpoint: moved(server.tokenEndpoint),
    revocationEndpoint: revocationEndpoint === null ? null : moved(revocationEndpoint),
  };
}
