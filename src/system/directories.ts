import { isAbsolute, join } from 'node:path';
import type { System } from './system.ts';

type Place = Pick<System, 'env' | 'platform' | 'homeDirectory'>;

/** Where the config is, unless named otherwise. */
export function configDirectory(system: Place): string {
  return directory(system, 'XDG_CONFIG_HOME', {
    darwin: ['Library', 'Preferences'],
    win32: 'APPDATA',
    other: ['.config'],
  });
}

/** Where mail is archived, unless the config names another folder. */
export function dataDirectory(system: Place): string {
  return directory(system, 'XDG_DATA_HOME', {
    darwin: ['Library', 'Application Support'],
    win32: 'LOCALAPPDATA',
    other: ['.local', 'share'],
  });
}

/** Where mailctl keeps what it must remember: encrypted tokens and locks. */
export function stateDirectory(system: Place): string {
  return directory(system, 'XDG_STATE_HOME', {
    darwin: ['Library', 'Application Support'],
    win32: 'LOCALAPPDATA',
    other: ['.local', 'state'],
  });
}

/** What can be thrown away at any time: the names of folders, for the completion of a shell. */
export function cacheDirectory(system: Place): string {
  return directory(system, 'XDG_CACHE_HOME', {
    darwin: ['Library', 'Caches'],
    win32: 'LOCALAPPDATA',
    other: ['.cache'],
  });
}

interface Defaults {
  readonly darwin: readonly string[];
  /** The name of the variable that holds it. */
  readonly win32: string;
  readonly other: readonly string[];
}

function directory({ env, platform, homeDirectory }: Place, xdg: string, defaults: Defaults) {
  const chosen = env[xdg];
  // The XDG specification has relative values ignored.
  if (chosen !== undefined && isAbsolute(chosen)) return join(chosen, 'mailctl');
  if (platform === 'win32') {
    return join(env[defaults.win32] ?? join(homeDirectory, 'AppData'), 'mailctl');
  }
  const below = platform === 'darwin' ? defaults.darwin : defaults.other;
  return join(homeDirectory, ...below, 'mailctl');
}
