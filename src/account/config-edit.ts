import { realpath } from 'node:fs/promises';
import { errorText, Failure } from '../errors.ts';
import { checkReplaceable, writeFileDurably } from '../system/files.ts';
import type { LoadedConfig } from './config.ts';
import { type AccountConfig, checkConfig } from './config-schema.ts';

/**
 * The text of a config with this account added or changed, each comment and each other line as the
 * person wrote it.
 */
export async function withAccount(
  loaded: LoadedConfig | null,
  name: string,
  entry: AccountConfig,
): Promise<string> {
  const toml = await import('@decimalturn/toml-patch');
  const text = loaded?.text ?? '';
  const known = loaded?.config.accounts ?? {};
  if (!Object.hasOwn(known, name)) {
    // A new table at the end reads best; where the file keeps its accounts in an inline table, or
    // spells them otherwise, that is no TOML any more.
    const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
    const before = text === '' || text.endsWith('\n') ? text : `${text}${lineEnd}`;
    const tables = accountTables(name, entry, toml.stringify).replaceAll('\n', lineEnd);
    const edited = `${before}${before === '' ? '' : lineEnd}${tables}`;
    if (isConfig(edited, toml.parse)) return edited;
  }
  return toml.patch(text, { ...loaded?.config, accounts: { ...known, [name]: entry } });
}

function accountTables(
  name: string,
  { oauth, imap, ...account }: AccountConfig,
  stringify: (values: object) => string,
): string {
  const key = /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
  const tables = [
    { header: `accounts.${key}`, values: account },
    { header: `accounts.${key}.oauth`, values: oauth },
    { header: `accounts.${key}.imap`, values: imap },
  ];
  return tables
    .flatMap(({ header, values }) =>
      values === undefined ? [] : [`[${header}]\n${stringify(values)}`],
    )
    .join('\n');
}

function isConfig(text: string, parse: (text: string) => unknown): boolean {
  try {
    return 'config' in checkConfig(parse(text));
  } catch {
    return false;
  }
}

/** Before anything is granted that the config must name. @throws Failure 'config' */
export async function checkConfigWritable(path: string): Promise<void> {
  const file = await realpath(path).catch(() => path);
  try {
    await checkReplaceable(file);
  } catch (error) {
    throw new Failure('config', `cannot write the config ${path}: ${errorText(error)}`, {
      cause: error,
    });
  }
}

/** Replace the config. A link to it (a folder of dotfiles) is followed, not replaced. */
export async function saveConfig(path: string, text: string): Promise<void> {
  try {
    await writeFileDurably(await realpath(path).catch(() => path), text);
  } catch (error) {
    throw new Failure('config', `cannot write the config ${path}: ${errorText(error)}`, {
      cause: error,
    });
  }
}
