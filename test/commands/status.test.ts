import { writeFileSync } from 'node:fs';
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
