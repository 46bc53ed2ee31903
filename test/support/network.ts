import { join } from 'node:path';
import type { Certificates } from '../sandbox/certificates.ts';
import { cleanUpLater } from './clean-up.ts';
import { type Home, newHome } from './home.ts';
import { type Result, start } from './run.ts';
import { type Script, type ScriptedImap, startScriptedImap } from './scripted-imap.ts';
import {
  type ScriptedOAuth,
  type ScriptedOAuthOptions,
  startScriptedOAuth,
} from './scripted-oauth.ts';
import { shareCertificates } from './shared-certificates.ts';

/** A provider with real names and ports, which only a proxy leads to. */
export interface NamedProvider {
  readonly home: Home;
  readonly certificates: Certificates;
  readonly oauth: ScriptedOAuth;
  readonly imap: ScriptedImap;
  /** For a proxy: where the names lead. */
  readonly hosts: Record<string, number>;
  /** What trusts its certificates. */
  readonly env: Record<string, string>;
  /** A whole login with these arguments more. */
  logIn(env: Record<string, string>, args?: readonly string[]): Promise<Result>;
}

export async function startNamedProvider(
  options: { oauth?: ScriptedOAuthOptions; imap?: Script } = {},
): Promise<NamedProvider> {
  const home = await newHome();
  const certificates = await shareCertificates(join(home.directory, 'certificates'), {
    hosts: ['login.example.org', 'imap.example.org', '127.0.0.1'],
  });
  const origin = 'https://login.example.org';
  const oauth = await startScriptedOAuth({ certificates, origin, ...options.oauth });
  cleanUpLater(() => oauth.close());
  const imap = await startScriptedImap(certificates, options.imap);
  cleanUpLater(() => imap.close());
  const trust = { NODE_EXTRA_CA_CERTS: certificates.caFile };
  return {
    home,
    certificates,
    oauth,
    imap,
    hosts: { 'login.example.org:443': oauth.port, 'imap.example.org:993': imap.port },
    env: trust,
    async logIn(env, args = []) {
      const login = start(
        [
          ...['login', 'ada@example.org', '--name', 'club', '--issuer', origin],
          ...['--client-id', 'mailctl', '--scope', 'mail', '--imap-host', 'imap.example.org'],
          ...['--store', 'file', '--key-file', join(home.config, 'key'), '--no-browser', ...args],
        ],
        { home, env: { ...trust, ...env } },
      );
      const asked = login.waitForStderr(/^ {2}(https:\/\/login\S+)\n/m);
      const url = await asked.then(([, address = '']) => new URL(address)).catch(() => null);
      if (url !== null) {
        const redirect = new URL(url.searchParams.get('redirect_uri') ?? '');
        const answer = { state: url.searchParams.get('state') ?? '', iss: origin, code: 'code' };
        for (const [name, value] of Object.entries(answer)) redirect.searchParams.set(name, value);
        await fetch(redirect);
      }
      return login.result;
    },
  };
}
