import { createRequire } from 'node:module';
import process from 'node:process';
import { Secrets } from './secrets.ts';
import type { Keychain, System } from './system.ts';

const interactiveKeychainTimeoutMs = 60_000; // a person may have to type a password
const unattendedKeychainTimeoutMs = 5_000; // nobody will

/** The machine as it is. The first signal asks everything to end, the second ends it at once. */
export function realSystem(): System {
  const { env, platform } = process;
  const interrupted = new AbortController();
  for (const [name, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.on(name, () => {
      if (interrupted.signal.aborted) process.exit(128 + number);
      interrupted.abort(name);
      // Whatever does not end by itself within two seconds is ended.
      setTimeout(() => process.exit(128 + number), 2000).unref();
    });
  }
  return {
    env,
    platform,
    homeDirectory: homeDirectory(),
    // Node opens a standard stream when it is first looked at, and that costs start-up time.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return survivingItsReader(process.stdout);
    },
    get stderr() {
      return survivingItsReader(process.stderr);
    },
    signal: interrupted.signal,
    secrets: new Secrets(),
    keychain: loadedWhenUsed(async () => {
      const { osKeychain } = await import('./keychain.ts');
      const { isatty } = await import('node:tty');
      const timeoutMs = isatty(0) ? interactiveKeychainTimeoutMs : unattendedKeychainTimeoutMs;
      return osKeychain({ env, timeoutMs, signal: interrupted.signal });
    }),
    now: () => new Date(),
    openBrowser: async (url) => {
      const { openBrowser } = await import('./browser.ts');
      return openBrowser(url, env, platform);
    },
  };
}

/** As os.homedir() has it, but that an empty variable is unset; loading node:os takes its time. */
function homeDirectory(): string {
  const home = process.platform === 'win32' ? undefined : process.env['HOME'];
  if (home) return home;
  const { homedir, userInfo }: typeof import('node:os') = createRequire(import.meta.url)('node:os');
  return home === '' ? userInfo().homedir : homedir();
}

/** A pipe whose reader has gone must not end the process with a stack trace. */
function survivingItsReader<T extends NodeJS.WriteStream>(stream: T): T {
  if (stream.listenerCount('error') === 0) stream.on('error', () => {});
  return stream;
}

function loadedWhenUsed(load: () => Promise<Keychain>): Keychain {
  let loaded: Promise<Keychain> | undefined;
  const open = () => {
    loaded ??= load();
    return loaded;
  };
  return {
    expectRead: async () => (await open()).expectRead?.(),
    get: async (key) => (await open()).get(key),
    set: async (key, secret) => (await open()).set(key, secret),
    delete: async (key) => (await open()).delete(key),
  };
}
