import * as v from 'valibot';
import { Failure } from '../errors.ts';
import { parseSealed, seal, unseal } from './sealed-text.ts';
import type { KeyRing } from './stores/store-key.ts';
import { type Credential, formatCredential, parseCredential } from './token-set.ts';

/** A login on its way to another machine. */
export interface PortableLogin {
  readonly account: string;
  /** Its table in the config; whoever reads it has to check it. */
  readonly entry: unknown;
  readonly credential: Credential;
}

const format = 'mailctl-login';
const about = { format, context: 'portable' } as const;

const schema = v.object({
  format: v.literal(format),
  version: v.literal(1),
  account: v.string(),
  entry: v.unknown(),
  credential: v.string(),
});

/** In clear: for a pipe, and nothing else. */
export function formatPortable({ account, entry, credential }: PortableLogin): string {
  const text = formatCredential(credential);
  return `${JSON.stringify({ format, version: 1, account, entry, credential: text })}\n`;
}

export async function sealPortable(login: PortableLogin, keys: KeyRing): Promise<string> {
  const derivation = keys.newDerivation();
  return seal(formatPortable(login), await keys.keyFor(derivation), derivation, about);
}

/** @throws Failure 'data' for what is no login, or sealed by another passphrase */
export async function openPortable(text: string, keys: KeyRing): Promise<PortableLogin> {
  const sealed = parseSealed(text, format);
  const clear = sealed === null ? text : unseal(sealed, await keys.keyFor(sealed.key), about);
  if (clear === null) {
    throw new Failure('data', 'the login cannot be opened: another passphrase, or it is damaged', {
      hint: 'give the passphrase of mailctl export-login',
    });
  }
  return parsePortable(clear);
}

function parsePortable(text: string): PortableLogin {
  try {
    const { account, entry, credential: secret } = v.parse(schema, JSON.parse(text));
    const credential = parseCredential(secret);
    if (credential !== null) return { account, entry, credential };
  } catch {
    // Said below, and nothing of what it holds.
  }
  throw new Failure('data', 'this is not what mailctl export-login writes', {
    hint: 'mailctl export-login > login.json, on the machine that is logged in',
  });
}
