import { spawnSync } from 'node:child_process';

/** Root of a namespace of one's own needs no more rights than anybody has. */
export const namespaces =
  process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];

/** Why no file system can be mounted here, seen by its own programs alone; null when one can. */
export function whyNoMount(): string | null {
  const mount = ['mount', '-t', 'tmpfs', 'none', '/mnt'];
  const { status } = spawnSync('unshare', [...namespaces, ...mount]);
  return status === 0 ? null : 'no mount namespaces';
}
