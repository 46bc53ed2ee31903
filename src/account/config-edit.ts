import { realpath } from 'node:fs/promises';
import { parse, patch, stringify } from '@decimalturn/toml-patch';
import { errorText, Failure } from '../errors.ts';
import { writeFileDurably } from '../system/files.ts';
import type { LoadedConfig } from './config.ts';
import { type AccountConfig, checkConfig } from './config-schema.ts';

/**
 * The text of a config with this account added or changed, each comment and each other line as the
 * person wrote it.
 */
export function withAccount(
  loaded: LoadedConfig | null,
  name: string,
  entry: AccountConfig,
): string {
  const text = loaded?.text ?? '';
  const accounts = { ...loaded?.config.accounts, [name]: entry };
  const known = Object.hasOwn(loaded?.config.accounts ?? {}, name);
  const edited = known ? null : appended(text, name, entry);
  return edited ?? patch(text, { ...loaded?.config, accounts });
}

/** A new table at the end reads best; null where the file keeps its accounts in an inline table. */
function appended(text: string, name: string, entry: AccountConfig): string | null {
  const { oauth, imap, ...account } = entry;
  const key = /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
  const tables = [
    table(`accounts.${key}`, account),
    oauth === undefined ? '' : table(`accounts.${key}.oauth`, oauth),
    imap === undefined ? '' : table(`accounts.${key}.imap`, imap),
  ].filter((part) => part !== '');
  const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  const edited = `${before}${before === '' ? '' : '\n'}${tables.join('\n')}`;
  try {
    return 'config' in checkConfig(parse(edited)) ? edited : null;
  } catch {
    return null;
  }
}

function table(header: string, values: object): string {
  return `[${header}]\n${stringify(values)}`;
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
