import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { makeMailHome } from '../support/mail-home.ts';
import { run } from '../support/run.ts';
import type { Talk } from '../support/scripted-imap.ts';
import { startInTerminal } from '../support/terminal.ts';
import { opened, threeLetters } from '../support/usual-imap.ts';

/** A server that opens the folder when it is told to. */
function slowServer() {
  let answer = () => {};
  const told = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const script = {
    on: [
      [
        /^EXAMINE/,
        async ({ send }: Talk) => {
          await told;
          await send(opened(threeLetters));
        },
      ],
    ],
  } as const;
  return { script, answer };
}

describe.skipIf(process.platform !== 'linux')('progress', () => {
  test('is told on a terminal while something takes long, and leaves nothing behind', async () => {
    const { script, answer } = slowServer();
    const { home, env } = await makeMailHome({ script });
    const running = startInTerminal(['list'], { home, env });
    await running.waitForStdout(/looking {2}…\r\n/);
    answer();
    const { code, stdout } = await running.result;
    expect(code).toBe(0);
    expect(screen(stdout)).toMatch(/^UID {2}Date .*\n(.*\n){3}$/);
  });

  test('of verify names the folder', async () => {
    const { script, answer } = slowServer();
    const { home, env } = await makeMailHome({ script });
    const running = startInTerminal(['verify'], { home, env });
    await running.waitForStdout(/INBOX {2}…\r\n/);
    answer();
    const { code, stdout } = await running.result;
    expect(code).toBe(1);
    expect(screen(stdout)).toMatch(/^INBOX: 0 kept, 3 missing\n/);
  });

  test('of fetch counts the messages of each folder', async () => {
    let answer = () => {};
    const told = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { home, env } = await makeMailHome({
      script: {
        on: [
          [
            /^UID FETCH/,
            async ({ send, times }: Talk) => {
              if (times > 0) return;
              await told;
              await send('<tag> NO [UNAVAILABLE] later\r\n');
            },
          ],
        ],
      },
    });
    const running = startInTerminal(['fetch'], { home, env });
    await running.waitForStdout(/INBOX .*0\/3/);
    answer();
    expect((await running.result).code).not.toBe(0);
  });

  test('of a fetch that has to wait for another one says so', async () => {
    const { home, env } = await makeMailHome({
      script: { on: [[/^UID FETCH/, async ({ gone }: Talk) => void (await once(gone, 'abort'))]] },
    });
    const first = startInTerminal(['fetch'], { home, env });
    await first.waitForStdout(/INBOX .*0\/3/);
    const second = startInTerminal(['fetch'], { home, env });
    await second.waitForStdout(/waiting for another run/);
    for (const running of [first, second]) running.kill('SIGTERM');
    await Promise.all([first.result, second.result]);
  });

  test.each([['--no-progress'], ['--quiet'], ['-q']])('is not told with %s', async (flag) => {
    const { home, env } = await makeMailHome({ script: slow });
    const { code, stdout } = await startInTerminal(['list', flag], { home, env }).result;
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/looking|\u001b\[[12]A|\u001b\[2K/);
  });

  test('is never told in a pipe', async () => {
    const { home, env } = await makeMailHome({ script: slow });
    const { code, stdout, stderr } = await run(['list'], { home, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toHaveLength(4);
  });

  test('goes when the command fails', async () => {
    const { home, env } = await makeMailHome({
      script: {
        on: [
          [
            /^EXAMINE/,
            async ({ drip }) => {
              await drip('* OK still here\r\n', 60);
              await drip('<tag> NO [UNAVAILABLE] later\r\n', 1);
            },
          ],
        ],
      },
    });
    const { code, stdout } = await startInTerminal(['list'], { home, env }).result;
    expect(code).toBe(75);
    expect(screen(stdout)).toMatch(/^mailctl: .*\n {2}→ try again later\n$/);
  });
});

/** A server that takes its time. */
const slow = {
  on: [
    [
      /^EXAMINE/,
      async ({ drip, send }: Talk) => {
        await drip('* OK still opening\r\n', 50);
        await send(opened(threeLetters));
      },
    ],
  ],
} as const;

/** What is left on the screen of a terminal that knows what these tests need of it. */
function screen(output: string): string {
  const lines = [''];
  let row = 0;
  for (const [, text, sequence] of output.matchAll(
    /([^\u001b\r\n]+|\r\n|\r)|\u001b\[(\d*[A-Za-z])/g,
  )) {
    if (text === '\r\n') {
      row += 1;
      lines[row] ??= '';
    } else if (sequence === '1A') row -= 1;
    else if (sequence === '2K') lines[row] = '';
    else if (text !== undefined && text !== '\r') lines[row] += text;
  }
  return lines.join('\n').replace(/\n+$/, '\n');
}
