import { writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { expect } from 'vitest';
import type { Certificates } from '../sandbox/certificates.ts';
import { watchMemory } from './memory.ts';
import { newHome, type Result, start } from './run.ts';
import { type Script, startScriptedImap } from './scripted-imap.ts';
import { shareCertificates } from './shared-certificates.ts';
import { threeLetters } from './usual-imap.ts';

/** One thing a hostile or broken mail server does, and how mailctl must take it. */
export interface Case {
  /** Begins with a short id, which stays when the wording changes. */
  readonly name: string;
  readonly script: Script;
  /** What a run before this one met, in the same home. It must end with 0. */
  readonly before?: Script;
  /** Default: `fetch`. */
  readonly args?: readonly string[];
  /** The exit codes that are right. */
  readonly codes: readonly number[];
  /** To be found in what is said on stderr. */
  readonly says?: RegExp;
  /** Default 5000. */
  readonly withinMs?: number;
  /** Beside what Node itself takes. Default 256. */
  readonly withinMb?: number;
  /** How many messages the archive has in the end; null where `check` looks. Default 0. */
  readonly stored?: number | null;
  /** Bodies that may be stored although the script's letters are others. */
  readonly bodies?: readonly string[];
  /** What the config says instead of what the script implies. */
  readonly config?: {
    readonly host?: string;
    readonly security?: 'tls' | 'starttls' | 'none';
    /** False where nothing is said of a private authority. */
    readonly caFile?: false;
  };
  readonly certificates?: () => Promise<Pick<Certificates, 'cert' | 'key' | 'caFile'>>;
  /** What else is to be seen. */
  readonly check?: (played: Played) => void | Promise<void>;
}

export interface Played {
  readonly result: Result;
  readonly ms: number;
  /** The most memory the process ever had, in MB; null where the system does not tell. */
  readonly peakMb: number | null;
  readonly commands: readonly string[];
  readonly connections: number;
  readonly received: { readonly clear: string; readonly encrypted: string };
  /** Paths of the files in the archive, relative to it. */
  readonly archived: readonly string[];
  /** The content of each message in the archive. */
  readonly messages: readonly string[];
  /** Files in the home that were not there before and are not in the archive. */
  readonly strays: readonly string[];
  readonly archive: string;
}

/** Any reader can tell where it came from, so that it is found wherever it should not be. */
export const accessToken = 'ya29.canary-Zq7x4Vw1Lk0pT8sR2dUeYh';
export const address = 'ada@example.org';

const timeouts = 'timeouts = { connect = 2, greeting = 2, auth = 3, command = 3, idle = 5 }';

/** What these limits allow a login (connect + greeting + auth), and the start of a process. */
const defaultMs = 8_000;

/** What Node itself takes. */
const bareNodeMb = 50;

/** Plays cases, a few at a time: most of them wait for a time-out. Resolves to a look-up by name. */
export async function playAll(cases: readonly Case[]): Promise<(name: string) => Played> {
  const home = await newHome();
  const certificates = await shareCertificates(join(home.directory, 'certificates'));
  const outcomes = new Map<string, Played | Error>();
  const waiting = [...cases];
  const player = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { name } = next;
      const outcome = await play(next, certificates).catch((error: unknown) =>
        error instanceof Error ? error : new Error(String(error)),
      );
      outcomes.set(name, outcome);
    }
  };
  await Promise.all(Array.from({ length: 4 }, player));
  return (name) => {
    const outcome = outcomes.get(name) ?? new Error(`${name} was not played`);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
}

async function play(one: Case, usual: Certificates): Promise<Played> {
  const certificates = (await one.certificates?.()) ?? usual;
  const home = await newHome();
  const archive = join(home.directory, 'Mail');
  const known = new Set<string>();
  let connections = 0;

  const meet = async (script: Script, args: readonly string[]) => {
    const server = await startScriptedImap(certificates, script);
    const file = join(home.config, 'mailctl', 'config.toml');
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const { host = 'localhost', security = script.security ?? 'tls', caFile } = one.config ?? {};
    writeFileSync(
      file,
      [
        timeouts,
        '[accounts.club]',
        `address = "${address}"`,
        `archive = "${archive}"`,
        '[accounts.club.imap]',
        `host = "${host}"`,
        `port = ${server.port}`,
        `security = "${security}"`,
        ...(caFile === false ? [] : [`ca_file = "${certificates.caFile}"`]),
      ].join('\n'),
    );
    for (const path of await filesBelow(home.directory)) known.add(path);
    const startedAt = performance.now();
    // Exactly the bytes of the server are compared.
    const exact = args[0] === 'fetch' ? ['--line-endings', 'keep'] : [];
    const running = start([...args, ...exact], {
      home,
      env: { MAILCTL_ACCESS_TOKEN: accessToken },
      timeoutMs: (one.withinMs ?? defaultMs) + 3_000,
    });
    const memory = watchMemory(running.pid);
    const result = await running.result;
    const ms = performance.now() - startedAt;
    await server.close();
    connections += server.connections();
    return { result, ms, peakMb: memory.stop(), server };
  };

  if (one.before !== undefined) {
    const { result } = await meet(one.before, ['fetch']);
    if (result.code !== 0)
      throw new Error(`the run before ended with ${result.code}: ${result.stderr}`);
  }
  const { result, ms, peakMb, server } = await meet(one.script, one.args ?? ['fetch']);
  const all = await filesBelow(home.directory);
  const inArchive = all.filter((path) => path.startsWith(`${archive}/`));
  const messages = inArchive.filter((path) => ['cur', 'new'].includes(basename(dirname(path))));
  return {
    result,
    ms,
    peakMb,
    commands: server.commands,
    connections,
    received: server.received(),
    archive,
    archived: inArchive.map((path) => relative(archive, path)),
    messages: await Promise.all(messages.map((path) => readFile(path, 'latin1'))),
    strays: all.filter(
      (path) =>
        !inArchive.includes(path) &&
        !known.has(path) &&
        !isFolderCache(relative(home.directory, path)),
    ),
  };
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** What `folders` remembers for the completion of a shell. */
function isFolderCache(path: string): boolean {
  return /^\.cache\/mailctl\/folders\/\w+\.json$/.test(path);
}

/** What holds whatever a server does, and what the case says. */
export async function judge(one: Case, played: Played): Promise<void> {
  const { result, received, messages } = played;
  const said = `${result.stdout}${result.stderr}`;
  expect({ signal: result.signal, code: result.code, stderr: result.stderr }).toEqual({
    signal: null,
    code: expect.toSatisfy((code) => one.codes.includes(code), `one of ${one.codes.join(', ')}`),
    stderr: expect.stringMatching(one.says ?? ''),
  });
  expect(said).not.toMatch(/^\s+at |Unhandled|MaxListeners|bug in mailctl|\(node:/m);
  expect(said).not.toMatch(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u);
  expect(withoutSecrets(said)).toBe(said);
  if (result.code !== 0) {
    expect(result.stderr).toMatch(/^mailctl: [^\n]+\n( {2}→ [^\n]+\n)?$/m);
  }
  expect(played.ms).toBeLessThan(one.withinMs ?? defaultMs);
  if (played.peakMb !== null) {
    expect(played.peakMb).toBeLessThan(bareNodeMb + (one.withinMb ?? 256));
  }

  if (one.script.security !== 'none') expect(withoutSecrets(received.clear)).toBe(received.clear);
  const changing =
    /^(SELECT|STORE|UID STORE|EXPUNGE|UID EXPUNGE|APPEND|DELETE|CREATE|RENAME|LOGIN)\b/i;
  expect(played.commands.filter((command) => changing.test(command))).toEqual([]);
  expect(played.commands.filter((command) => /BODY\[/i.test(command))).toEqual([]);

  const whole = new Set([...(one.script.letters ?? threeLetters), ...(one.before?.letters ?? [])]);
  const good = new Set([...[...whole].map(({ source }) => source), ...(one.bodies ?? [])]);
  expect(messages.filter((message) => !good.has(message))).toEqual([]);
  if (one.stored !== null) expect(messages).toHaveLength(one.stored ?? 0);
  expect(played.archived.filter((path) => basename(dirname(path)) === 'tmp')).toEqual([]);
  expect(played.strays).toEqual([]);
  await one.check?.(played);
}

/** The token as it is, and as XOAUTH2 and OAUTHBEARER would send it. */
function withoutSecrets(text: string): string {
  const secret = [accessToken, Buffer.from(accessToken).toString('base64').slice(0, 24)];
  const offsets = [1, 2].map((offset) =>
    Buffer.from(' '.repeat(offset) + accessToken)
      .toString('base64')
      .slice(4, 28),
  );
  return [...secret, ...offsets].reduce((rest, one) => rest.replaceAll(one, '[secret]'), text);
}
