import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startDisplay } from './display.ts';
import { gcrPrompter } from './machine.ts';
import { killTree } from './processes.ts';

export interface SecretServiceOptions {
  /** Where the keyrings are kept: what one service has stored, the next one with the same finds. */
  directory: string;
  /**
   * `unlocked`: takes and gives secrets. `locked`: a keyring is there, its password was not given,
   * and there is no display to ask for it. `prompting`: the same on a display, where the desktop
   * asks for the password. `no-provider`: a session bus with nobody on it.
   */
  state: 'unlocked' | 'locked' | 'prompting' | 'no-provider';
}

export interface SecretService {
  /** For programs that shall use it. */
  env: { DBUS_SESSION_BUS_ADDRESS: string; DISPLAY?: string };
  /** What `XDG_RUNTIME_DIR` is in this session: the bus is the socket `bus` in it. */
  runtime: string;
  /** Resolves when the desktop asks for the password of the keyring. */
  promptShown(): Promise<void>;
  /** Types that password. */
  answerPrompt(): Promise<void>;
  /** Sends the prompt away. */
  dismissPrompt(): Promise<void>;
  /** Sends the keyring a signal: stopped, it no longer answers. */
  signal(name: NodeJS.Signals): void;
  close(): Promise<void>;
}

const password = 'correct horse';

const prompterService = `[D-BUS Service]
Name=org.gnome.keyring.SystemPrompter
Exec=${gcrPrompter}
`;

// The bus must not start a keyring of its own accord, so the folder of services has one at most:
// what shows the prompt.
const busConfiguration = (runtime: string): string => `<busconfig>
  <type>session</type>
  <listen>unix:path=${join(runtime, 'bus')}</listen>
  <servicedir>${join(runtime, 'services')}</servicedir>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;

/** Starts a private session bus with a real gnome-keyring on it. Ready when it resolves. */
export async function startSecretService(options: SecretServiceOptions): Promise<SecretService> {
  const { directory, state } = options;
  // Of its own, as the path of a socket must be short.
  const runtime = await mkdtemp(join(tmpdir(), 'mailctl-bus-'));
  await mkdir(directory, { recursive: true });
  const configurationFile = join(runtime, 'bus.conf');
  await writeFile(configurationFile, busConfiguration(runtime));
  await mkdir(join(runtime, 'services'));
  const display = state === 'prompting' ? await startDisplay() : null;
  if (display !== null) {
    await writeFile(join(runtime, 'services', 'prompter.service'), prompterService);
  }

  const bus = spawn(
    'dbus-daemon',
    [`--config-file=${configurationFile}`, '--nofork', '--nosyslog', '--print-address=1'],
    {
      // What the bus starts has its environment.
      env: { PATH: process.env.PATH, HOME: directory, ...(display && { DISPLAY: display.name }) },
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const address = await firstLine(bus.stdout);
  const env = {
    DBUS_SESSION_BUS_ADDRESS: address,
    ...(display === null ? {} : { DISPLAY: display.name }),
  };
  const started: ChildProcess[] = [bus];
  const killAtExit = () => {
    for (const child of started) child.kill('SIGKILL');
  };
  process.once('exit', killAtExit);
  const close = async (): Promise<void> => {
    process.off('exit', killAtExit);
    for (const child of started.reverse()) await end(child);
    await display?.close();
    await rm(runtime, { recursive: true, force: true });
  };

  const startKeyring = async (unlock: boolean): Promise<ChildProcess> => {
    const keyring = spawn(
      'gnome-keyring-daemon',
      ['--foreground', '--components=secrets', ...(unlock ? ['--unlock'] : [])],
      {
        env: {
          ...env,
          PATH: process.env.PATH,
          HOME: directory,
          XDG_DATA_HOME: directory,
          XDG_RUNTIME_DIR: runtime,
        },
        stdio: ['pipe', 'ignore', 'ignore'],
      },
    );
    keyring.stdin.end(unlock ? password : '');
    started.push(keyring);
    await waitForOwner(env, keyring);
    return keyring;
  };

  try {
    if (
      (state === 'locked' || state === 'prompting') &&
      !existsSync(join(directory, 'keyrings', 'login.keyring'))
    ) {
      await end(await startKeyring(true));
    }
    if (state !== 'no-provider') await startKeyring(state === 'unlocked');
    return {
      env,
      runtime,
      signal: (name) => void started.at(-1)?.kill(name),
      promptShown: async () => display?.windowShown(),
      answerPrompt: async () => display?.type(password),
      dismissPrompt: async () => display?.press('Escape'),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The bus tells who owns a name, but not by itself; so it is asked until somebody does. */
async function waitForOwner(env: Record<string, string>, keyring: ChildProcess): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { stdout } = await promisify(execFile)(
      'dbus-send',
      [
        '--session',
        '--print-reply=literal',
        '--dest=org.freedesktop.DBus',
        '/org/freedesktop/DBus',
        'org.freedesktop.DBus.NameHasOwner',
        'string:org.freedesktop.secrets',
      ],
      { env: { ...env, PATH: process.env.PATH } },
    );
    if (stdout.includes('true')) return;
    if (keyring.exitCode !== null || Date.now() > deadline) {
      throw new Error(`gnome-keyring-daemon did not come up (exit code ${keyring.exitCode})`);
    }
    await pause(10);
  }
}

async function firstLine(stream: Readable): Promise<string> {
  const lines = createInterface(stream);
  const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(10_000) });
  return String(line);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  await killTree(child.pid);
  await ended;
}
