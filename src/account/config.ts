import { errorText, Failure } from '../errors.ts';
import { readSmallFile } from '../system/small-file.ts';
import type { System } from '../system/system.ts';
import type { Account } from './account.ts';
import { maxConfigBytes } from './config-path.ts';
import { type Config, checkConfig } from './config-schema.ts';
import { nearest } from './nearest.ts';
import { resolveAccount } from './resolve-account.ts';
import { parseToml } from './toml.ts';

/** A config file that was read and checked. */
export interface LoadedConfig {
  readonly path: string;
  /** As it stands in the file, so that it can be edited without losing a comment. */
  readonly text: string;
  readonly config: Config;
}

/** Read and check a config; null when there is no such file. @throws Failure 'config' */
export async function loadConfig(path: string): Promise<LoadedConfig | null> {
  const bytes = await readSmallFile(path, maxConfigBytes).catch((error: unknown) => {
    if (error instanceof Failure) throw error;
    throw new Failure('config', `cannot read the config ${path}: ${errorText(error)}`, {
      cause: error,
    });
  });
  if (bytes === null) return null;
  const text = decode(path, bytes);
  const checked = checkConfig(await parseToml(path, text));
  if ('problem' in checked) {
    throw new Failure('config', `${path}: ${checked.problem}`, {
      hint: `edit ${path}`,
    });
  }
  return { path, text, config: checked.config };
}

function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Failure('config', `${path} is not UTF-8`, { cause: error });
  }
}

/**
 * The account a command is about: the one named, else `default_account`, else the only one.
 * @throws Failure 'config' when there is none, 'usage' when it is not clear which.
 */
export async function chooseAccount(
  loaded: LoadedConfig | null,
  path: string,
  name: string | undefined,
  system: System,
): Promise<Account> {
  const accounts = loaded?.config.accounts ?? {};
  const names = Object.keys(accounts);
  if (names.length === 0) {
    const why = loaded === null ? `there is no config at ${path}` : `${path} holds no account`;
    throw new Failure('config', why, { hint: 'mailctl login you@example.org' });
  }
  const chosen =
    name ?? loaded?.config.default_account ?? (names.length === 1 ? names[0] : undefined);
  if (chosen === undefined) {
    throw new Failure('usage', `which account? There are ${names.join(', ')}`, {
      hint: `name one with --account ${names[0]}`,
    });
  }
  const entry = Object.hasOwn(accounts, chosen) ? accounts[chosen] : undefined;
  if (entry === undefined) {
    const near = nearest(chosen, names);
    throw new Failure('config', `there is no account ${chosen} in ${path}`, {
      hint: near === null ? `the accounts are ${names.join(', ')}` : `did you mean ${near}?`,
    });
  }
  return resolveAccount(chosen, entry, {
    path,
    system,
    timeouts: loaded?.config.timeouts,
  });
}
