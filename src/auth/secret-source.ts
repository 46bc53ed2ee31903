import type { SecretSource } from '../account/account.ts';
import { errorText, Failure } from '../errors.ts';
import { runCommand } from '../system/command.ts';
import { readSmallFile } from '../system/small-file.ts';

/** More than any key has. */
const maxSecretBytes = 65_536;

/**
 * A secret that the config names, read now. `what` is how a person calls it: "the client secret".
 * @throws Failure 'config' | 'store'
 */
export async function readSecret(source: SecretSource, what: string): Promise<string> {
  const text = (await read(source, what)).trim();
  if (text !== '') return text;
  throw new Failure('config', `${what} is empty`, { hint: 'check where the config has it from' });
}

async function read(source: SecretSource, what: string): Promise<string> {
  switch (source.kind) {
    case 'inline':
      return source.value;
    case 'command':
      return (await runCommand(source.command, { what: `the command for ${what}` })).toString();
    case 'file':
      return readSecretFile(source.path, what);
  }
}

async function readSecretFile(path: string, what: string): Promise<string> {
  try {
    const bytes = await readSmallFile(path, maxSecretBytes);
    if (bytes !== null) return bytes.toString();
  } catch (error) {
    throw new Failure('config', `cannot read ${what}: ${errorText(error)}`, { cause: error });
  }
  throw new Failure('config', `${what} is not there: ${path}`, {
    hint: 'put it back, or name another file in the config',
  });
}
