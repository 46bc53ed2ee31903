import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { temporaryFiles } from '../support/archived.ts';
import { descendants } from '../support/descendants.ts';
import { type FileFormat, fileFormats, messagesIn } from '../support/fetch-sweep.ts';
import { namespaces } from '../support/namespaces.ts';
import { describeWith } from '../support/parts.ts';
import { type Provider, startProvider } from '../support/provider.ts';
import {
  binary,
  type Home,
  newHome,
  type Result,
  run,
  start,
  startProgram,
} from '../support/run.ts';
import { variedMessage } from '../support/varied-messages.ts';

const address = 'locked@example.org';
const count = 20;

describeWith(['dovecot', 'strace', 'smallDisk'], 'fetch after one that died with its locks', () => {
  let provider: Provider;
  let home: Home;
  let archive: string;
  let mbox: string;
  /** What a whole fetch takes here, from its start on. */
  let usualMs: number;

  beforeAll(async () => {
    provider = await startProvider();
    for (let index = 0; index < count; index += 1) {
      provider.imap.deliver(address, 'INBOX', variedMessage(index));
    }
    await newArchive();
    usualMs = await timed(run(['fetch', '--format', 'mbox'], { home }));
  });

  async function newArchive(): Promise<void> {
    home = await newHome();
    await provider.login(home, { address, name: 'club' });
    archive = join(home.data, 'mailctl', 'club');
    mbox = join(archive, 'INBOX', 'messages.mbox');
  }

  /** A fetch to which something happens in the middle, when it first makes messages durable. */
  const struck = (what: string, format: FileFormat) => {
    const path = { maildir: join(archive, 'INBOX', 'new'), eml: join(archive, 'INBOX'), mbox };
    const inject = ['-e', 'trace=fsync', '-e', `inject=fsync:${what}:when=1`, '-P', path[format]];
    const strace = ['strace', '-f', '-qq', '-o', '/dev/null', ...inject, process.execPath, binary];
    return [...strace, 'fetch', '--format', format];
  };

  async function expectComplete(result: Result, format: FileFormat) {
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(await messagesIn(archive, format)).toHaveLength(count);
    expect(temporaryFiles(archive)).toEqual([]);
  }

  test('whose process id another program has now, it starts at once', async () => {
    await newArchive();
    // In a namespace one can say which process id comes next.
    const script = `"$@" >&2
      read -r _ killed < '${mbox}.lock'
      echo $((killed - 1)) > /proc/sys/kernel/ns_last_pid
      sleep 600 & echo $killed $!
      exec '${process.execPath}' '${binary}' fetch --format mbox`;
    const own = [...namespaces, '--pid', '--fork', '--kill-child', '--mount-proc'];
    const all = [...own, 'bash', '-c', script, 'bash', ...struck('signal=SIGKILL', 'mbox')];
    const { result } = startProgram('unshare', all, { home });
    const { stdout, code } = await result;
    const [, killed, other] = /^(\d+) (\d+)\n/.exec(stdout) ?? [];
    expect(other).toBe(killed);
    expect(code).toBe(0);
  });

  test.each(fileFormats)(
    '%s: that waits for it, it starts as soon as that is dead',
    async (format) => {
      await newArchive();
      const [file = '', ...args] = struck('delay_enter=60000000', format);
      const first = startProgram(file, args, { home });
      while (!existsSync(join(archive, 'INBOX'))) await pause(2); // its locks come before
      const second = start(['fetch', '--format', format], { home });
      while (!hasOpen(second.pid, join(archive, '.mailctl.lock'))) await pause(2);
      for (const pid of await descendants(first.pid)) process.kill(pid, 'SIGKILL');
      first.kill('SIGKILL'); // or strace would keep it from ending
      expect(await timed(second.result)).toBeLessThan(usualMs + 1000);
      await expectComplete(await second.result, format);
      await first.result;
    },
  );

  test.each([
    ['a living process', () => `mailctl ${process.pid}\n`, new Date()],
    ['no process', () => 'mailctl 4194304\n', new Date()],
    ['a process of the year 2050', () => 'mailctl 1\n', new Date('2050-01-01')],
    ['a process of the year 1971', () => `mailctl ${process.ppid}\n`, new Date('1971-01-01')],
    ['a process of another host', () => `mailctl ${process.pid} elsewhere\n`, new Date()],
    ['nobody', () => 'mailctl ', new Date()],
  ])('that has left locks of %s, it starts at once', async (_, text, time) => {
    await newArchive();
    mkdirSync(join(archive, 'INBOX'), { recursive: true });
    for (const lock of [join(archive, '.mailctl.lock'), `${mbox}.lock`, `${mbox}.lock.mailctl`]) {
      writeFileSync(lock, text());
      utimesSync(lock, time, time);
    }
    const fetching = run(['fetch', '--format', 'mbox'], { home });
    expect(await timed(fetching)).toBeLessThan(usualMs + 1000);
    await expectComplete(await fetching, 'mbox');
  });
});

async function timed(work: Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work;
  return performance.now() - begun;
}

function hasOpen(pid: number, path: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((name) => readlinkSync(join(folder, name)) === path);
  } catch {
    return false; // a file was closed while we looked
  }
}
