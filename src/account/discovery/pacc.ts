import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Autoconfig } from './autoconfig.ts';
import { hostNamed, Refusal } from './found.ts';

const schema = v.object({
  protocols: v.object({ imap: v.object({ host: v.string() }) }),
  authentication: v.optional(
    v.object({
      'oauth-public': v.optional(v.object({ issuer: v.string() })),
      password: v.optional(v.boolean()),
    }),
    {},
  ),
});

/** The SHA-256 in a domain's TXT record, base64; null where there is none of this kind. */
export function paccDigest(records: readonly string[]): string | null {
  for (const record of records) {
    const fields = new Map(
      record.split(';').map((field) => {
        const [name = '', ...value] = field.split('=');
        return [name.trim(), value.join('=').trim()] as const;
      }),
    );
    if (fields.get('v') !== 'UAAC1' || fields.get('a') !== 'sha256') continue;
    return fields.get('d') ?? null;
  }
  return null;
}

/**
 * Read a user agent configuration (draft-ietf-mailmaint-pacc). Its mail servers speak TLS from the
 * first byte.
 * @throws Refusal naming what is wrong with it.
 */
export function parsePacc(json: string, digest: string): Autoconfig {
  if (createHash('sha256').update(json).digest('base64') !== digest) {
    throw new Refusal("it is not the one whose digest is in the domain's DNS");
  }
  const parsed = v.safeParse(schema, parse(json));
  if (!parsed.success) throw new Refusal('it names no IMAP server');
  const { protocols, authentication } = parsed.output;
  const host = hostNamed(protocols.imap.host);
  const issuer = authentication['oauth-public']?.issuer ?? null;
  if (issuer !== null && !(URL.canParse(issuer) && new URL(issuer).protocol === 'https:')) {
    throw new Refusal('its login server is not an https:// address');
  }
  return {
    server: { host, port: 993, security: 'tls', user: null },
    issuer,
    passwordOnly: issuer === null && authentication.password === true,
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
