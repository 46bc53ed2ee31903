import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../support/machine.ts';
import { isOneFolder, type Peer } from './peer.ts';

export const offlineimap: Peer = {
  name: 'offlineimap3',
  about: 'as it comes, with fsync; one message a round trip',
  quick: false,
  // It reads a message into Python's email package and writes it anew.
  exact: false,
  missing: () => (findProgram('offlineimap') === null ? 'no offlineimap (offlineimap3)' : null),
  declines({ corpus, slow }) {
    if (slow) return 'one message a round trip: minutes on a long line';
    return ['huge', 'big'].includes(corpus.name) ? 'minutes, or gigabytes of memory' : null;
  },
  prepare({ directory, mailbox, port, caFile, corpus }) {
    mkdirSync(join(directory, 'state'), { recursive: true });
    const filter = isOneFolder(corpus) ? "folderfilter = lambda name: name == 'INBOX'\n" : '';
    writeFileSync(
      join(directory, 'offlineimaprc'),
      `[general]
accounts = bench
metadata = ${directory}/state
ui = quiet

[Account bench]
localrepository = here
remoterepository = server

[Repository here]
type = Maildir
localfolders = ${directory}/mail
sync_deletes = no

[Repository server]
type = IMAP
remotehost = localhost
remoteport = ${port}
remoteuser = ${mailbox.user}
ssl = yes
sslcacertfile = ${caFile}
auth_mechanisms = XOAUTH2
oauth2_client_id = bench
oauth2_client_secret = bench
oauth2_request_url = https://localhost/
oauth2_access_token_eval = open('${mailbox.tokenFile}').read()
readonly = yes
${filter}`,
    );
  },
  command: ({ directory }) => ({
    file: 'offlineimap',
    args: ['-c', join(directory, 'offlineimaprc'), '-o'],
    env: { HOME: directory },
  }),
  mail: ({ directory }) => join(directory, 'mail'),
  restore: (stored) => stored,
};
