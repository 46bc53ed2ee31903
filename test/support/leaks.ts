import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mailctlClientSecret, type TokenRequest } from '../sandbox/oauth-server.ts';
import { filesBelow } from './archived.ts';

/** Secrets by what they are: "refresh token 2". */
export type Secrets = ReadonlyMap<string, string>;

/** Which secrets stand in these bytes: as they are, percent-encoded, in base64 or in hex. */
export function findSecrets(bytes: Buffer | string, secrets: Secrets): string[] {
  const text = Buffer.isBuffer(bytes) ? bytes.toString('latin1') : bytes;
  return [...secrets]
    .filter(([, secret]) => spellings(secret).some((spelling) => text.includes(spelling)))
    .map(([name]) => name);
}

function spellings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // In base64 a text looks different for each place modulo 3; the characters at its two ends also
  // depend on what stands beside it.
  const base64 = [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const middle = encoded.replace(/=+$/, '').slice(offset === 0 ? 0 : offset + 1, -1);
    return [middle, middle.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [secret, encodeURIComponent(secret), bytes.toString('hex'), ...base64];
}

/** Everything secret that the authorization server has been sent and has given. */
export function secretsOf(requests: readonly TokenRequest[], urls: readonly URL[]): Secrets {
  const secrets = new Map([['client secret', mailctlClientSecret]]);
  const keep = (name: string, value: unknown) => {
    if (typeof value === 'string' && value.length > 0)
      secrets.set(`${name} ${secrets.size}`, value);
  };
  for (const { parameters, answer } of requests) {
    for (const name of ['code', 'code_verifier', 'refresh_token']) keep(name, parameters[name]);
    if (typeof answer !== 'object' || answer === null) continue;
    for (const name of ['access_token', 'refresh_token', 'id_token']) {
      keep(name, Reflect.get(answer, name));
    }
  }
  for (const url of urls) keep('state', url.searchParams.get('state'));
  return secrets;
}

/** The address a person is sent to holds the state, and has to be shown. It alone is taken out. */
export function withoutUrls(text: string | Buffer, urls: readonly URL[]): string {
  return urls.reduce((rest, { href }) => rest.replaceAll(href, ''), text.toString('latin1'));
}

/** The files below a directory in which a secret stands, in any spelling. */
export function filesWith(secret: string, directory: string): string[] {
  const secrets = new Map([['secret', secret]]);
  return filesBelow(directory).filter(
    (path) => findSecrets(readFileSync(join(directory, path)), secrets).length > 0,
  );
}
