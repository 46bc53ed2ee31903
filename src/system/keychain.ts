import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { errorText } from '../errors.ts';
import {
  type KeychainAnswer,
  type KeychainRequest,
  parseKeychainAnswer,
} from './keychain-protocol.ts';
import { type Keychain, KeychainError } from './system.ts';

export interface KeychainOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long one call may take, milliseconds: long where a person can answer an unlock prompt. */
  readonly timeoutMs: number;
  /** Ends a read at once. A write is left to finish: it may carry the only copy of a secret. */
  readonly signal: AbortSignal;
}

/**
 * The OS keychain (Secret Service, macOS Keychain, Windows Credential Manager), one short-lived
 * process a call (see keychain-process.ts for why).
 */
export function osKeychain(options: KeychainOptions): Keychain {
  const call = (request: KeychainRequest) => callKeychain(request, options);
  return {
    async get(key) {
      const answer = await call({ operation: 'get', key });
      if ('secret' in answer) return answer.secret;
      throw new KeychainError('unavailable', 'the keychain process answered out of turn');
    },
    async set(key, secret) {
      await call({ operation: 'set', key, secret });
    },
    async delete(key) {
      const answer = await call({ operation: 'delete', key });
      return 'done' in answer && answer.done;
    },
  };
}

async function callKeychain(
  request: KeychainRequest,
  { env, timeoutMs, signal }: KeychainOptions,
): Promise<Exclude<KeychainAnswer, { trouble: string }>> {
  const program = fileURLToPath(new URL('./keychain-process.js', import.meta.url));
  const child = spawn(process.execPath, [program], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: keychainEnvironment(env),
    // A prompt belongs to the person's session, a Ctrl-C to mailctl: it ends the call itself.
    detached: true,
    ...(request.operation === 'get' ? { signal, killSignal: 'SIGKILL' as const } : {}),
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  try {
    child.stdin.on('error', () => {}); // a child that died early is seen by its missing answer
    child.stdin.end(JSON.stringify(request));
    const [output] = await Promise.all([text(child.stdout), ended]);
    if (expired) {
      throw new KeychainError('timeout', `waited ${Math.round(timeoutMs / 1000)} s for it`);
    }
    const answer = readAnswer(output);
    if ('trouble' in answer) throw new KeychainError(answer.trouble, answer.message);
    return answer;
  } catch (error) {
    if (error instanceof KeychainError) throw error;
    throw new KeychainError('unavailable', errorText(error));
  } finally {
    clearTimeout(timer);
  }
}

function readAnswer(output: string): KeychainAnswer {
  try {
    return parseKeychainAnswer(output);
  } catch {
    // The text itself may hold a secret, so it is not repeated.
    throw new KeychainError('unavailable', 'the keychain process ended without an answer');
  }
}

/** Only what a keychain needs: a secret in our environment is no business of its libraries. */
function keychainEnvironment(env: KeychainOptions['env']): NodeJS.ProcessEnv {
  const names = [
    ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TMPDIR'],
    ['DBUS_SESSION_BUS_ADDRESS', 'XDG_RUNTIME_DIR', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME'],
    ['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'LD_LIBRARY_PATH'],
    ['SystemRoot', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'TEMP', 'TMP'],
  ].flat();
  return Object.fromEntries(
    names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
}
