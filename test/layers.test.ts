import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The house as it is meant to be; the text that explains it is in .github/CONTRIBUTING.md. */
const source = resolve(import.meta.dirname, '../src');

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => path.split(sep).join('/'));

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(source, from), 'utf8');
  const statements = text.matchAll(
    /(import|export)(\s+type)?\s[^;']*?from\s+'([^']+)'|(?:import|require)\(['"]([^'"]+)['"]\)|createRequire\([^)]*\)\('([^']+)'\)/g,
  );
  return [...statements].map(([, , type, named, dynamic, required]) => ({
    from,
    to: named ?? dynamic ?? required ?? '',
    typeOnly: type !== undefined,
  }));
});

const internal = imports
  .filter(({ to }) => to.startsWith('.'))
  .map((one) => ({
    ...one,
    to: relative(source, resolve(source, dirname(one.from), one.to))
      .split(sep)
      .join('/'),
  }));

function room(file: string): string {
  return file.includes('/') ? (dirname(file).split('/')[0] ?? '') : 'root';
}

const subjects = ['account', 'auth', 'mail', 'archive', 'terminal'];
/** What stands at the top of src and is known to all. */
const commonWords = ['errors.ts', 'uid-set.ts', 'version.ts'];

describe('the layers', () => {
  it('finds the imports it judges', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(internal.length).toBeGreaterThan(100);
  });

  it.each(subjects)('%s imports no other subject, but for the types of account.ts', (subject) => {
    const wrong = internal.filter(
      ({ from, to, typeOnly }) =>
        room(from) === subject &&
        ![subject, 'system'].includes(room(to)) &&
        !commonWords.includes(to) &&
        !(typeOnly && to === 'account/account.ts'),
    );
    expect(wrong).toEqual([]);
  });

  it('system imports only itself and the common words', () => {
    const wrong = internal.filter(
      ({ from, to }) =>
        room(from) === 'system' && room(to) !== 'system' && !commonWords.includes(to),
    );
    expect(wrong).toEqual([]);
  });

  it('only the start of the program imports the verbs', () => {
    const wrong = internal.filter(
      ({ from, to }) => room(to) === 'commands' && !['commands', 'root'].includes(room(from)),
    );
    expect(wrong).toEqual([]);
  });

  it('has no circle of imports', () => {
    const edges = new Map(
      files.map((file) => [file, internal.filter(({ from }) => from === file)] as const),
    );
    const done = new Set<string>();
    const walk = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) throw new Error([...path, file].join(' → '));
      if (done.has(file)) return;
      for (const { to, typeOnly } of edges.get(file) ?? []) {
        if (!typeOnly) walk(to, [...path, file]);
      }
      done.add(file);
    };
    for (const file of files) walk(file, []);
  });
});

describe('the doors', () => {
  it.each([
    ['imapflow', /^imapflow/, ['mail/connection.ts']],
    ['openid-client', /^(openid-client|oauth4webapi)/, ['auth/oauth-client.ts']],
    ['keytar', /^keytar$/, ['system/keytar.ts']],
    ['pino', /^pino/, ['terminal/pino.ts']],
    ['fs-native-extensions', /^fs-native-extensions$/, ['system/lock.ts']],
    ['sax', /^sax$/, ['account/discovery/autoconfig.ts']],
    ['socks', /^socks$/, ['system/tunnel.ts']],
    ['commander', /commander/, ['commands/root.ts']],
  ])('%s has one', (_, name, doors) => {
    const importers = imports.filter(({ to, typeOnly }) => name.test(to) && !typeOnly);
    expect([...new Set(importers.map(({ from }) => from))]).toEqual(doors);
  });

  it('imapflow’s types end in mail/, commander’s in commands/', () => {
    const wrong = imports.filter(
      ({ from, to }) =>
        (/^imapflow/.test(to) && room(from) !== 'mail') ||
        (/commander/.test(to) && room(from) !== 'commands'),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the style of src', () => {
  const texts = files.map((file) => ({ file, text: readFileSync(join(source, file), 'utf8') }));

  it.each([
    ['no cast', /\bas\s+(?!const\b)[A-Za-z{[(]/],
    ['no any', /:\s*any\b|<any>|\bany\[\]/],
    ['no suppressed check', /@ts-(ignore|expect-error|nocheck)|biome-ignore/],
    ['no variable at module level', /^(export )?let /m],
  ])('has %s', (_, pattern) => {
    const code = texts.map(({ file, text }) => ({ file, text: withoutProse(text) }));
    expect(code.filter(({ text }) => pattern.test(text)).map(({ file }) => file)).toEqual([]);
  });
});

/** Without comments, texts and import lists, where "as" is a word. */
function withoutProse(text: string): string {
  return text
    .replaceAll(
      /\/\*[\s\S]*?\*\/|\/\/.*$|`(?:[^`\\]|\\.)*`|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/gm,
      (found) => (found.startsWith('/') ? '' : "''"),
    )
    .replaceAll(/^import[\s\S]*?;$/gm, '');
}
