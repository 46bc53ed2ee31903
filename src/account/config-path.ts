import { join, resolve } from 'node:path';
import { configDirectory } from '../system/directories.ts';
import type { System } from '../system/system.ts';

/** A file larger than this is no config. */
export const maxConfigBytes = 1 << 20;

/** `--config`, else `$MAILCTL_CONFIG`, else the platform's folder. An empty variable is unset. */
export function configPath(system: System, flag: string | undefined): string {
  return resolve(
    flag || system.env['MAILCTL_CONFIG'] || join(configDirectory(system), 'config.toml'),
  );
}
