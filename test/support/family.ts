import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificates } from '../sandbox/certificates.ts';
import { type FamilyServer, familyClient } from '../sandbox/families.ts';
import { type OAuthServer, startOAuthServer } from '../sandbox/oauth-server.ts';
import { approve } from '../sandbox/person.ts';
import { cleanUpLater } from './clean-up.ts';
import { startDovecot } from './dovecot.ts';
import { freePorts } from './processes.ts';
import { type Home, newHome, start } from './run.ts';
import { type ScriptedImap, startScriptedImap } from './scripted-imap.ts';
import { shareCertificates } from './shared-certificates.ts';
import { type TokenImap, tokenImap } from './token-imap.ts';

export const address = 'ada@example.org';

/** An account of a provider mailctl knows, with servers on loopback that behave as its do. */
export interface Family {
  /** The id mailctl knows it by. */
  readonly provider: string;
  readonly server: FamilyServer;
  /** Dovecot, with these mechanisms; or a scripted server where Dovecot is not like the real one. */
  readonly imap: string | TokenImap;
  /** False where mailctl registers a client itself. */
  readonly client?: boolean;
  readonly secret?: boolean;
  /** What is pasted of the address the browser ends up at. */
  readonly pasted?: (url: URL) => string;
  readonly args?: readonly string[];
  /** The config names the data centre that has the mailbox. */
  readonly dataCentres?: boolean;
  /** Its data has endpoints, and no issuer to discover them at. */
  readonly given?: boolean;
  readonly revokes: boolean;
  readonly rotates: boolean;
  /** What the mail server must have seen. */
  readonly commands?: RegExp;
}

interface Settings {
  readonly provider: string;
  readonly imap: number;
  readonly certificates: Certificates;
  readonly clientId?: string;
  readonly oauth: Readonly<Record<string, unknown>>;
}

export function writeConfig(
  home: Home,
  { provider, imap, certificates, clientId, oauth }: Settings,
): void {
  const lines = Object.entries(oauth).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  mkdirSync(join(home.config, 'mailctl'), { recursive: true, mode: 0o700 });
  writeFileSync(
    join(home.config, 'mailctl', 'config.toml'),
    `[accounts.club]
address = "${address}"
provider = "${provider}"
${clientId === undefined ? '' : `client_id = "${clientId}"`}
store = "file"
key_file = "${join(home.directory, 'key')}"
[accounts.club.oauth]
${lines.join('\n')}
[accounts.club.imap]
host = "localhost"
port = ${imap}
security = "tls"
ca_file = "${certificates.caFile}"
user = "${address}"
`,
    { mode: 0o600 },
  );
}

/** Its servers, and a home whose config sends this provider's account to them. */
export async function prepare(family: Family) {
  const home = await newHome();
  const certificates = await shareCertificates(join(home.directory, 'certificates'));
  const [redirectPort = 0] = await freePorts(1);
  let dataCentre = '';
  const oauth = await startOAuthServer(
    family.server({ redirectPort, dataCentre: () => dataCentre }),
  );
  cleanUpLater(oauth.close);
  dataCentre = await oauth.listenToo();
  const { port, commands } = await startImap(family, oauth, certificates);
  const usual = family.server({ redirectPort, dataCentre: () => dataCentre });
  const endpoints = {
    issuer: oauth.issuer,
    authorization_endpoint: `${oauth.issuer}/auth`,
    token_endpoint: `${oauth.issuer}/token`,
    ...(family.revokes ? { revocation_endpoint: `${oauth.issuer}/token/revocation` } : {}),
  };
  const exact = usual.clients?.[0]?.redirect_uris?.[0]?.includes(`:${redirectPort}/`);
  writeConfig(home, {
    provider: family.provider,
    imap: port,
    certificates,
    ...(family.client === false ? {} : { clientId: familyClient.id }),
    oauth: {
      ...(family.given === true ? endpoints : { issuer: oauth.issuer }),
      ...(exact === true ? { redirect_port: redirectPort } : {}),
      ...(family.dataCentres === true ? { data_centres: [dataCentre] } : {}),
    },
  });
  const env: Record<string, string> =
    family.secret === true ? { MAILCTL_CLIENT_SECRET: familyClient.secret } : {};
  return { home, oauth, commands, env, certificates };
}

async function startImap(family: Family, oauth: OAuthServer, certificates: Certificates) {
  if (typeof family.imap === 'string') {
    const dovecot = await startDovecot({ oauth, certificates, mechanisms: family.imap });
    cleanUpLater(dovecot.close);
    dovecot.deliver(address, 'INBOX', Buffer.from('Subject: one\r\n\r\nThis is letter one.\r\n'));
    return { port: dovecot.port, commands: () => '' };
  }
  const imap = await scripted(certificates, tokenImap(oauth, family.imap));
  return { port: imap.port, commands: () => imap.commands.join('\n') };
}

export async function scripted(
  certificates: Certificates,
  script: Parameters<typeof startScriptedImap>[1],
): Promise<ScriptedImap> {
  const imap = await startScriptedImap(certificates, script);
  cleanUpLater(() => imap.close());
  return imap;
}

export async function logIn(home: Home, family: Family, env: Record<string, string>) {
  const args = ['login', '-a', 'club', '--no-browser', '--json', ...(family.args ?? [])];
  const login = start(args, { home, env, stdin: null });
  const [line] = await login.waitForStdout(/^\{"type":"authorization".*\}$/m);
  const page = await approve(new URL(JSON.parse(line).url), { login: address, decision: 'allow' });
  if (family.pasted === undefined) login.child.stdin?.end();
  else login.child.stdin?.end(`${family.pasted(new URL(page.url))}\n`);
  return login.result;
}
