import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../support/machine.ts';
import { isOneFolder, type Peer } from './peer.ts';

/** As Debian has it, with fsync; only new messages are asked for, as mailctl does. */
export const mbsync = mbsyncWith({
  name: 'mbsync',
  about: 'as it comes: `Sync PullNew`, `FSync yes`, COMPRESS',
  lines: [],
});

export const mbsyncWithoutCompress = mbsyncWith({
  name: 'mbsync, no COMPRESS',
  about: 'the same with `DisableExtension COMPRESS=DEFLATE`',
  lines: ['DisableExtension COMPRESS=DEFLATE'],
});

function mbsyncWith(variant: {
  readonly name: string;
  readonly about: string;
  readonly lines: readonly string[];
}): Peer {
  return {
    name: variant.name,
    about: variant.about,
    quick: true,
    exact: true,
    missing() {
      if (findProgram('mbsync') === null) return 'no mbsync (isync)';
      return hasXoauth2() ? null : 'no XOAUTH2 for SASL (libsasl2-modules-kdexoauth2)';
    },
    declines: () => null,
    prepare({ directory, mailbox, port, caFile, corpus }) {
      mkdirSync(join(directory, 'state'), { recursive: true });
      mkdirSync(join(directory, 'mail'), { recursive: true });
      writeFileSync(
        join(directory, 'mbsyncrc'),
        `IMAPAccount bench
Host localhost
Port ${port}
User ${mailbox.user}
PassCmd "cat ${mailbox.tokenFile}"
AuthMechs XOAUTH2
SSLType IMAPS
CertificateFile ${caFile}
${variant.lines.join('\n')}

IMAPStore server
Account bench

MaildirStore here
Path ${directory}/mail/
Inbox ${directory}/mail/INBOX
SubFolders Verbatim

Channel bench
Far :server:
Near :here:
Patterns ${isOneFolder(corpus) ? 'INBOX' : '*'}
Create Near
Sync PullNew
SyncState ${directory}/state/
`.replaceAll('\n\n\n', '\n\n'),
      );
    },
    command: ({ directory }) => ({
      file: 'mbsync',
      args: ['-q', '-c', join(directory, 'mbsyncrc'), 'bench'],
      env: { HOME: directory },
    }),
    mail: ({ directory }) => join(directory, 'mail'),
    restore: withoutTuid,
  };
}

/** mbsync puts a line of its own, by which it would find the message again, at the end of a header. */
function withoutTuid(stored: Buffer): Buffer {
  const from = stored.indexOf('\nX-TUID: ') + 1;
  if (from === 0) return stored;
  const to = stored.indexOf('\n', from) + 1;
  return Buffer.concat([stored.subarray(0, from), stored.subarray(to)]);
}

function hasXoauth2(): boolean {
  return ['/usr/lib', '/usr/lib64']
    .filter((root) => existsSync(root))
    .flatMap((root) => [root, ...readdirSync(root).map((entry) => join(root, entry))])
    .map((directory) => join(directory, 'sasl2'))
    .some(
      (sasl) => existsSync(sasl) && readdirSync(sasl).some((name) => /xoauth2.*\.so/.test(name)),
    );
}
