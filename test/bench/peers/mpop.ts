import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../support/machine.ts';
import type { Peer } from './peer.ts';

/** Speaks POP3, which has one mailbox and asks for the list of all messages each time. */
export const mpop: Peer = {
  name: 'mpop',
  about: 'POP3, into a Maildir, which it syncs',
  quick: false,
  exact: true,
  missing() {
    if (findProgram('mpop') === null) return 'no mpop';
    return existsSync('/usr/lib/dovecot/pop3-login') ? null : 'no POP3 server (dovecot-pop3d)';
  },
  declines({ corpus, slow }) {
    if (corpus.folders[0] !== 'INBOX') return 'POP3 knows no folders';
    return slow ? 'another protocol, which does not go through the line' : null;
  },
  prepare({ directory, mailbox, pop3Port, caFile }) {
    for (const part of ['cur', 'new', 'tmp']) {
      mkdirSync(join(directory, 'mail', 'INBOX', part), { recursive: true });
    }
    writeFileSync(
      join(directory, 'mpoprc'),
      `account default
host localhost
port ${pop3Port}
user ${mailbox.user}
auth xoauth2
passwordeval cat ${mailbox.tokenFile}
tls on
tls_starttls off
tls_trust_file ${caFile}
keep on
received_header off
uidls_file ${directory}/uidls
delivery maildir ${directory}/mail/INBOX
`,
      { mode: 0o600 },
    );
  },
  command: ({ directory }) => ({
    file: 'mpop',
    args: ['--quiet', '--file', join(directory, 'mpoprc')],
    env: { HOME: directory },
  }),
  mail: ({ directory }) => join(directory, 'mail'),
  restore: (stored) => stored,
};
