import { text } from 'node:stream/consumers';
import type { Account } from '../account/account.ts';
import { findProvider } from '../account/providers.ts';
import { errorText, Failure } from '../errors.ts';
import { readSmallFile } from '../system/files.ts';
import type { App } from './app.ts';
import { askSecret, canAsk } from './ask.ts';

/**
 * The client secret a person gives to `login`: from a file, the environment, or typed without echo.
 * Null where none is needed or the config has it. It goes to the token store, never to argv.
 */
export async function readClientSecret(
  app: App,
  account: Account,
  file: string | undefined,
): Promise<string | null> {
  if (account.oauth === null || account.oauth.clientSecret !== null) return null;
  const provider = account.provider === null ? null : findProvider(account.provider);
  const given =
    file === undefined ? app.system.env['MAILCTL_CLIENT_SECRET'] : await read(app, file);
  const secret = given?.trim() ?? '';
  if (secret !== '' && provider?.oauth?.clientSecret === 'forbidden') {
    throw new Failure(
      'usage',
      `${provider.name} refuses a client secret from a program like this`,
      {
        hint: 'leave the secret out; register the client as a public (desktop) client',
      },
    );
  }
  if (secret !== '') return app.system.secrets.add(secret);
  if (provider?.oauth?.clientSecret !== 'required') return null;
  if (!canAsk(app)) {
    throw new Failure('usage', `${provider.name} wants the client secret too`, {
      hint: 'give it with --client-secret-file FILE, or in MAILCTL_CLIENT_SECRET',
    });
  }
  return app.system.secrets.add(
    await askSecret(app.system, `Client secret of ${account.oauth.clientId}: `),
  );
}

async function read(app: App, file: string): Promise<string> {
  if (file === '-') return text(app.system.stdin);
  try {
    const bytes = await readSmallFile(file, 65_536);
    if (bytes !== null) return bytes.toString();
  } catch (error) {
    throw new Failure('usage', `cannot read ${file}: ${errorText(error)}`, { cause: error });
  }
  throw new Failure('usage', `there is no file ${file}`);
}
