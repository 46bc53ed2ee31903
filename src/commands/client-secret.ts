import type { LoginMethod } from '../account/account.ts';
import type { Provider } from '../account/provider.ts';
import { errorText, Failure } from '../errors.ts';
import { readSmallFile } from '../system/small-file.ts';
import type { App } from './app.ts';
import { askSecret, canAsk } from './ask.ts';
import { readStdin } from './read-stdin.ts';

const maxSecretBytes = 65_536;

export interface SecretSources {
  /** From the file of a whole client. */
  readonly given: string | null;
  readonly file: string | undefined;
  /** Of an earlier login, or of a client that has just registered itself. */
  readonly stored: string | null;
}

/**
 * The client secret a person gives to `login`: from a file, the environment, or typed without echo.
 * Null where none is needed or the config has it. It goes to the token store, never to argv.
 */
export async function readClientSecret(
  app: App,
  login: LoginMethod | null,
  provider: Provider | null,
  { given, file, stored }: SecretSources,
): Promise<string | null> {
  if (login?.kind === 'client-credentials') return readUnattendedSecret(app, login, file);
  if (login?.kind !== 'oauth' || login.clientSecret !== null) return null;
  const secret = given ?? (await givenSecret(app, file));
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
  if (stored !== null) return app.system.secrets.add(stored);
  if (provider?.oauth?.clientSecret !== 'required') return null;
  if (!canAsk(app)) {
    throw new Failure('usage', `${provider.name} wants the client secret too`, {
      hint: 'give it with --client-file or --client-secret-file FILE, or in MAILCTL_CLIENT_SECRET',
    });
  }
  return app.system.secrets.add(
    await askSecret(app.system, `Client secret of ${login.clientId}: `),
  );
}

/** Of a program in its own right: its secret, unless it signs or the config has the secret. */
async function readUnattendedSecret(
  app: App,
  { clientSecret, signingKey }: LoginMethod & { kind: 'client-credentials' },
  file: string | undefined,
): Promise<string | null> {
  if (clientSecret !== null || signingKey !== null) return null;
  const secret = await givenSecret(app, file);
  if (secret !== '') return app.system.secrets.add(secret);
  if (canAsk(app)) {
    return app.system.secrets.add(await askSecret(app.system, 'Client secret: '));
  }
  throw new Failure('usage', 'a client in its own right needs a secret or a signing key', {
    hint: 'give --client-secret-file FILE, or --signing-key FILE with --signing-certificate FILE',
  });
}

async function givenSecret(app: App, file: string | undefined): Promise<string> {
  const given =
    file === undefined ? app.system.env['MAILCTL_CLIENT_SECRET'] : await read(app, file);
  return given?.trim() ?? '';
}

async function read(app: App, file: string): Promise<string> {
  if (file === '-') return readStdin(app, { what: 'the client secret', maxBytes: maxSecretBytes });
  try {
    const bytes = await readSmallFile(file, maxSecretBytes);
    if (bytes !== null) return bytes.toString();
  } catch (error) {
    throw new Failure('usage', `cannot read ${file}: ${errorText(error)}`, { cause: error });
  }
  throw new Failure('usage', `there is no file ${file}`);
}
