import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import * as v from 'valibot';
import type { KeyDerivation } from './stores/store-key.ts';

/** Only as it is written here: Node's reader passes over what is no base64. */
const bytes = v.pipe(
  v.string(),
  v.check((text) => Buffer.from(text, 'base64').toString('base64') === text),
  v.transform((text) => Buffer.from(text, 'base64')),
);

const envelope = v.object({
  format: v.string(),
  version: v.literal(1),
  key: v.variant('kind', [
    v.object({ kind: v.literal('raw') }),
    v.object({
      kind: v.literal('scrypt'),
      salt: v.string(),
      // Who wrote it chooses what reading it costs: 128 MiB at the most.
      logN: v.pipe(v.number(), v.integer(), v.minValue(14), v.maxValue(17)),
    }),
  ]),
  nonce: bytes,
  tag: bytes,
  data: bytes,
});

export type Sealed = v.InferOutput<typeof envelope>;

/** What a sealed text is and whose: both are authenticated, so that neither can be exchanged. */
export interface Seal {
  readonly format: string;
  readonly context: string;
}

/** A text by AES-256-GCM, as a line of JSON that says how its key is made. */
export function seal(text: string, key: Buffer, derivation: KeyDerivation, about: Seal): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associatedData(about));
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `${JSON.stringify({
    format: about.format,
    version: 1,
    key: derivation,
    nonce: nonce.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    data: data.toString('base64'),
  })}\n`;
}

/** Null for anything else than a sealed text of that format. */
export function parseSealed(text: string, format: string): Sealed | null {
  try {
    const sealed = v.parse(envelope, JSON.parse(text));
    return sealed.format === format ? sealed : null;
  } catch {
    return null;
  }
}

/** Null where another key sealed it, or it is damaged: the two cannot be told apart. */
export function unseal({ nonce, tag, data }: Sealed, key: Buffer, about: Seal): string | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
      .setAAD(associatedData(about))
      .setAuthTag(tag);
    return Buffer.concat([decipher.update(data), decipher.final()]).toString();
  } catch {
    return null;
  }
}

function associatedData({ format, context }: Seal): Buffer {
  return Buffer.from(`${format} 1 ${context}`);
}
