import * as v from 'valibot';
import { Refusal } from './found.ts';

const schema = v.object({
  resource: v.string(),
  authorization_servers: v.optional(v.array(v.string()), []),
});

/**
 * The issuer a mail server names for itself (RFC 9728 §2 and §3.3), null where it names none.
 * @throws Refusal
 */
export function issuerInResourceMetadata(json: string, host: string): string | null {
  const parsed = v.safeParse(schema, parse(json));
  if (!parsed.success) throw new Refusal('it is not the metadata of a protected resource');
  const { resource, authorization_servers: servers } = parsed.output;
  if (resource !== `https://${host}` && resource !== `https://${host}/`) {
    throw new Refusal(`it is the metadata of another resource, ${resource}`);
  }
  const [first] = servers;
  if (first === undefined) return null;
  if (!URL.canParse(first) || new URL(first).protocol !== 'https:') {
    throw new Refusal('its login server is not an https:// address');
  }
  return first;
}

/**
 * The issuer whose metadata a mail server points at in the error of OAUTHBEARER (RFC 7628 §3.2.2):
 * the URL without its well-known part, which stands at the end (OpenID Connect) or before the path
 * (RFC 8414 §3.1). Null for anything else.
 */
export function issuerOfMetadata(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const { protocol, origin, pathname, search, hash, username, password } = new URL(address);
  if (protocol !== 'https:' || search !== '' || hash !== '' || username + password !== '') {
    return null;
  }
  const atEnd = /^(.*)\/\.well-known\/(?:openid-configuration|oauth-authorization-server)$/;
  const before = /^\/\.well-known\/(?:openid-configuration|oauth-authorization-server)(\/.*)$/;
  const path = atEnd.exec(pathname)?.[1] ?? before.exec(pathname)?.[1];
  return path === undefined ? null : `${origin}${path}`;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
