import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/errors.ts';
import { verbs } from '../../src/main.ts';
import { type Home, newHome, type Result, run } from '../support/run.ts';

const names = verbs.map(({ name }) => name);

/** Help is talk that was asked for: on stdout, alone, with 0, for any terminal. */
function expectHelp({ code, stdout, stderr }: Result): void {
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^Usage: mailctl/);
  expect(stdout.endsWith('\n')).toBe(true);
  expect(stdout.split('\n').filter((line) => [...line].length > 80)).toEqual([]);
  expect(stdout).not.toMatch(/[\t\r\u001b]| $|undefined|\[object/m);
}

describe('the help', () => {
  let home: Home;
  const helps = new Map<string, Result>();
  const helpOf = (name: string): Result => {
    const result = helps.get(name);
    if (result === undefined) throw new Error(`there is no help of ${name}`);
    return result;
  };
  beforeAll(async () => {
    home = await newHome();
    // Whatever is wrong here is no matter of the help.
    mkdirSync(join(home.config, 'mailctl'));
    writeFileSync(join(home.config, 'mailctl', 'config.toml'), 'this is no [ config');
    for (const name of names) helps.set(name, await run([name, '--help'], { home }));
  });

  it('names every verb with its summary, and every exit code', async () => {
    const result = await run(['--help'], { home });
    expectHelp(result);
    for (const { name, summary } of verbs) {
      expect(result.stdout).toMatch(new RegExp(`^ +${name}\\b.* ${summary}$`, 'm'));
    }
    for (const { code, meaning } of exitCodes) {
      expect(result.stdout).toMatch(new RegExp(`^ +${code} +${escaped(meaning)}$`, 'm'));
    }
    expect((await run(['-h'], { home })).stdout).toBe(result.stdout);
    expect((await run(['help'], { home })).stdout).toBe(result.stdout);
  });

  it.each(names)('of %s ends with examples that are its own, and its exit codes', (name) => {
    const result = helpOf(name);
    expectHelp(result);
    const [, usage, examples, codes = ''] =
      /^Usage: ([^\n]*)\n.*\nExamples:\n(.+)\n\nExit codes:\n(.+)$/s.exec(result.stdout) ?? [];
    expect(usage).toMatch(new RegExp(`^mailctl ${name} `));
    const lines = (examples ?? '').trimEnd().split('\n');
    expect(lines.every((line) => /^ {2}\S/.test(line) || /^ {6}--/.test(line))).toBe(true);
    expect(lines[0]).toMatch(new RegExp(`^ {2}mailctl ${name}\\b`));
    expect(lines.filter((line) => line.includes(`mailctl ${name}`)).length).toBeGreaterThan(1);
    expect(result.stdout).not.toMatch(/\n\n\n/);
    const known = exitCodes.map(({ code, meaning }) => `${String(code).padStart(5)}  ${meaning}`);
    const named = codes.trimEnd().split('\n');
    expect(known.filter((line) => named.includes(line))).toEqual(named);
    expect(named).toEqual(expect.arrayContaining(known.slice(0, 1)));
    expect(named.join()).toContain('64  the command line is wrong');
  });

  it.each(names)('of %s names only flags that exist in its examples', (name) => {
    const { stdout } = helpOf(name);
    const [before = '', rest = ''] = stdout.split('\nExamples:\n');
    const [examples = ''] = rest.split('\nExit codes:\n');
    const used = [...examples.matchAll(/mailctl [^|#]*/g)].flatMap(([line]) => [
      ...line.matchAll(/ (--?[a-z][a-z-]*)/g),
    ]);
    for (const [, flag = ''] of used) {
      expect(before).toMatch(new RegExp(`(^|[ ,])${flag}[ ,\\n]`, 'm'));
    }
  });

  it.each(names)('of %s is the same when help is the verb', async (name) => {
    expect((await run(['help', name], { home })).stdout).toBe(helpOf(name).stdout);
  });

  it('is the same wherever it is asked for', async () => {
    const { stdout } = helpOf('list');
    for (const args of [
      ['list', '-h'],
      ['--json', 'list', '--help'],
      ['list', '--limit', '3', '--help', '-v'],
    ]) {
      expect((await run(args, { home })).stdout).toBe(stdout);
    }
  });

  it.each(names)('of %s needs no home and no environment', async (name) => {
    const bare = { ...home, env: { PATH: home.env['PATH'] ?? '' } };
    expectHelp(await run([name, '--help'], { home: bare }));
  });

  it.each(['--version', '-V'])('the version (%s) is one line', async (flag) => {
    const { code, stdout, stderr } = await run([flag], { home });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
    expect((await run(['--json', flag], { home })).stdout).toBe(stdout);
  });
});

describe('a command line that cannot be understood', () => {
  it('without a verb is told, with what to type', async () => {
    const home = await newHome();
    const { code, stdout, stderr } = await run([], { home });
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(/^mailctl: no verb was given\n {2}→ mailctl \S+\n$/);
  });

  it.each([
    [['lst'], /unknown command 'lst'.*list/],
    [['help', 'lst'], /lst/],
    [['--jsn', 'list'], /unknown option '--jsn'.*--json/],
    [['list', '--limitt', '3'], /unknown option '--limitt'.*--limit/],
    [['list', '--lim', '3'], /unknown option '--lim'/],
    [['list', '--limit'], /--limit.*argument missing/],
    [['list', '--limit', '0'], /--limit/],
    [['list', '--limit', '-1'], /--limit/],
    [['list', '--limit', '1e9'], /--limit/],
    [['list', '--limit', 'abc'], /--limit/],
    [['list', '--limit', '0x10'], /--limit/],
    [['list', '--limit', ' 5'], /--limit/],
    [['list', '--limit', ''], /--limit/],
    [['list', 'INBOX'], /too many arguments/],
    [['search'], /missing required argument/],
    [['search', ')'], /the search cannot be read/],
    [['show'], /no message was named/],
    [['show', '0'], /UID/],
    [['show', '1:5'], /UID/],
    [['login', '--imap-security', 'ssl'], /tls, starttls, none/],
    [['login', '--timeout', '0'], /--timeout/],
    [['--config', '', 'list'], /--config/],
    [['\u001b[2Jlist'], /unknown command/],
  ])('%j is one sentence, 64, and nothing on stdout', async (args, sentence) => {
    const home = await newHome();
    const { code, stdout, stderr } = await run(args, { home });
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(sentence);
    expect(stderr).toMatch(/^mailctl: .+\n {2}→ [^\n]+\n$/s);
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|bug in mailctl|error: /);
  });

  it('is one line of JSON under --json', async () => {
    const home = await newHome();
    for (const args of [['lst'], ['search', ')'], ['list', '--limit', '0'], []]) {
      const { code, stdout, stderr } = await run(['--json', ...args], { home });
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
      expect(stderr).toMatch(/^[^\n]+\n$/);
      expect(JSON.parse(stderr)).toMatchObject({ type: 'error', kind: 'usage', exitCode: 64 });
    }
  });
});

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
