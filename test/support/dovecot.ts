import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificates } from '../sandbox/certificates.ts';
import {
  dovecotConfiguration,
  localOauthConfiguration,
  mailOwner,
  oauthConfiguration,
} from './dovecot-configuration.ts';
import { findProgram } from './machine.ts';
import { type Delivery, MailFiles } from './maildir.ts';
import { freePorts, killTree } from './processes.ts';

export interface DovecotOptions {
  /** Whom Dovecot asks about an access token, or the public keys by which it judges one itself. */
  oauth: { introspectionUrl: string } | { keysDirectory: string };
  certificates: Pick<Certificates, 'certFile' | 'keyFile'>;
  /** SASL mechanisms, separated by spaces. Default: `xoauth2 oauthbearer`. */
  mechanisms?: string;
  /** What every mailbox opens with, by PLAIN and LOGIN. Default: no password does. */
  password?: string;
  /** A mailbox that is opened by the tokens of everybody of its domain. */
  shared?: string;
  /** Default false; true offers COMPRESS=DEFLATE. */
  compress?: boolean;
  /** Further settings of Dovecot's own. */
  settings?: string;
  /** Default false; true serves POP3, too, if this machine has it. */
  pop3?: boolean;
  /** Where everything is kept, and left there. Default: a temporary directory, removed at close. */
  directory?: string;
}

export interface Dovecot {
  host: 'localhost';
  /** TLS from the first byte. */
  port: number;
  /** STARTTLS. Dovecot trusts clients on its own machine: it would let them log in without. */
  starttlsPort: number;
  /** POP3 with TLS from the first byte; null when it was not asked for or is not installed. */
  pop3Port: number | null;
  /** The Maildir of a mailbox (`INBOX` when not named). */
  mailDirectory(user: string, mailbox?: string): string;
  /** Puts a message into a mailbox, which is made when it is not there. */
  deliver(user: string, mailbox: string, message: Buffer, delivery?: Delivery): void;
  createMailbox(user: string, mailbox: string): void;
  /** Gives a mailbox a new UIDVALIDITY. Nobody may have it open. */
  renumber(user: string, mailbox: string): void;
  /** Keeps what clients that log in as `user` from now on send; the function reads it. */
  record(user: string): () => string;
  /** Everything Dovecot has logged. */
  log(): string;
  close(): Promise<void>;
}

interface Started {
  child: ChildProcess;
  port: number;
  starttlsPort: number;
  pop3Port: number;
  log: () => string;
}

const program = findProgram('dovecot') ?? 'dovecot';

/**
 * Starts a Dovecot of its own, on ports of its own, that asks the authorization server about every
 * access token. Ready when it resolves. Works as root and as anybody else.
 */
export async function startDovecot(options: DovecotOptions): Promise<Dovecot> {
  // Sockets live here: a path longer than 107 bytes would be refused.
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'mailctl-imap-')));
  await mkdir(directory, { recursive: true });
  // As root, Dovecot serves mail as another user, who has to get through.
  await chmod(directory, 0o711);
  const files = new MailFiles(join(directory, 'users'), mailOwner());
  const oauthFile = join(directory, 'oauth2.conf');
  const { oauth, shared } = options;
  const judging =
    'keysDirectory' in oauth
      ? localOauthConfiguration(oauth.keysDirectory)
      : oauthConfiguration(oauth.introspectionUrl);
  await writeFile(oauthFile, judging, { mode: 0o600 });

  const sharedFile = join(directory, 'oauth2-shared.conf');
  if (shared !== undefined) {
    if (!('introspectionUrl' in oauth)) throw new Error('a shared mailbox needs introspection');
    const configuration = oauthConfiguration(oauth.introspectionUrl, '%d');
    await writeFile(sharedFile, configuration, { mode: 0o600 });
  }

  const pop3 = options.pop3 === true && existsSync('/usr/lib/dovecot/pop3-login');
  const configurationFor = ([port = 0, starttlsPort = 0, pop3Port = 0]: readonly number[]) =>
    dovecotConfiguration({
      baseDirectory: join(directory, 'run'),
      mailRoot: join(directory, 'users'),
      oauthFile,
      certFile: options.certificates.certFile,
      keyFile: options.certificates.keyFile,
      mechanisms: options.mechanisms ?? 'xoauth2 oauthbearer',
      settings: options.settings ?? '',
      shared: shared === undefined ? null : { mailbox: shared, oauthFile: sharedFile },
      password: options.password ?? null,
      compress: options.compress ?? false,
      pop3Port: pop3 ? pop3Port : null,
      port,
      starttlsPort,
    });
  const started = await startOnFreePorts(directory, configurationFor);
  const { child, port, starttlsPort, log } = started;
  const killAtExit = () => child.kill();
  process.once('exit', killAtExit);

  return {
    host: 'localhost',
    port,
    starttlsPort,
    pop3Port: pop3 ? started.pop3Port : null,
    mailDirectory: (user, mailbox = 'INBOX') => files.mailbox(user, mailbox),
    deliver: (user, mailbox, message, delivery) => files.deliver(user, mailbox, message, delivery),
    createMailbox: (user, mailbox) => files.create(user, mailbox),
    renumber: (user, mailbox) => files.renumber(user, mailbox),
    record: (user) => {
      const recordings = join(files.home(user), 'rawlog');
      files.makeDirectory(recordings);
      const earlier = new Set(readdirSync(recordings));
      return () =>
        readdirSync(recordings)
          .filter((name) => name.endsWith('.in') && !earlier.has(name))
          .sort()
          .map((name) => readFileSync(join(recordings, name), 'utf8'))
          .join('');
    },
    log,
    close: async () => {
      process.off('exit', killAtExit);
      await stop(child);
      await rm(join(directory, 'run'), { recursive: true, force: true });
      if (!options.directory) await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function startOnFreePorts(
  directory: string,
  configurationFor: (ports: readonly number[]) => string,
): Promise<Started> {
  const configurationFile = join(directory, 'dovecot.conf');
  for (let attempt = 1; ; attempt += 1) {
    const ports = await freePorts(3);
    const [port = 0, starttlsPort = 0, pop3Port = 0] = ports;
    await writeFile(configurationFile, configurationFor(ports), { mode: 0o600 });
    const child = spawn(program, ['-F', '-c', configurationFile], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    // All ports are bound before it logs this.
    const starting = new Promise<void>((resolve, reject) => {
      child.stderr.on('data', () => text.includes('starting up') && resolve());
      child.once('error', reject);
      child.once('close', (code) => reject(new Error(`dovecot ended with ${code}:\n${text}`)));
    });
    try {
      await starting;
      await greeting(starttlsPort);
      return { child, port, starttlsPort, pop3Port, log: () => text };
    } catch (error) {
      await stop(child);
      if (attempt === 3 || !text.includes('Address already in use')) throw error;
    }
  }
}

async function greeting(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'data', { signal: AbortSignal.timeout(10_000) });
  } finally {
    socket.destroy();
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  // Asked to stop, Dovecot waits a second for its logger. Nothing here is worth that second.
  await killTree(child.pid);
  await ended;
}
