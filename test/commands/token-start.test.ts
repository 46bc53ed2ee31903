import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type MailHome, makeMailHome } from '../support/mail-home.ts';
import { type Home, newHome, startProgram } from '../support/run.ts';
import { logIn } from '../support/waiting-login.ts';

const program = fileURLToPath(new URL('../../bin/mailctl.js', import.meta.url));

interface Loaded {
  /** Files of JavaScript. */
  files: string[];
  /** Modules of Node's own. */
  builtins: string[];
}

/** What one command loads from its start to its end. */
async function loadedBy(
  home: Home,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Loaded> {
  const [hook, list] = [join(home.directory, 'hook.cjs'), join(home.directory, 'loaded.json')];
  writeFileSync(
    hook,
    `process.once('exit', () => {
      const files = Object.keys(require.cache).filter((file) => file !== __filename);
      const builtins = process.moduleLoadList.map((name) => name.replace(/^NativeModule /, ''));
      require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify({ files, builtins }));
    });`,
  );
  const run = startProgram(process.execPath, ['--require', hook, program, ...args], { home, env });
  expect(await run.result).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(readFileSync(list, 'utf8'));
}

// Times differ from machine to machine (`npm run bench:startup`); what is loaded does not.
test('a fresh token of the file store is printed without what only other commands need', async () => {
  const { home } = await logIn();
  const { files, builtins } = await loadedBy(home, ['token', '-a', 'club']);
  expect(files).toContain(program);
  expect(files.length).toBeLessThan(4);
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  expect(bytes).toBeLessThan(96_000);
  for (const name of ['child_process', 'readline', 'os', 'http', 'https', 'tls', 'dns']) {
    expect(builtins).not.toContain(name);
  }
  const code = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  for (const [library, mark] of Object.entries({
    commander: 'commander.unknownCommand',
    'toml-patch': 'Error parsing TOML',
    'string-width': 'Default_Ignorable_Code_Point',
    'the table of providers': 'accounts.google.com',
  })) {
    expect(code.includes(mark), library).toBe(false);
  }
  const flags = await loadedBy(home, ['token', '--json']);
  const all = flags.files.map((file) => readFileSync(file, 'utf8')).join('\n');
  expect(all).toContain('commander.unknownCommand'); // the mark is one
});

test('the version is printed by the first file of the bundle alone', async () => {
  const { home } = await logIn();
  expect((await loadedBy(home, ['--version'])).files.length).toBeLessThan(5);
});

test('character sets are loaded for the first message that needs them, and not before', async () => {
  const letter = (subject: string) => ({
    uid: 7,
    source: `From: ada@example.org\r\nSubject: ${subject}\r\n\r\nText\r\n`,
  });
  const plain = await makeMailHome({ script: { letters: [letter('Plain')] } });
  const coded = await makeMailHome({ script: { letters: [letter('=?koi8-r?B?8NLJ18XU?=')] } });
  const charsets = async ({ home, env }: MailHome, verb: string) => {
    const { files } = await loadedBy(home, [verb], env);
    expect(files.join('\n')).toContain('imap-flow'); // what reads mail is one of them
    return files.filter((file) => /later-/.test(file)).length;
  };
  for (const verb of ['fetch', 'folders']) expect(await charsets(plain, verb)).toBe(0);
  expect(await charsets(coded, 'fetch')).toBe(0);
  expect(await charsets(coded, 'list')).toBeGreaterThan(0);
});

test('the process of the keychain is started before the rest of mailctl is loaded', async () => {
  const home = await newHome();
  const [hook, list] = [join(home.directory, 'hook.cjs'), join(home.directory, 'loaded.json')];
  const config = join(home.directory, 'config.toml');
  writeFileSync(config, '[accounts.club]\naddress = "ada@club.example"\nimap.host = "localhost"\n');
  writeFileSync(
    hook,
    `const processes = require('node:child_process');
    const { spawn } = processes;
    processes.spawn = (...parameters) => {
      const files = Object.keys(require.cache).filter((file) => file !== __filename);
      require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(files));
      return spawn(...parameters);
    };`,
  );
  const args = ['--require', hook, program, 'token'];
  const run = startProgram(process.execPath, args, { home, env: { MAILCTL_CONFIG: config } });
  expect((await run.result).code).toBe(71); // there is no session bus
  const files: string[] = JSON.parse(readFileSync(list, 'utf8'));
  expect(files).toContain(program);
  expect(files.length).toBeLessThan(4);
  expect(files.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(20_000);
});
