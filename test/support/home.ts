import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanUpLater } from './clean-up.ts';

/** A computer account nobody has used yet. */
export interface Home {
  directory: string;
  config: string;
  data: string;
  state: string;
  cache: string;
  runtime: string;
  /** The whole environment of a program run here; nothing is inherited but PATH. */
  env: Record<string, string>;
}

/** Makes a fresh home, removed when the test ends. */
export async function newHome(): Promise<Home> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'mailctl-home-')));
  cleanUpLater(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  const folder = (name: string): string => {
    mkdirSync(join(directory, name), { recursive: true, mode: 0o700 });
    return join(directory, name);
  };
  const home = {
    directory,
    config: folder('.config'),
    data: folder('.local/share'),
    state: folder('.local/state'),
    cache: folder('.cache'),
    runtime: folder('runtime'),
  };
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    LANG: 'C.UTF-8',
    HOME: home.directory,
    XDG_CONFIG_HOME: home.config,
    XDG_DATA_HOME: home.data,
    XDG_STATE_HOME: home.state,
    XDG_CACHE_HOME: home.cache,
    XDG_RUNTIME_DIR: home.runtime,
    // Node's own authorities have signed nothing here, and reading them takes a tenth of each run;
    // OpenSSL reads those of the system only when a certificate asks for one.
    NODE_OPTIONS: '--use-openssl-ca',
  };
  if (process.platform === 'win32') {
    Object.assign(env, {
      SystemRoot: process.env.SystemRoot ?? '',
      USERPROFILE: home.directory,
      APPDATA: home.config,
      LOCALAPPDATA: home.data,
      TEMP: home.cache,
      TMP: home.cache,
    });
  }
  return { ...home, env };
}
