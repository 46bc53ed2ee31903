import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../support/machine.ts';
import type { Peer } from './peer.ts';

const source = fileURLToPath(new URL('../raw.c', import.meta.url));

/** The physical limit: what a program can do that does nothing but this. */
export function rawPeers(buildDirectory: string): readonly Peer[] {
  const program = join(buildDirectory, 'raw');
  const why = compile(program);
  return [false, true].map((fsync) => ({
    name: fsync ? 'raw C + fsync' : 'raw C',
    about: `one connection, all commands at once, a file each, ${fsync ? '' : 'no '}fsync`,
    quick: !fsync,
    exact: true,
    missing: () => why,
    declines: () => null,
    prepare: ({ directory }) => void mkdirSync(join(directory, 'mail'), { recursive: true }),
    command: ({ directory, mailbox, port, caFile, corpus }) => ({
      file: program,
      args: [
        ...[String(port), caFile, mailbox.user, mailbox.tokenFile, join(directory, 'mail')],
        ...[fsync ? 'fsync' : 'no-fsync', ...corpus.folders],
      ],
      env: {},
    }),
    mail: ({ directory }) => join(directory, 'mail'),
    restore: (stored) => stored,
  }));
}

function compile(program: string): string | null {
  if (findProgram('cc') === null) return 'no C compiler (gcc, libc6-dev)';
  const { status, stderr } = spawnSync(
    'cc',
    ['-O2', '-Wall', '-Wextra', '-o', program, source, '-lssl', '-lcrypto'],
    { encoding: 'utf8' },
  );
  if (status === 0) return null;
  return /openssl\/.*No such file/.test(stderr) ? 'no OpenSSL headers (libssl-dev)' : stderr.trim();
}
