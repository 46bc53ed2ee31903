import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { makeMailHome } from './support/mail-home.ts';
import { type Home, newHome, startProgram } from './support/run.ts';
import { prepareLogin } from './support/waiting-login.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** What a person gets: packed, and installed where nothing else is. */
describe('the package', () => {
  let home: Home;
  let installed: string;
  let program: string;

  beforeAll(async () => {
    home = await newHome();
    installed = join(home.directory, 'installed');
    mkdirSync(installed);
    // Built already, and built again it would be gone for a moment that other tests are using.
    const packed = execFileSync(
      npm,
      ['pack', '--json', '--ignore-scripts', '--pack-destination', home.directory],
      { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const [{ filename }] = JSON.parse(packed);
    writeFileSync(join(installed, 'package.json'), '{}');
    execFileSync(
      npm,
      [
        ...['install', '--no-audit', '--no-fund', '--no-update-notifier'],
        ...['--cache', join(home.directory, 'npm-cache'), join(home.directory, filename)],
      ],
      { cwd: installed, env: { ...home.env, ...registry() }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    program = join(installed, 'node_modules', '.bin', 'mailctl');
    if (process.platform === 'win32') program += '.cmd';
  }, 240_000);

  const run = (args: readonly string[], env: Record<string, string> = {}) =>
    startProgram(program, args, { home, env }).result;

  test('holds the program, its licence and those of all it brings, and nothing else', () => {
    const directory = join(installed, 'node_modules', 'mailctl');
    const files = readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
      .map((path) => path.replaceAll('\\', '/'));
    expect(files).toEqual(
      expect.arrayContaining([
        ...['LICENSE', 'README.md', 'package.json'],
        ...[
          'bin/mailctl.js',
          'bin/package.json',
          'dist/package.json',
          'dist/LICENSES.txt',
          'dist/mailctl.js',
          'dist/keychain-process.js',
        ],
      ]),
    );
    const other =
      /^(LICENSE|README\.md|package\.json|bin\/mailctl\.js|(?:bin|dist)\/package\.json|dist\/[\w-]+\.js|dist\/(?:LICENSES|help)\.txt|dist\/man\/mailctl[\w-]*\.1)$/;
    expect(files.filter((path) => !other.test(path))).toEqual([]);

    const licences = readFileSync(join(directory, 'dist', 'LICENSES.txt'), 'utf8');
    for (const name of ['imapflow', 'openid-client', 'commander', 'pino', 'valibot']) {
      expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
    }
    // Each has its text, not only its name.
    for (const licence of licences.split(/^-{80}$/m)) expect(licence.length).toBeGreaterThan(400);
  });

  test('names no path of the machine it was built on', () => {
    const directory = join(installed, 'node_modules', 'mailctl', 'dist');
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
      expect(readFileSync(join(parentPath, name), 'utf8').includes(root), name).toBe(false);
    }
  });

  test('brings no more than its two native modules and what they need', () => {
    const modules = readdirSync(join(installed, 'node_modules')).filter((name) => name !== '.bin');
    expect(modules).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
    expect(modules.length).toBeLessThan(15);
  });

  test('tells its version and its help', async () => {
    expect(await run(['--version'])).toMatchObject({
      code: 0,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
    const help = await run(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const verb of [
      'login',
      'logout',
      'status',
      'token',
      'folders',
      'list',
      'search',
      'fetch',
    ]) {
      expect(help.stdout).toMatch(new RegExp(`^ {2}${verb} `, 'm'));
    }
  });

  test('says what is missing where nothing is set up', async () => {
    const result = await run(['folders']);
    expect(result).toMatchObject({
      code: 78,
      stdout: '',
      stderr: expect.stringMatching(/^mailctl: there is no config at .*\n.*mailctl login/),
    });
  });

  test('lists folders and fetches mail, for which it locks its archive', async () => {
    const { env, configFile, archive } = await makeMailHome();
    const folders = await run(['folders', '--config', configFile], env);
    expect(folders).toMatchObject({ code: 0, stderr: '' });
    expect(folders.stdout).toMatch(/^INBOX\t/);
    const data = join(archive, '..', '..');
    const fetched = await run(['fetch', '--config', configFile, '-v'], {
      ...env,
      XDG_DATA_HOME: data,
    });
    expect(fetched.code).toBe(0);
    expect(readdirSync(join(archive, 'INBOX', 'new'))).toHaveLength(3);
  });

  test('finds its keychain library, or says that there is no keychain', async () => {
    const { configFile } = await makeMailHome();
    const result = await run(['token', '--config', configFile]);
    expect([71, 77]).toContain(result.code);
    expect(result.stderr).not.toMatch(/Cannot find|MODULE_NOT_FOUND|dlopen/);
  });

  describe.skipIf(process.platform !== 'linux')('on a machine without libsecret', () => {
    /** What the loader finds in its place is no library, so nothing that needs it can be loaded. */
    function withoutLibsecret(): Record<string, string> {
      const directory = join(home.directory, 'no-libraries');
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'libsecret-1.so.0'), '');
      return { LD_LIBRARY_PATH: directory };
    }

    test('everything works but the keychain, which is told', async () => {
      const { home, oauth, args } = await prepareLogin({ args: ['--no-browser', '--json'] });
      const env = withoutLibsecret();
      const mailctl = (line: string) =>
        startProgram(program, line.split(' '), { home, env }).result;
      const login = startProgram(program, args, { home, env });
      const [line] = await login.waitForStdout(/^\{"type":"authorization".*\}$/m);
      const url = new URL(JSON.parse(line).url);
      const redirect = new URL(url.searchParams.get('redirect_uri') ?? '');
      redirect.search = new URLSearchParams({
        ...{ code: 'code-canary', iss: oauth.issuer },
        state: url.searchParams.get('state') ?? '',
      }).toString();
      await fetch(redirect);
      expect(await login.result).toMatchObject({ code: 0, stderr: '' });

      for (const verb of ['token', 'token --min-valid 90m', 'status', 'log', 'providers']) {
        expect(await mailctl(verb), verb).toMatchObject({ code: 0, stderr: '' });
      }
      expect(oauth.tokenRequests).toHaveLength(2); // it was renewed, under a lock
      const moved = await mailctl('store move --to keychain');
      expect(moved).toMatchObject({ code: 71, stdout: '' });
      expect(moved.stderr).toMatch(/no keychain.*libsecret-1-0.*\n {2}→ .*--store file/);
      expect(await mailctl('logout')).toMatchObject({ code: 0, stderr: '' });

      const mail = await makeMailHome();
      const fetched = startProgram(program, ['fetch'], {
        home: mail.home,
        env: { ...env, ...mail.env },
      });
      expect(await fetched.result).toMatchObject({ code: 0, stderr: '' });
      expect(readdirSync(join(mail.archive, 'INBOX', 'new'))).toHaveLength(3);
    });
  });
});

/** The registry of whoever runs the tests: a mirror, perhaps. */
function registry(): Record<string, string> {
  const url = execFileSync(npm, ['config', 'get', 'registry'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return { npm_config_registry: url.trim() };
}
