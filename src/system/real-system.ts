import { homedir } from 'node:os';
import process from 'node:process';
import { openBrowser } from './browser.ts';
import { osKeychain } from './keychain.ts';
import { Secrets } from './secrets.ts';
import type { System } from './system.ts';

const interactiveKeychainTimeoutMs = 60_000; // a person may have to type a password
const unattendedKeychainTimeoutMs = 5_000; // nobody will

/** The machine as it is. The first signal asks everything to end, the second ends it at once. */
export function realSystem(): System {
  const { env, platform, stdin, stdout, stderr } = process;
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
    homeDirectory: env['HOME'] || homedir(),
    stdin,
    stdout,
    stderr,
    signal: interrupted.signal,
    secrets: new Secrets(),
    keychain: osKeychain({
      env,
      timeoutMs: stdin.isTTY ? interactiveKeychainTimeoutMs : unattendedKeychainTimeoutMs,
      signal: interrupted.signal,
    }),
    now: () => new Date(),
    openBrowser: (url) => openBrowser(url, env, platform),
  };
}
