import { cpSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeWith } from '../support/parts.ts';
import { ada, startProvider } from '../support/provider.ts';
import { binary, newHome, run, startProgram } from '../support/run.ts';

const calls = ['rename', 'fsync', 'unlink', 'mkdir', 'write'];

describeWith(['dovecot', 'strace'], 'fetch --mirror, killed at every step of its writing', () => {
  test.each([
    { name: 'without --prune', flags: [] },
    { name: 'with --prune', flags: ['--prune'] },
  ])('ends the next time as if nothing had been, $name', async ({ name: which, flags }) => {
    const provider = await startProvider();
    const { imap } = provider;
    const letter = (name: string) => Buffer.from(`Subject: ${name}\r\n\r\nThis is ${name}.\r\n`);
    for (let index = 0; index < 12; index += 1) imap.deliver(ada, 'INBOX', letter(String(index)));
    const home = await newHome();
    await provider.login(home, { name: 'club' });
    const args = ['fetch', '--mirror', ...flags];
    await run(args, { home });
    const cur = join(imap.mailDirectory(ada), 'cur');
    for (const [index, name] of readdirSync(cur).sort().entries()) {
      if (index % 3 === 0) renameSync(join(cur, name), join(cur, `${name}S`));
      if (index % 3 === 1) rmSync(join(cur, name));
    }
    imap.deliver(ada, 'INBOX', letter('new'));

    const archive = join(home.data, 'mailctl', 'club');
    const begin = join(home.directory, 'begin');
    cpSync(archive, begin, { recursive: true, preserveTimestamps: true });
    const beginAgain = () => {
      rmSync(archive, { recursive: true, force: true });
      cpSync(begin, archive, { recursive: true, preserveTimestamps: true });
    };
    const box = join(archive, 'INBOX');
    const look = () => ({
      files: readdirSync(box, { recursive: true })
        .map(String)
        .filter((name) => name.includes('.mailctl') && !name.startsWith('.mailctl'))
        .sort(),
      memory: JSON.parse(readFileSync(join(box, '.mailctl.json'), 'utf8')),
    });
    const whole = await run(args, { home });
    expect(whole.code).toBe(0);
    const wanted = look();
    expect(wanted.files).toHaveLength(flags.length === 0 ? 13 : 9);

    let killed = 0;
    for (const call of calls) {
      for (let nth = 1; ; nth += 1) {
        beginAgain();
        const kill = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${nth}`];
        const strace = ['-f', '-qq', '-o', '/dev/null', ...kill];
        const env = { UV_THREADPOOL_SIZE: '1' };
        const { signal, code } = await startProgram(
          'strace',
          [...strace, process.execPath, binary, ...args],
          { home, env },
        ).result;
        if (signal === null && code === 0) break;
        killed += 1;
        const where = `${call} ${nth}`;
        expect((await run(args, { home })).code, where).toBe(0);
        expect(look(), where).toEqual(wanted);
      }
    }
    process.stderr.write(`mirror ${which}: killed at ${killed} steps\n`);
    expect(killed).toBeGreaterThan(30);
  });
});
