import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { whyNoMount } from './namespaces.ts';

/** Programs some tests need and npm cannot bring, and the Debian packages they come in. */
export const packages = {
  dovecot: ['dovecot-imapd'],
  secretService: ['gnome-keyring', 'dbus', 'libsecret-1-0'],
  // gnome-keyring brings gcr, which shows its prompt.
  display: ['xvfb', 'xdotool', 'gcr'],
  secretTool: ['libsecret-tools'],
  chromium: ['chromium'],
  strace: ['strace'],
  mailPrograms: [
    ...['isync', 'libsasl2-modules-kdexoauth2', 'mutt', 'neomutt'],
    ...['aerc', 'msmtp', 'curl'],
  ],
  notmuch: ['notmuch'],
  dkim: ['python3-dkim', 'python3-nacl', 'libmail-dkim-perl'],
  shells: ['fish', 'zsh'],
  manPages: ['groff-base'],
  python: ['python3'],
  smallDisk: ['util-linux', 'mount'],
} as const satisfies Record<string, readonly string[]>;

/** What asks for the password of a keyring on the desktop. */
export const gcrPrompter = '/usr/libexec/gcr-prompter';

export type Part = keyof typeof packages;

export const partNames = Object.keys(packages).filter((name): name is Part => name in packages);

/** Why a part cannot be used on this machine, or null when it can. */
export function whyMissing(part: Part): string | null {
  if (process.platform !== 'linux') return `only on Linux, this is ${process.platform}`;
  switch (part) {
    case 'dovecot':
      return whyNoDovecot();
    case 'secretService':
      return whyNoSecretService();
    case 'display':
      return whyNoDisplay();
    case 'secretTool':
      return findProgram('secret-tool') === null ? 'no secret-tool' : null;
    case 'chromium':
      return chromiumPath() === null ? 'no chromium' : null;
    case 'mailPrograms':
      return whyNoMailPrograms();
    case 'notmuch':
      return whyNot('notmuch');
    case 'dkim':
      return whyNoDkim();
    case 'shells':
      return whyNot('fish', 'zsh');
    case 'manPages':
      return whyNot('groff');
    case 'python':
      return whyNot('python3');
    case 'smallDisk':
      return whyNoMount();
    case 'strace':
      return findProgram('strace') === null ? 'no strace' : null;
  }
}

export function chromiumPath(): string | null {
  return findProgram('chromium') ?? findProgram('google-chrome');
}

/** The path of a program, also of those kept where only root's PATH leads. */
export function findProgram(name: string): string | null {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
  for (const directory of directories) {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return join(directory, name);
    } catch {
      // Looked for in the next one.
    }
  }
  return null;
}

function whyNoDovecot(): string | null {
  const program = findProgram('dovecot');
  if (program === null || !existsSync('/usr/lib/dovecot/imap-login')) return 'no dovecot with IMAP';
  const version = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
  // 2.4 reads another configuration language.
  return version.startsWith('2.3.') ? null : `dovecot ${version}, the tests need 2.3`;
}

function whyNoSecretService(): string | null {
  const programs = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon'];
  const missing = programs.filter((name) => findProgram(name) === null);
  if (!hasLibrary('libsecret-1.so.0')) missing.push('libsecret');
  return missing.length > 0 ? `no ${missing.join(', ')}` : null;
}

function whyNoDisplay(): string | null {
  const missing = ['Xvfb', 'xdotool'].filter((name) => findProgram(name) === null);
  if (!existsSync(gcrPrompter)) missing.push('gcr-prompter');
  return missing.length > 0 ? `no ${missing.join(', ')}` : null;
}

function whyNot(...programs: readonly string[]): string | null {
  const missing = programs.filter((name) => findProgram(name) === null);
  return missing.length > 0 ? `no ${missing.join(', ')}` : null;
}

function whyNoMailPrograms(): string | null {
  const programs = ['mbsync', 'mutt', 'neomutt', 'aerc', 'msmtp', 'curl'];
  const missing = programs.filter((name) => findProgram(name) === null);
  if (!hasLibrary('sasl2/libkdexoauth2.so')) missing.push('a SASL plugin for XOAUTH2');
  return missing.length > 0 ? `no ${missing.join(', ')}` : null;
}

function whyNoDkim(): string | null {
  const python = spawnSync('/usr/bin/python3', ['-c', 'import dkim, nacl.signing']);
  const perl = spawnSync('/usr/bin/perl', ['-MMail::DKIM::Verifier', '-e', '1']);
  const missing = [
    ...(python.status === 0 ? [] : ['dkimpy']),
    ...(perl.status === 0 ? [] : ['Mail::DKIM']),
  ];
  return missing.length > 0 ? `no ${missing.join(', ')}` : null;
}

function hasLibrary(name: string): boolean {
  return ['/usr/lib', '/usr/lib64', '/lib'].some(
    (root) =>
      existsSync(join(root, name)) ||
      (existsSync(root) && readdirSync(root).some((entry) => existsSync(join(root, entry, name)))),
  );
}
