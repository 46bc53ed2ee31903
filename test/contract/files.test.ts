import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { makeMailHome } from '../support/mail-home.ts';
import { type Home, newHome, run, startProgram } from '../support/run.ts';
import { logIn } from '../support/waiting-login.ts';

const program = fileURLToPath(new URL('../../bin/mailctl.js', import.meta.url));

/** Modes, in octal, of everything below that was not there before. */
function modesOf(directory: string, known: ReadonlySet<string>): Map<string, string> {
  return new Map(
    pathsBelow(directory)
      .filter((path) => !known.has(path))
      .map((path) => [path, (lstatSync(path).mode & 0o7777).toString(8)]),
  );
}

function pathsBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).map((entry) =>
    join(entry.parentPath, entry.name),
  );
}

function expectPrivate(home: Home, known: ReadonlySet<string>): void {
  const modes = modesOf(home.directory, known);
  expect(modes.size).toBeGreaterThan(0);
  for (const [path, mode] of modes) {
    expect(mode, path).toBe(lstatSync(path).isDirectory() ? '700' : '600');
  }
}

describe.skipIf(process.platform === 'win32')('what is written', () => {
  test.each(['000', '022', '077'])('is for its owner alone under umask %s', async (umask) => {
    const { home, env } = await makeMailHome();
    const known = new Set(pathsBelow(home.directory));
    const log = join(home.directory, 'log');
    const line = `umask ${umask}; exec '${process.execPath}' '${program}' --log-file '${log}' fetch`;
    const { code, stderr } = await startProgram('bash', ['-c', line], { home, env }).result;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expectPrivate(home, known);
  });

  test('by a login is for its owner alone: config, tokens, key and locks', async () => {
    const { home } = await logIn();
    const others = pathsBelow(home.directory).filter(
      (path) => !/\/mailctl(\/|$)|\/key$/.test(path),
    );
    expectPrivate(home, new Set(others));
    expect(readdirSync(join(home.state, 'mailctl', 'tokens'))).toEqual(['club.json']);
  });

  test('leaves nothing temporary behind', async () => {
    const { home, env } = await makeMailHome();
    expect((await run(['fetch'], { home, env })).code).toBe(0);
    expect(pathsBelow(home.directory).filter((path) => /tmp$/.test(path))).toEqual([
      expect.stringMatching(/INBOX\/tmp$/),
    ]);
  });
});

describe.skipIf(process.platform === 'win32')('a link', () => {
  test('at the top of an archive is followed, as its owner made it', async () => {
    const { home, env, archive } = await makeMailHome();
    const real = join(home.directory, 'real');
    mkdirSync(real);
    mkdirSync(join(archive, '..'), { recursive: true });
    symlinkSync(real, archive);
    expect((await run(['fetch'], { home, env })).code).toBe(0);
    expect(readdirSync(join(real, 'INBOX', 'new'))).toHaveLength(3);
  });

  test.each(['INBOX', 'INBOX/new', 'INBOX/cur', 'INBOX/tmp'])(
    'at %s inside an archive is not followed',
    async (place) => {
      const { home, env, archive } = await makeMailHome();
      const elsewhere = join(home.directory, 'elsewhere');
      mkdirSync(elsewhere);
      mkdirSync(join(archive, place, '..'), { recursive: true });
      symlinkSync(elsewhere, join(archive, place));
      expect(await run(['fetch'], { home, env })).toMatchObject({
        code: 74,
        stderr: expect.stringContaining('is a link'),
      });
      expect(readdirSync(elsewhere)).toEqual([]);
    },
  );

  test('in the place of a lock is not followed', async () => {
    const { home, env, archive } = await makeMailHome();
    const elsewhere = join(home.directory, 'elsewhere');
    mkdirSync(archive, { recursive: true });
    symlinkSync(elsewhere, join(archive, '.mailctl.lock'));
    expect((await run(['fetch'], { home, env })).code).toBe(74);
    expect(existsSync(elsewhere)).toBe(false);
  });

  test('in the place of the state is replaced, and what it leads to stays as it was', async () => {
    const { home, env, archive } = await makeMailHome();
    expect((await run(['fetch'], { home, env })).code).toBe(0);
    const state = join(archive, 'INBOX', '.mailctl.json');
    const elsewhere = join(home.directory, 'elsewhere');
    const content = readFileSync(state, 'utf8')
      .replace(/"stored":"[^"]*"/, '"stored":""')
      .replace(/"complete":\{[^}]*\}/, '"complete":null');
    writeFileSync(elsewhere, content);
    rmSync(state);
    symlinkSync(elsewhere, state);
    expect((await run(['fetch'], { home, env })).code).toBe(0);
    expect(lstatSync(state).isSymbolicLink()).toBe(false);
    expect(readFileSync(elsewhere, 'utf8')).toBe(content);
    expect(readdirSync(join(archive, 'INBOX', 'new'))).toHaveLength(3);
  });
});

describe.skipIf(process.platform === 'win32')('an archive that cannot be', () => {
  test.each(['/dev/null/mail', '/proc/mail', '/proc/self/mail/deep'])(
    '%s ends with 74',
    async (place) => {
      const { home, env } = await makeMailHome({ lines: `archive = "${place}"` });
      const result = await run(['fetch'], { home, env, timeoutMs: 10_000 });
      expect(result).toMatchObject({ code: 74, stderr: expect.stringContaining(place) });
      expect(result.stderr).not.toMatch(/^\s+at /m);
    },
  );

  test('has a FIFO or a folder where a file should be', async () => {
    const { home, env, archive } = await makeMailHome();
    mkdirSync(join(archive, '.mailctl.lock'), { recursive: true });
    expect((await run(['fetch'], { home, env })).code).toBe(74);
  });
});

describe.skipIf(process.platform === 'win32')('a config or certificate file', () => {
  test.each(['/dev/zero', '/dev/null', '/', '/proc/self/environ'])(
    'that is %s is refused',
    async (file) => {
      const home = await newHome();
      const result = await run(['list', '--config', file], { home, timeoutMs: 10_000 });
      expect(result.code).toBe(78);
      expect(result.stderr).toMatch(/^mailctl: [^\n]+\n/);
    },
  );

  test('that is a FIFO is refused, and nobody waits for its writer', async () => {
    const home = await newHome();
    const fifo = join(home.directory, 'fifo');
    const made = startProgram('mkfifo', [fifo], { home });
    expect((await made.result).code).toBe(0);
    const result = await run(['list', '--config', fifo], { home, timeoutMs: 10_000 });
    expect(result).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('not a regular file'),
    });
  });

  test.each(['/dev/zero', '/nonexistent', '/'])(
    'of an authority that is %s is refused',
    async (file) => {
      const { home, env, configFile } = await makeMailHome();
      const text = readFileSync(configFile, 'utf8').replace(/ca_file = .*/, `ca_file = "${file}"`);
      writeFileSync(configFile, text);
      const result = await run(['list'], { home, env, timeoutMs: 10_000 });
      expect(result).toMatchObject({ code: 78, stderr: expect.stringContaining(file) });
    },
  );

  test.each([
    ['nothing said of HOME', {}],
    ['HOME empty', { HOME: '' }],
  ])('is looked for in the home folder of the system, with %s', async (_, more) => {
    const home = await newHome();
    const env = { PATH: home.env.PATH ?? '', ...more };
    const { code, stderr } = await startProgram(process.execPath, [program, 'status'], {
      home: { ...home, env },
      cwd: home.directory,
    }).result;
    expect(code).toBe(78);
    expect(stderr).not.toContain(home.directory);
  });
});
