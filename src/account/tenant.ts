import { Failure } from '../errors.ts';
import type { AuthorizationServer } from './account.ts';
import type { Provider } from './provider.ts';

/**
 * The login server of a provider, for the tenant that is named, else the provider's usual one.
 * @throws Failure 'config' where the tenant must be named, or there is no such thing.
 */
export function providerServer(
  provider: Provider,
  tenant: string | undefined,
  where: string,
): AuthorizationServer | null {
  const { server = null, tenant: rule = null } = provider.oauth ?? {};
  if (rule === null) {
    if (tenant === undefined) return server;
    throw new Failure('config', `${where}.oauth.tenant: ${provider.name} has no tenants`, {
      hint: 'remove it',
    });
  }
  const chosen = tenant ?? rule.default;
  if (server === null || chosen === null) {
    throw new Failure('config', `${where}.oauth.tenant is missing`, {
      hint: `${provider.name} wants the tenant named: --tenant ${rule.examples[0]}`,
    });
  }
  const issuer = server.issuer.replace('{tenant}', encodeURIComponent(chosen));
  return { kind: 'discovered', issuer };
}
