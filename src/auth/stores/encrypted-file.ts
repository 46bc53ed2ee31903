import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, errorText, Failure } from '../../errors.ts';
import { syncDirectory, writeFileDurably } from '../../system/files.ts';
import { readSmallFile } from '../../system/small-file.ts';
import { parseSealed, seal, unseal } from '../sealed-text.ts';
import { formatCredential, parseCredential } from '../token-set.ts';
import type { TokenStore } from '../token-store.ts';
import type { KeyRing } from './store-key.ts';

const maxFileBytes = 1 << 20;
const format = 'mailctl-credential';

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
    const parsed = parseSealed(bytes.toString(), format);
    if (parsed === null) throw unreadable(path, accountName);
    return parsed;
  };
  const read = async () => {
    const sealed = await readEnvelope();
    if (sealed === null) return null;
    const text = unseal(sealed, await keys.keyFor(sealed.key), { format, context: accountName });
    if (text === null) throw unreadable(path, accountName);
    return text;
  };
  const write = async (text: string, file: string) => {
    // The salt of a passphrase stays: deriving a key takes its time, and once a run is enough.
    const existing = (await readEnvelope())?.key;
    const fits = existing?.kind === keys.newDerivation().kind;
    const derivation = existing !== undefined && fits ? existing : keys.newDerivation();
    // The account's name is sealed in, so that one account's file cannot stand in for another's.
    const sealed = seal(text, await keys.keyFor(derivation), derivation, {
      format,
      context: accountName,
    });
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
      await keys.prepare({ fresh: replaces || (await readEnvelope()) === null });
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

function unreadable(path: string, accountName: string): Failure {
  return new Failure(
    'data',
    `${path} cannot be decrypted: another key wrote it, or it is damaged`,
    {
      hint: `give the right key, or remove the file and log in again: mailctl login -a ${accountName}`,
    },
  );
}
