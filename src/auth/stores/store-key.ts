import { randomBytes, scrypt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeySource } from '../../account/account.ts';
import { errorText, Failure } from '../../errors.ts';
import { runCommand } from '../../system/command.ts';
import { writeFileDurably } from '../../system/files.ts';
import { readSmallFile } from '../../system/small-file.ts';

const keyBytes = 32;

/** How a file's key is made of what the person has: as it is, or by scrypt of a passphrase. */
export type KeyDerivation =
  | { readonly kind: 'raw' }
  | { readonly kind: 'scrypt'; readonly salt: string; readonly logN: number };

/** Gives keys for files, asking for what it needs once. */
export interface KeyRing {
  /** For a file that is there. @throws Failure 'store' | 'data' | 'config' */
  keyFor(derivation: KeyDerivation): Promise<Buffer>;
  /** For a file that is to be made. */
  newDerivation(): KeyDerivation;
  /** What the keys are made of: to be handed to a process that cannot ask for it. */
  secret(): Promise<Buffer>;
  /**
   * Before anything is written: make the key where the source is a file that is not there yet, and
   * have a passphrase that is `fresh`, as nothing is sealed by it yet, confirmed.
   */
  prepare(use: { readonly fresh: boolean }): Promise<void>;
}

export interface KeyRingOptions {
  readonly source: KeySource | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Null where nobody can be asked. */
  readonly askPassphrase: AskPassphrase | null;
  /** Already known; then the source is not read. */
  readonly secret: Buffer | null;
}

/** A fresh one is to be confirmed: a slip would lock the store for ever. */
export type AskPassphrase = (use: { readonly fresh: boolean }) => Promise<string>;

/** About 100 ms and 64 MiB: what RFC 7914 §2 calls interactive, for the machines of today. */
const logN = 16;

export function keyRing({ source, env, askPassphrase, secret }: KeyRingOptions): KeyRing {
  let read: Promise<Buffer> | undefined = secret === null ? undefined : Promise.resolve(secret);
  const openAs = (use: { readonly fresh: boolean }) => {
    const ask = askPassphrase === null ? null : () => askPassphrase(use);
    read ??= readSource(source, env, ask);
    return read;
  };
  const open = () => openAs({ fresh: false });
  const derived = new Map<string, Promise<Buffer>>();
  return {
    async keyFor(derivation) {
      const given = await open();
      if (derivation.kind === 'raw') return parseKey(given, describeSource(source));
      const { salt } = derivation;
      const key = derived.get(salt) ?? derive(given, Buffer.from(salt, 'base64'), derivation.logN);
      derived.set(salt, key);
      return key;
    },
    secret: open,
    newDerivation: () =>
      source?.kind === 'passphrase'
        ? { kind: 'scrypt', salt: randomBytes(16).toString('base64'), logN }
        : { kind: 'raw' },
    async prepare(use) {
      if (use.fresh && source?.kind === 'passphrase') await openAs(use);
      if (source?.kind !== 'file' || (await readKeyFile(source.path)) !== null) return;
      try {
        await writeFileDurably(source.path, `${randomBytes(keyBytes).toString('base64')}\n`);
      } catch (error) {
        throw new Failure('store', `cannot make the key file ${source.path}: ${errorText(error)}`, {
          cause: error,
        });
      }
    },
  };
}

async function readSource(
  source: KeySource | null,
  env: KeyRingOptions['env'],
  askPassphrase: (() => Promise<string>) | null,
): Promise<Buffer> {
  switch (source?.kind) {
    case undefined:
      throw new Failure('config', 'the encrypted file needs a key', {
        hint: 'name a key file with --key-file PATH, key_file in the config, or MAILCTL_KEY_FILE; it is made if absent',
      });
    case 'file': {
      const bytes = await readKeyFile(source.path);
      if (bytes !== null) return bytes;
      throw new Failure('store', `the key file ${source.path} is not there`, {
        hint: 'put it back; tokens cannot be decrypted without it',
      });
    }
    case 'credential': {
      const directory = env['CREDENTIALS_DIRECTORY'];
      const bytes = directory ? await readKeyFile(join(directory, source.name)) : null;
      if (bytes !== null) return bytes;
      throw new Failure('store', `systemd gives no credential ${source.name}`, {
        hint: `add LoadCredential=${source.name}:… to the service (systemd.exec(5))`,
      });
    }
    case 'command':
      return runCommand(source.command, { what: 'the key command' });
    case 'passphrase':
      return Buffer.from(await readPassphrase(source, env, askPassphrase));
  }
}

async function readPassphrase(
  { from }: KeySource & { kind: 'passphrase' },
  env: KeyRingOptions['env'],
  askPassphrase: (() => Promise<string>) | null,
): Promise<string> {
  if (from.kind === 'env') {
    const value = env[from.name];
    if (value) return value;
    throw new Failure('store', `${from.name} holds no passphrase`, {
      hint: `set ${from.name}, as passphrase_env in the config says`,
    });
  }
  if (from.kind === 'fd') {
    try {
      const phrase = readFileSync(from.fd, 'utf8').replace(/\r?\n$/, '');
      if (phrase !== '') return phrase;
    } catch {
      // It is not open, which is told as if nothing came from it.
    }
    throw new Failure('store', `no passphrase can be read from descriptor ${from.fd}`, {
      hint: `give one: mailctl … ${from.fd}< file`,
    });
  }
  if (askPassphrase !== null) return askPassphrase();
  throw new Failure('store', 'the token store is locked by a passphrase, and nobody can be asked', {
    hint: 'set passphrase_env or passphrase_fd in the config, or use a key file',
  });
}

async function readKeyFile(path: string): Promise<Buffer | null> {
  return readSmallFile(path, 4096).catch((error: unknown) => {
    throw new Failure('store', `cannot read the key file ${path}: ${errorText(error)}`, {
      cause: error,
    });
  });
}

/** 32 bytes, raw, or in base64 or hex on a line. */
function parseKey(bytes: Buffer, what: string): Buffer {
  if (bytes.length === keyBytes) return bytes;
  const line = bytes.toString('latin1').trim();
  const key = /^[0-9a-fA-F]{64}$/.test(line)
    ? Buffer.from(line, 'hex')
    : Buffer.from(/^[A-Za-z0-9+/]{43}=$/.test(line) ? line : '', 'base64');
  if (key.length === keyBytes) return key;
  throw new Failure('data', `${what} is not a key: it should hold 32 bytes, raw, base64 or hex`);
}

function describeSource(source: KeySource | null): string {
  switch (source?.kind) {
    case 'file':
      return source.path;
    case 'credential':
      return `the credential ${source.name}`;
    default:
      return 'what the key command prints';
  }
}

function derive(passphrase: Buffer, salt: Buffer, costLogN: number): Promise<Buffer> {
  const options = { N: 2 ** costLogN, r: 8, p: 1, maxmem: 256 << 20 };
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, keyBytes, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}
