import { randomBytes } from 'node:crypto';
import { errorText, Failure } from '../../errors.ts';
import { readSmallFile, writeFileDurably } from '../../system/files.ts';

const keyBytes = 32;

/** The 32-byte key in a key file: 32 raw bytes, or their base64 or hex on a line. */
export async function loadKey(keyFile: string | null): Promise<Buffer> {
  const bytes = await readKeyFile(keyFile);
  if (bytes === null) {
    throw new Failure('store', `the key file ${keyFile} is not there`, {
      hint: 'put it back; tokens cannot be decrypted without it',
    });
  }
  return bytes;
}

/** Make the key file, 0600, unless it is there. */
export async function makeKeyIfAbsent(keyFile: string | null): Promise<void> {
  if ((await readKeyFile(keyFile)) !== null || keyFile === null) return;
  try {
    await writeFileDurably(keyFile, `${randomBytes(keyBytes).toString('base64')}\n`);
  } catch (error) {
    throw new Failure('store', `cannot make the key file ${keyFile}: ${errorText(error)}`, {
      cause: error,
    });
  }
}

async function readKeyFile(keyFile: string | null): Promise<Buffer | null> {
  if (keyFile === null) {
    throw new Failure('config', 'the encrypted file needs a key', {
      hint: 'name a key file with --key-file PATH, key_file in the config, or MAILCTL_KEY_FILE; it is made if absent',
    });
  }
  const bytes = await readSmallFile(keyFile, 4096).catch((error: unknown) => {
    throw new Failure('store', `cannot read the key file ${keyFile}: ${errorText(error)}`, {
      cause: error,
    });
  });
  if (bytes === null || bytes.length === keyBytes) return bytes;
  const line = bytes.toString('latin1').trim();
  const key = /^[0-9a-fA-F]{64}$/.test(line)
    ? Buffer.from(line, 'hex')
    : Buffer.from(/^[A-Za-z0-9+/]{43}=$/.test(line) ? line : '', 'base64');
  if (key.length === keyBytes) return key;
  throw new Failure('data', `${keyFile} is not a key: it should hold 32 bytes, raw, base64 or hex`);
}
