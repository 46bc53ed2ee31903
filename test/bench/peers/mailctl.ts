import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isOneFolder, type Peer } from './peer.ts';

const binary = fileURLToPath(new URL('../../../bin/mailctl.js', import.meta.url));

/**
 * What is measured: the built program, with the access token given to it as to the others. With a
 * directory for profiles Node writes one there at the end of each run.
 */
export const mailctlPeer = (profiles: string | undefined): Peer => ({
  name: 'mailctl',
  about: 'as it comes, into a Maildir',
  quick: true,
  exact: false,
  missing: () => null,
  declines: ({ corpus }) =>
    isOneFolder(corpus) || takesAllFolders() ? null : 'it fetches one folder at a time',
  prepare({ directory, mailbox, port, caFile }) {
    const config = join(directory, 'config', 'mailctl');
    mkdirSync(config, { recursive: true });
    writeFileSync(
      join(config, 'config.toml'),
      `[accounts.bench]
address = "${mailbox.user}"
archive = "${join(directory, 'mail')}"
[accounts.bench.imap]
host = "localhost"
port = ${port}
ca_file = "${caFile}"
`,
    );
  },
  command: ({ directory, mailbox, corpus }) => ({
    file: process.execPath,
    args: [
      ...(profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`]),
      ...[binary, 'fetch', ...(isOneFolder(corpus) ? ['--folder', 'INBOX'] : ['--all-folders'])],
    ],
    env: {
      HOME: directory,
      XDG_CONFIG_HOME: join(directory, 'config'),
      XDG_DATA_HOME: join(directory, 'data'),
      XDG_STATE_HOME: join(directory, 'state'),
      MAILCTL_ACCESS_TOKEN: mailbox.accessToken,
    },
  }),
  mail: ({ directory }) => join(directory, 'mail'),
  restore: (stored) => Buffer.from(stored.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
});

function takesAllFolders(): boolean {
  const { stdout } = spawnSync(process.execPath, [binary, 'fetch', '--help'], { encoding: 'utf8' });
  return stdout.includes('--all-folders');
}
