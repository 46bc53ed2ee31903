import * as v from 'valibot';
import { errorText, Failure } from '../errors.ts';
import { readSmallFile } from '../system/small-file.ts';

/** The client a provider's page lets a person download. */
export interface DownloadedClient {
  readonly clientId: string;
  readonly clientSecret: string | null;
}

const client = v.object({ client_id: v.string(), client_secret: v.optional(v.string()) });
/** Google's client_secret_….json: `installed` is a desktop app, `web` a client of web pages. */
const file = v.union([v.object({ installed: client }), v.object({ web: client }), client]);

/** @throws Failure 'usage' for what is no such file, or a client of the wrong type */
export async function readClientFile(path: string): Promise<DownloadedClient> {
  const bytes = await readSmallFile(path, 65_536).catch((error: unknown) => {
    throw new Failure('usage', `cannot read ${path}: ${errorText(error)}`, { cause: error });
  });
  if (bytes === null) throw new Failure('usage', `there is no file ${path}`);
  return parseClientFile(bytes.toString(), path);
}

/** The same for the text of one. `name` is what it is called in the sentence a person reads. */
export function parseClientFile(text: string, name: string): DownloadedClient {
  const parsed = v.safeParse(file, parseJson(text));
  if (!parsed.success) {
    throw new Failure('usage', `${name} holds no OAuth client`, {
      hint: 'it should be the JSON file that is downloaded where the client was made',
    });
  }
  const { output } = parsed;
  if ('web' in output) {
    throw new Failure('usage', `${name} is a client for web pages`, {
      hint: 'make one of the type "Desktop app"',
    });
  }
  const { client_id, client_secret = null } = 'installed' in output ? output.installed : output;
  return { clientId: client_id, clientSecret: client_secret };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
