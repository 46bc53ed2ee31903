import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../support/machine.ts';
import { isOneFolder, type Peer } from './peer.ts';

/** Has no memory and no fsync: one FETCH after the other, a file each. */
export const curl: Peer = {
  name: 'curl',
  about: 'one message a round trip into a file, no fsync',
  quick: false,
  exact: true,
  missing: () => (findProgram('curl') === null ? 'no curl' : null),
  declines({ corpus, slow }, mode) {
    if (mode !== 'initial') return 'it remembers nothing';
    if (!isOneFolder(corpus)) return 'it reads one mailbox';
    return slow ? 'one message a round trip: minutes on a long line' : null;
  },
  prepare({ directory }) {
    mkdirSync(join(directory, 'mail', 'INBOX'), { recursive: true });
  },
  command: ({ directory, mailbox, port, caFile, corpus }) => ({
    file: 'curl',
    args: [
      ...['--silent', '--show-error', '--fail', '--cacert', caFile],
      ...['--user', mailbox.user, '--oauth2-bearer', mailbox.accessToken],
      ...['--login-options', 'AUTH=XOAUTH2', '--output', join(directory, 'mail', 'INBOX', '#1')],
      `imaps://localhost:${port}/INBOX;UID=[1-${corpus.perFolder}]`,
    ],
    env: { HOME: directory },
  }),
  mail: ({ directory }) => join(directory, 'mail'),
  restore: (stored) => stored,
};
