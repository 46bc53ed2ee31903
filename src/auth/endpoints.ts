import type { AuthorizationServer } from '../account/account.ts';
import { Failure } from '../errors.ts';
import { isLoopback } from '../system/loopback.ts';

/** Endpoints from the config or the registry, in the words of RFC 8414. */
export function givenMetadata(server: AuthorizationServer & { kind: 'given' }) {
  const optional = (name: string, value: string | null) =>
    value === null ? {} : { [name]: value };
  return {
    issuer: server.issuer,
    token_endpoint: server.tokenEndpoint,
    ...optional('authorization_endpoint', server.authorizationEndpoint),
    ...optional('revocation_endpoint', server.revocationEndpoint),
    ...optional('device_authorization_endpoint', server.deviceAuthorizationEndpoint),
  };
}

/** What discovery found goes to a browser and gets our code and tokens: only where it is safe. */
export function checkEndpoints(
  metadata: Readonly<Record<string, unknown>>,
  insecure: boolean,
): void {
  for (const name of ['token_endpoint', ...optionalEndpoints]) {
    const value = metadata[name];
    if (value === undefined && name !== 'token_endpoint') continue;
    if (typeof value !== 'string' || !isSafeEndpoint(value, insecure)) {
      throw new Failure('protocol', `the login server's ${name} is not a safe https:// URL`, {
        hint: 'check the issuer in the config',
      });
    }
  }
}

const optionalEndpoints = [
  'authorization_endpoint',
  'revocation_endpoint',
  'device_authorization_endpoint',
  'userinfo_endpoint',
  'registration_endpoint',
] as const;

/** https, or http on loopback where `insecure` allows it; nothing that smuggles a password. */
export function isSafeEndpoint(value: string, insecure: boolean): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const clear = url.protocol === 'http:' && insecure && isLoopback(url.hostname);
  return (url.protocol === 'https:' || clear) && url.username === '' && url.password === '';
}

/** What a person is sent to: a web page, whatever the server says. */
export function webPage(address: string): URL {
  if (URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)) return new URL(address);
  throw new Failure('protocol', 'the login server sends you to something that is no web page');
}
