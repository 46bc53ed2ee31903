import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { filesBelow, served, sha256 } from '../support/archived.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, type Result, run, start } from '../support/run.ts';
import { corpus } from './torture/corpus.ts';

const uids = corpus.map((_, index) => String(index + 1));
const everything = corpus.map(({ name }, index): [string, number] => [name, index]);

/** Nothing that acts on a terminal, whatever the format. */
const acting = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

interface Timed {
  readonly result: Result;
  /** The most that was computed between two pieces of the output: the machine may be busy. */
  readonly slowestMs: number;
}

describeWith('dovecot', 'messages that are hard to read', () => {
  let provider: Provider;
  let home: Home;
  let listed: Record<string, unknown>[];
  let shown: Timed;
  let rows: Record<string, unknown>[];
  let folder: string;
  let outside: string;
  let before: ReadonlySet<string>;
  let saved: Timed;

  beforeAll(async () => {
    provider = await startProvider();
    for (const { source } of corpus) provider.imap.deliver(ada, 'INBOX', source);
    home = await newHome();
    await provider.login(home);
    const list = await run(['list', '--limit', '1000', '--json'], { home, timeoutMs: 110_000 });
    expect(list.code, list.stderr).toBe(0);
    listed = list.rows.toSorted((a, b) => Number(a.uid) - Number(b.uid));
    shown = await timed(['show', ...uids, '--json']);
    expect(shown.result.code, shown.result.stderr).toBe(0);
    rows = shown.result.rows;
    folder = join(home.directory, 'saved');
    outside = join(home.directory, 'outside');
    mkdirSync(folder);
    writeFileSync(outside, 'untouched');
    symlinkSync(outside, join(folder, 'signature.asc'));
    before = new Set(filesBelow(home.directory));
    saved = await timed(['attachments', '--to', folder, '--json']);
  });

  /** Runs, and looks how much each piece of the output costs after the one before. */
  async function timed(args: readonly string[]): Promise<Timed> {
    const running = start(args, { home, timeoutMs: 110_000 });
    let last: number | null = null; // the first piece also pays for the start and the login
    let slowestMs = 0;
    running.child.stdout?.on('data', () => {
      const now = cpuMs(running.pid);
      if (last !== null) slowestMs = Math.max(slowestMs, now - last);
      last = now;
    });
    return { result: await running.result, slowestMs };
  }

  test('list has a line for each', () => {
    expect(listed.map(({ uid }) => uid)).toEqual(uids.map(Number));
  });

  test('show has a row for each, and none takes 2 s', () => {
    expect(rows.map(({ uid }) => uid)).toEqual(uids.map(Number));
    expect(shown.slowestMs).toBeLessThan(2_000);
    expect(shown.result.stderr).toBe('');
  });

  test('what is read in a pipe acts on no terminal, and no message is left out', async () => {
    const { code, stdout } = await run(['show', ...uids], { home, timeoutMs: 110_000 });
    expect(code).toBe(0);
    expect(stdout).not.toMatch(acting);
    // Every date is a line of its own.
    expect(stdout).toContain('p1999@example.org');
    expect(stdout).toContain('See the file.');
  });

  test('the headers of each are printed, decoded and cut', async () => {
    const { code, stdout } = await run(['show', '--headers', ...uids], {
      home,
      timeoutMs: 110_000,
    });
    expect(code).toBe(0);
    expect(stdout).not.toMatch(acting);
    expect(stdout).toContain('Subject: Grüße aus Köln\n');
    expect(stdout).toContain('X-19999: y\n');
    expect(stdout.length).toBeLessThan(4 << 20);
  });

  test('the HTML of those that have some, and the first part of all that have one', async () => {
    const html = await run(['show', '--html', ...uids], { home, timeoutMs: 110_000 });
    // Those that have none are named, and the code says so.
    expect(html.code).toBe(1);
    expect(html.stderr.match(/has no HTML/g)?.length).toBeGreaterThan(uids.length / 2);
    expect(html.stdout).toContain('<p>The rich one.');
    expect(html.stdout).not.toMatch(acting);
    const part = await run(['show', '--part', '1', ...uids], { home, timeoutMs: 110_000 });
    expect(part.code).toBe(1);
    expect(part.stderr).not.toMatch(/did not send/);
    expect(part.stdoutBytes.includes('Hello world')).toBe(true);
  });

  test('all are given byte for byte', async () => {
    const { code, stdoutBytes } = await run(['show', '--raw', ...uids], {
      home,
      timeoutMs: 110_000,
    });
    expect(code).toBe(0);
    // Dovecot gives no NUL.
    const all = corpus.map(({ source }) =>
      served(source).toString('latin1').replaceAll('\0', '\x80'),
    );
    expect(sha256(stdoutBytes)).toBe(sha256(Buffer.from(all.join(''), 'latin1')));
  });

  test('attachments are saved in their folder, whole, and nowhere else', () => {
    expect(saved.result.stderr).toBe('');
    expect(saved.result.code).toBe(0);
    expect(saved.slowestMs).toBeLessThan(2_000);
    expect(readFileSync(outside, 'utf8')).toBe('untouched');
    const files = readdirSync(folder, { withFileTypes: true });
    expect(files.filter((one) => !one.isFile()).map(({ name }) => name)).toEqual(['signature.asc']);
    const paths = new Set(saved.result.rows.map(({ path }) => String(path)));
    expect([...paths].map(dirname)).toEqual([...paths].map(() => folder));
    expect(new Set([...paths].map((path) => basename(path)))).toEqual(
      new Set(files.filter((one) => one.isFile()).map(({ name }) => name)),
    );
    expect(filesBelow(home.directory).filter((path) => !before.has(path))).toEqual(
      [...paths].map((path) => relative(home.directory, path)).sort(),
    );
  });

  test('a second time nothing is saved twice, and with --force the names stay', async () => {
    const names = readdirSync(folder).sort();
    const args = ['attachments', 'subject:file', '--to', folder, '--json'];
    const again = await run(args, { home, timeoutMs: 110_000 });
    const forced = await run([...args, '--force'], { home, timeoutMs: 110_000 });
    for (const { code, rows } of [again, forced]) {
      expect(code).toBe(0);
      expect(rows.length).toBeGreaterThan(20);
    }
    expect(readdirSync(folder).sort()).toEqual(names);
  });

  test.each(everything)('%s', (_, index) => {
    const { subject, says = [], hides = [], files } = corpus[index] ?? { source: Buffer.alloc(0) };
    const row = rows[index] ?? {};
    const words = `${row.text}\n${String(row.problems)}`;
    if (subject !== undefined) expect(listed[index]?.subject).toBe(subject);
    for (const one of says) expect(words).toMatch(pattern(one));
    for (const one of hides) expect(words).not.toMatch(pattern(one));
    if (files === undefined) return;
    const paths = saved.result.rows
      .filter(({ uid }) => uid === index + 1)
      .map(({ path }) => String(path));
    expect(paths.map(unnumbered)).toEqual(
      files.map(({ name }) => (typeof name === 'string' ? name : expect.stringMatching(name))),
    );
    for (const [at, { content }] of files.entries()) {
      if (content !== undefined) {
        expect(sha256(readFileSync(paths[at] ?? ''))).toBe(sha256(Buffer.from(content)));
      }
    }
  });
});

/** What a process has computed so far, in user and in system mode (proc(5), fields 14 and 15). */
function cpuMs(pid: number): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ');
  const [user, system] = fields.split(' ').slice(11, 13).map(Number);
  return ((user ?? 0) + (system ?? 0)) * 10;
}

/** The name of a file without the number it has where others are called so too. */
function unnumbered(path: string): string {
  return basename(path).replace(/ \(\d+\)(?=\.[^.]*$|$)/, '');
}

function pattern(one: string | RegExp): RegExp {
  return typeof one === 'string' ? new RegExp(escaped(one)) : one;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
