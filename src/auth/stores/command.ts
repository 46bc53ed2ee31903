import type { StoreCommands } from '../../account/account.ts';
import { Failure } from '../../errors.ts';
import { runCommand, runToEnd } from '../../system/command.ts';
import { formatCredential, parseCredential } from '../token-set.ts';
import type { TokenStore } from '../token-store.ts';

/**
 * Commands of the person's (pass, secret-tool, op, vault): one prints the secret, one takes it on
 * stdin, one removes it. A reading command that fails or prints nothing means there is none, as
 * none of these programs tells "absent" from "cannot" in a way they share.
 */
export function commandStore(accountName: string, commands: StoreCommands): TokenStore {
  const read = async () => {
    const { output, code } = await runToEnd(commands.read, { what: 'the store command' });
    const text = output.toString().trim();
    return code === 0 && text !== '' ? text : null;
  };
  const write = async (text: string) => {
    // One line: some of these programs give back only the first.
    const input = `${Buffer.from(text).toString('base64')}\n`;
    await runCommand(commands.write, { what: 'the store command', input });
  };
  const remove = async () => {
    if (commands.delete !== null) {
      await runCommand(commands.delete, { what: 'the store command' });
    } else {
      await write('');
    }
  };
  const load = async () => {
    const text = await read();
    const decoded = text === null ? '' : Buffer.from(text, 'base64').toString();
    if (decoded === '') return null;
    const credential = parseCredential(decoded);
    if (credential !== null) return credential;
    throw new Failure('data', `what ${commands.read[0]} prints for ${accountName} cannot be read`, {
      hint: `mailctl login -a ${accountName}`,
    });
  };
  return {
    description: `the command ${commands.write[0]}`,
    load,
    save: (credential) => write(formatCredential(credential)),
    async delete() {
      if ((await read()) === null) return false;
      await remove();
      return true;
    },
    secret: async () => null,
    async probe() {
      // These commands name one entry, so the probe must not overwrite a login that is there.
      const before = await read();
      if (before !== null) {
        await runCommand(commands.write, { what: 'the store command', input: `${before}\n` });
        if ((await read()) === before) return;
      } else {
        await write('probe');
        const after = await read();
        if (after === Buffer.from('probe').toString('base64')) return remove();
      }
      throw new Failure(
        'store',
        `${commands.read[0]} does not give back what ${commands.write[0]} took`,
        {
          hint: 'check store_read and store_write in the config',
        },
      );
    },
  };
}
