import { configPath, maxConfigBytes } from '../account/config-path.ts';
import { readSmallFile } from '../system/small-file.ts';
import type { System } from '../system/system.ts';

/**
 * Let the keychain's process start while mailctl itself is still loading: each takes as long as the
 * other. The config is looked at, not read: one that names no other store keeps its logins in the
 * keychain. A wrong guess costs a process that ends unused.
 */
export async function keychainAhead(system: System): Promise<void> {
  if (system.env['MAILCTL_ACCESS_TOKEN']) return;
  const path = configPath(system, undefined);
  const config = await readSmallFile(path, maxConfigBytes).catch(() => null);
  if (config !== null && !/\bstore\s*=\s*["'](?:file|command)/.test(config.toString())) {
    await system.keychain.expectRead?.().catch(() => {}); // the read will say what is wrong
  }
}
