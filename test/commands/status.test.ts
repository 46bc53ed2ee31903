import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newHome, run } from '../support/run.ts';

const logIn = async (home: Awaited<ReturnType<typeof newHome>>, name: string) => {
  const words = ['login', `${name}@example.org`, '--name', name, '--password-stdin', '--no-check'];
  const server = ['--imap-host', '127.0.0.1', '--imap-port', '1'];
  const store = ['--store', 'file', '--key-file', join(home.directory, name)];
  const { code } = await run([...words, ...server, ...store], { home, stdin: 'pw-canary-8Kd' });
  expect(code).toBe(0);
};

it('a store command is told no secret by its environment', async () => {
  const home = await newHome();
  const [kept, seen] = [join(home.directory, 'kept'), join(home.directory, 'seen')];
  const sh = (script: string) => JSON.stringify(['/bin/sh', '-c', `env >> '${seen}'; ${script}`]);
  mkdirSync(join(home.config, 'mailctl'));
  writeFileSync(
    join(home.config, 'mailctl', 'config.toml'),
    `[accounts.club]
address = "ada@example.org"
login = "password"
store = "command"
store_read = ${sh(`cat '${kept}'`)}
store_write = ${sh(`cat > '${kept}'`)}
imap = { host = "127.0.0.1", port = 1 }
`,
  );
  const given = { MAILCTL_ACCESS_TOKEN: 'at-canary-1', MAILCTL_CLIENT_SECRET: 'cs-canary-2' };
  const login = ['login', '-a', 'club', '--password-stdin', '--no-check'];
  expect((await run(login, { home, env: given, stdin: 'pw-canary-3' })).code).toBe(0);
  expect(readFileSync(seen, 'utf8')).toContain('PATH=');
  expect(readFileSync(seen, 'utf8')).not.toContain('canary');
});

it('status tells by its exit code what kind of trouble there is, of whichever account', async () => {
  const home = await newHome();
  await logIn(home, 'club');
  await logIn(home, 'work');
  expect((await run(['status', '--expires-within', '1d'], { home })).code).toBe(0);
  // A server that cannot be reached is no login that has ended.
  const unreachable = await run(['status', '--check', '--json'], { home });
  expect(unreachable.rows).toMatchObject([{ works: false }, { works: false }]);
  expect([unreachable.code, unreachable.stderr]).toEqual([75, expect.stringContaining('"hint"')]);

  writeFileSync(join(home.directory, 'work'), Buffer.alloc(32));
  const locked = await run(['status', '--expires-within', '1d', '--json'], { home });
  expect(locked.rows).toMatchObject([{ login: 'ok' }, { account: 'work', login: 'store-error' }]);
  expect([locked.code, locked.stderr]).toEqual([
    65,
    expect.stringContaining('"work does not work'),
  ]);
  expect((await run(['status', '--check', '-a', 'work'], { home })).code).toBe(65);
  expect((await run(['status'], { home })).code).toBe(0);

  await run(['logout', '-a', 'club'], { home });
  expect((await run(['status', '--check', '-a', 'club'], { home })).code).toBe(77);
});
