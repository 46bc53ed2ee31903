import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { makeMailHome } from '../support/mail-home.ts';
import { type Result, type RunOptions, startProgram } from '../support/run.ts';
import type { Letter } from '../support/usual-imap.ts';

const program = fileURLToPath(new URL('../../bin/mailctl.js', import.meta.url));

/** So much that it does not fit into a pipe. */
const letters: readonly Letter[] = Array.from({ length: 500 }, (_, index) => ({
  uid: index + 1,
  source: `From: Bob <bob@example.org>\r\nSubject: ${'x'.repeat(400)}\r\n\r\nLetter ${index}\r\n`,
}));

/** Runs a line of bash in which `mailctl` is the program under test. */
function shell(line: string, options: RunOptions): Promise<Result> {
  const define = `mailctl() { '${process.execPath}' '${program}' "$@"; }; `;
  return startProgram('bash', ['-c', `${define}${line}`], options).result;
}

const verbs = {
  list: 'mailctl list --limit 500',
  'list --json': 'mailctl list --limit 500 --json',
  search: 'mailctl search --limit 500 from:bob',
  folders: 'mailctl folders',
  show: 'mailctl show 1 2 3',
  'show --raw': 'mailctl show 1 2 3 --raw',
  'fetch --json': 'mailctl fetch --json',
  token: 'mailctl token',
  '--help': 'mailctl --help',
  'list --help': 'mailctl list --help',
  '--version': 'mailctl --version',
} as const;

describe.skipIf(process.platform === 'win32')('the streams', () => {
  test.each(Object.entries(verbs))('%s ends quietly when its reader goes', async (_, line) => {
    const { home, env } = await makeMailHome({ script: { letters } });
    const { stdout, stderr } = await shell(`${line} | true; echo "\${PIPESTATUS[0]}"`, {
      home,
      env,
    });
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
  });

  test.each(Object.entries(verbs))(
    '%s says so and ends with 74 on a full disk',
    async (_, line) => {
      const { home, env } = await makeMailHome({ script: { letters } });
      const { stdout, stderr } = await shell(`${line} > /dev/full; echo $?`, { home, env });
      expect(stdout).toBe('74\n');
      expect(stderr).toContain('cannot write the output: ENOSPC');
    },
  );

  test.each(Object.entries(verbs))('%s works with stdout closed', async (_, line) => {
    const { home, env } = await makeMailHome({ script: { letters } });
    const { stderr } = await shell(`${line} >&-; echo $? >&2`, { home, env });
    expect(stderr).toBe('0\n');
  });

  test('a failure has its exit code where stderr is closed, full, or read by nobody', async () => {
    const { home, env } = await makeMailHome();
    const line = 'mailctl show 99';
    for (const where of ['2>&-', '2>/dev/full', '2> >(true)']) {
      const { stdout } = await shell(`${line} ${where}; echo $?`, { home, env });
      expect(stdout, where).toBe('66\n');
    }
  });

  test('a slow reader gets everything', async () => {
    const { home, env } = await makeMailHome({ script: { letters } });
    // It begins to read when the pipe has long been full.
    const { stdout } = await shell('mailctl list --limit 500 --json | (sleep 0.5; wc -lc)', {
      home,
      env,
    });
    const [lines, bytes] = stdout.trim().split(/\s+/).map(Number);
    expect(lines).toBe(500);
    expect(bytes).toBeGreaterThan(2 * 65_536);
  });

  test('nothing is read from stdin, which may be closed', async () => {
    const { home, env } = await makeMailHome();
    const { stdout, stderr } = await shell('mailctl list <&- | wc -l', { home, env });
    expect({ stdout: stdout.trim(), stderr }).toEqual({ stdout: '3', stderr: '' });
  });

  test('cron hears nothing of a run in which nothing is wrong', async () => {
    const { home, env, configFile } = await makeMailHome();
    const bare = `env -i PATH="$PATH" LANG=C HOME=${home.directory} MAILCTL_ACCESS_TOKEN=${env.MAILCTL_ACCESS_TOKEN}`;
    const { code, stdout, stderr } = await shell(
      `cd / && umask 077 && ${bare} setsid -w '${process.execPath}' '${program}' --config '${configFile}' fetch < /dev/null`,
      { home },
    );
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

test.each([
  ['-v', /"msg":"connecting"/],
  ['-vv', /UID FETCH|EXAMINE INBOX/],
])('%s is told in JSON lines, each with its event once', async (flag, expected) => {
  const { home, env } = await makeMailHome();
  const { code, stderr } = await startProgram(process.execPath, [program, 'list', flag], {
    home,
    env,
  }).result;
  expect(code).toBe(0);
  expect(stderr).toMatch(expected);
  expect(stderr).not.toContain(env.MAILCTL_ACCESS_TOKEN);
  for (const line of stderr.trim().split('\n')) {
    // Written again, a line with a name twice would be shorter.
    expect(JSON.stringify(JSON.parse(line))).toBe(line);
  }
});
