import { ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
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
  let expectant: KeychainProcess | null = null;
  const call = (request: KeychainRequest) =>
    ask(startProcess(request.operation, options), request, options);
  return {
    async expectRead() {
      expectant ??= startProcess('get', options);
      keepWaiting(expectant, false);
    },
    async get(key) {
      const process = expectant ?? startProcess('get', options);
      expectant = null;
      keepWaiting(process, true);
      const answer = await ask(process, { operation: 'get', key }, options);
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

interface KeychainProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  /** Rejects when it could not be started, or was cancelled. */
  readonly ended: Promise<void>;
}

function startProcess(
  operation: KeychainRequest['operation'],
  { env, signal }: KeychainOptions,
): KeychainProcess {
  const program = fileURLToPath(new URL('./keychain-process.js', import.meta.url));
  const child = spawn(process.execPath, [program], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: keychainEnvironment(env),
    // A prompt belongs to the person's session, a Ctrl-C to mailctl: it ends the call itself.
    detached: true,
    ...(operation === 'get' ? { signal, killSignal: 'SIGKILL' as const } : {}),
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  ended.catch(() => {}); // told to whoever asks it
  if (!child.stdin) throw new KeychainError('unavailable', 'too many open files'); // EMFILE
  child.stdin.on('error', () => {}); // a child that died early is seen by its missing answer
  return { child, ended };
}

/** Whether mailctl stays for it; where it does not, the process ends with mailctl, by its stdin. */
function keepWaiting({ child }: KeychainProcess, wait: boolean): void {
  for (const handle of [child, child.stdin, child.stdout]) {
    if (!(handle instanceof ChildProcess || handle instanceof Socket)) continue;
    if (wait) handle.ref();
    else handle.unref();
  }
}

async function ask(
  { child, ended }: KeychainProcess,
  request: KeychainRequest,
  { timeoutMs }: KeychainOptions,
): Promise<Exclude<KeychainAnswer, { trouble: string }>> {
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  try {
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.stdin.end(JSON.stringify(request));
    await ended;
    if (expired) {
      throw new KeychainError('timeout', `waited ${Math.round(timeoutMs / 1000)} s for it`);
    }
    const answer = readAnswer(Buffer.concat(parts).toString());
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
