import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { errorCode, errorText, Failure } from '../../errors.ts';
import { readSmallFile, syncDirectory, writeFileDurably } from '../../system/files.ts';
import { formatCredential, parseCredential } from '../token-set.ts';
import type { TokenStore } from '../token-store.ts';
import type { KeyDerivation, KeyRing } from './store-key.ts';

const maxFileBytes = 1 << 20;
const format = 'mailctl-credential';

/** Only as it is written here: Node's reader passes over what is no base64. */
const bytes = v.pipe(
  v.string(),
  v.check((text) => Buffer.from(text, 'base64').toString('base64') === text),
  v.transform((text) => Buffer.from(text, 'base64')),
);

const envelope = v.object({
  format: v.literal(format),
  version: v.literal(1),
  key: v.variant('kind', [
    v.object({ kind: v.literal('raw') }),
    v.object({
      kind: v.literal('scrypt'),
      salt: v.string(),
      logN: v.pipe(v.number(), v.integer(), v.minValue(14), v.maxValue(20)),
    }),
  ]),
  nonce: bytes,
  tag: bytes,
  data: bytes,
});

export interface EncryptedFileOptions {
  /** The folder the `tokens` folder is in. */
  readonly directory: string;
  readonly keys: KeyRing;
}

/**
 * One file an account, AES-256-GCM, replaced atomically. The key is elsewhere: in a file the person
 * names.
 */
export function encryptedFileStore(
  accountName: string,
  { directory, keys }: EncryptedFileOptions,
): TokenStore {
  const path = join(directory, 'tokens', `${accountName}.json`);
  const readEnvelope = async () => {
    const bytes = await readSmallFile(path, maxFileBytes).catch((error: unknown) => {
      throw new Failure('store', `cannot read ${path}: ${errorText(error)}`, { cause: error });
    });
    if (bytes === null) return null;
    const parsed = parseEnvelope(bytes.toString());
    if (parsed === null) throw unreadable(path, accountName);
    return parsed;
  };
  const read = async () => {
    const sealed = await readEnvelope();
    if (sealed === null) return null;
    return open(sealed, await keys.keyFor(sealed.key), { accountName, path });
  };
  const write = async (text: string, file: string) => {
    // The salt of a passphrase stays: deriving a key takes its time, and once a run is enough.
    const existing = (await readEnvelope())?.key;
    const fits = existing?.kind === keys.newDerivation().kind;
    const derivation = existing !== undefined && fits ? existing : keys.newDerivation();
    const sealed = seal(text, await keys.keyFor(derivation), { accountName, derivation });
    await writeFileDurably(file, sealed).catch((error: unknown) => {
      throw new Failure('store', `cannot write ${file}: ${errorText(error)}`, { cause: error });
    });
  };
  return {
    description: `the encrypted file ${path}`,
    async load() {
      const text = await read();
      if (text === null) return null;
      const credential = parseCredential(text);
      if (credential === null) throw unreadable(path, accountName);
      return credential;
    },
    save: (credential) => write(formatCredential(credential), path),
    async delete() {
      try {
        await rm(path);
        await syncDirectory(dirname(path));
        return true;
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return false;
        throw new Failure('store', `cannot delete ${path}: ${errorText(error)}`, { cause: error });
      }
    },
    secret: () => keys.secret(),
    async probe({ replaces } = { replaces: false }) {
      await keys.prepare();
      // A file that another key wrote must be found out before it is replaced.
      if (!replaces) await read();
      const file = `${path}.probe`;
      try {
        await write('probe', file);
      } finally {
        await rm(file, { force: true });
      }
    },
  };
}

interface Sealing {
  readonly accountName: string;
  readonly derivation: KeyDerivation;
}

/** The account's name is authenticated too, so that one account's file cannot stand in for another's. */
function seal(text: string, key: Buffer, { accountName, derivation }: Sealing): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associatedData(accountName));
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `${JSON.stringify({
    format,
    version: 1,
    key: derivation,
    nonce: nonce.toString('base64'),
    tag: cipher.getAuthTag().toString('base64'),
    data: data.toString('base64'),
  })}\n`;
}

type Envelope = v.InferOutput<typeof envelope>;

function parseEnvelope(text: string): Envelope | null {
  try {
    return v.parse(envelope, JSON.parse(text));
  } catch {
    return null;
  }
}

function open(
  { nonce, tag, data }: Envelope,
  key: Buffer,
  { accountName, path }: { accountName: string; path: string },
): string {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 })
      .setAAD(associatedData(accountName))
      .setAuthTag(tag);
    return Buffer.concat([decipher.update(data), decipher.final()]).toString();
  } catch (error) {
    throw unreadable(path, accountName, error);
  }
}

function associatedData(accountName: string): Buffer {
  return Buffer.from(`${format} 1 ${accountName}`);
}

function unreadable(path: string, accountName: string, cause?: unknown): Failure {
  return new Failure(
    'data',
    `${path} cannot be decrypted: another key wrote it, or it is damaged`,
    {
      hint: `give the right key, or remove the file and log in again: mailctl login -a ${accountName}`,
      cause,
    },
  );
}
