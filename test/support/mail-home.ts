import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUpLater } from './clean-up.ts';
import { type Home, newHome } from './run.ts';
import { type Script, type ScriptedImap, startScriptedImap } from './scripted-imap.ts';
import { shareCertificates } from './shared-certificates.ts';

export interface MailHome {
  readonly home: Home;
  readonly imap: ScriptedImap;
  readonly configFile: string;
  /** Where its mail goes unless the config says otherwise. */
  readonly archive: string;
  /** An access token, which makes a login unnecessary. */
  readonly env: { MAILCTL_ACCESS_TOKEN: string };
}

export interface MailHomeOptions {
  readonly script?: Script;
  /** Lines of the config between the name of the account and its address. */
  readonly lines?: string;
}

/** A home with one account on a scripted server that answers as usual. */
export async function makeMailHome(options: MailHomeOptions = {}): Promise<MailHome> {
  const home = await newHome();
  const certificates = await shareCertificates(join(home.directory, 'certificates'));
  const imap = await startScriptedImap(certificates, options.script);
  cleanUpLater(() => imap.close());
  const configFile = join(home.config, 'mailctl', 'config.toml');
  mkdirSync(join(home.config, 'mailctl'), { mode: 0o700 });
  writeFileSync(
    configFile,
    `[accounts.club]
${options.lines ?? ''}
address = "ada@example.org"
[accounts.club.imap]
host = "localhost"
port = ${imap.port}
ca_file = "${certificates.caFile}"
`,
  );
  return {
    home,
    imap,
    configFile,
    archive: join(home.data, 'mailctl', 'club'),
    env: { MAILCTL_ACCESS_TOKEN: 'given-canary-7Hs2Kd' },
  };
}
