import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from '@decimalturn/toml-patch';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/account/config-schema.ts';
import { providerState } from '../../src/account/provider.ts';
import { providers } from '../../src/account/providers.ts';
import { exitCodes } from '../../src/errors.ts';
import { verbs } from '../../src/main.ts';
import { newHome, run } from '../support/run.ts';

const root = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');

/** Each code block with its language, "" without one. */
const blocks = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(
  ([, language = '', text = '']) => ({
    language,
    text,
  }),
);
/** Command lines as they are typed, those over several lines put together. */
const commands = blocks
  .filter(({ language }) => language === 'sh' || language === 'console')
  .flatMap(({ language, text }) => {
    const lines = text.replaceAll(/\\\n\s*/g, ' ').split('\n');
    return language === 'sh' ? lines : lines.filter((line) => line.startsWith('$ '));
  })
  .concat([...readme.matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line))
  .flatMap((line) => {
    const [, command] = /(?:^|[^\w-])(mailctl [^|#]*)/.exec(line) ?? [];
    return command === undefined ? [] : [command.trim()];
  });

function flagsIn(text: string): string[] {
  return [...text.matchAll(/(?<![\w-])--?[a-z][a-z-]*/gi)].map(([flag]) => flag);
}

describe('the README', () => {
  /** What each verb's help names, by verb. */
  const flags = new Map<string, ReadonlySet<string>>();
  beforeAll(async () => {
    const home = await newHome();
    const commandsWithFlags = [
      ...verbs.map(({ name }) => [name]),
      ['store', 'move'],
      ['providers', 'show'],
      ['providers', 'setup'],
    ];
    await Promise.all(
      commandsWithFlags.map(async (words) => {
        const { stdout } = await run([...words, '--help'], { home });
        const [before = ''] = stdout.split('\nExamples:\n');
        const [verb = ''] = words;
        flags.set(verb, new Set([...(flags.get(verb) ?? []), ...flagsIn(before)]));
      }),
    );
  });

  it('has each exit code with what it means, and no other', () => {
    const rows = [...readme.matchAll(/^\| (\d+) \| (.*?) *\|$/gm)];
    expect(rows.map(([, code, meaning]) => ({ code: Number(code), meaning }))).toEqual(exitCodes);
  });

  it('names every verb in its table, and no other', () => {
    const named = [...readme.matchAll(/^\| `mailctl ([\w-]+)[^|]*` \|/gm)].map(([, verb]) => verb);
    expect(named.sort()).toEqual(verbs.map(({ name }) => name).sort());
  });

  it('shows command lines', () => {
    expect(commands.length).toBeGreaterThan(8);
  });

  it.each(commands)('%s names a verb and flags that exist', (command) => {
    const [, verb = ''] = command.split(/\s+/);
    if (!/^-/.test(verb)) expect([...flags.keys(), 'help']).toContain(verb);
    // What is searched for is in quotes, and may begin with a minus.
    const words = command.replaceAll(/'[^']*'|"[^"]*"/g, ' ');
    for (const flag of flagsIn(words)) expect(flags.get(verb) ?? new Set()).toContain(flag);
  });

  it('names no flag in its text that no verb has', () => {
    const all = new Set([...flags.values()].flatMap((one) => [...one]));
    const text = readme.replaceAll(/^```.*?^```$/gms, '').replaceAll(/^ {4}.*$/gm, '');
    const named = [...text.matchAll(/`([^`]+)`/g)]
      .map(([, span = '']) => span)
      .filter((span) => /^-/.test(span) || /^mailctl /.test(span) || /^(\w+ )?--/.test(span))
      .flatMap(flagsIn);
    expect(named.length).toBeGreaterThan(5);
    for (const flag of named) expect([...all, '-vv', '--version']).toContain(flag);
  });

  it('names no verb in its text that there is not', () => {
    for (const [, verb = ''] of readme.matchAll(/`mailctl ([\w-]+)/g)) {
      expect([...flags.keys(), 'help']).toContain(verb);
    }
  });

  it('shows a config that is one, also with what is commented out', () => {
    const texts = blocks.filter(({ language }) => language === 'toml').map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) {
      expect(checkConfig(parse(text))).toHaveProperty('config');
      const all = text.replaceAll(/^# (?=\w+ = )/gm, '');
      expect(all).not.toBe(text);
      expect(checkConfig(parse(all))).toHaveProperty('config');
    }
  });

  it('names every setting there is', () => {
    const config = blocks
      .filter(({ language }) => language === 'toml')
      .map(({ text }) => text)
      .join();
    for (const setting of [
      ...['default_account', 'timeouts', 'connect', 'greeting', 'auth', 'command', 'idle'],
      ...['address', 'provider', 'client_id', 'client_secret', 'archive', 'store', 'key_file'],
      ...['issuer', 'authorization_endpoint', 'token_endpoint', 'revocation_endpoint', 'scopes'],
      ...[
        'device_authorization_endpoint',
        'redirect_host',
        'tenant',
        'redirect_port',
        'redirect_uri',
        'resource',
        'data_centres',
        'mechanism',
        'host',
        'port',
        'security',
        'ca_file',
        'client_cert_file',
        'client_key_file',
        'tls_fingerprint',
        'proxy',
      ],
    ]) {
      expect(config).toMatch(new RegExp(`\\b${setting}\\b`));
    }
  });

  it('has each provider in its table, with how one logs in there', () => {
    const [, table = ''] = /^\| provider \| login \|[^\n]*\n([\s\S]*?)\n\n/m.exec(readme) ?? [];
    const words = {
      oauth: 'OAuth',
      'oauth-by-request': 'OAuth by request',
      'app-password': 'app password',
    };
    const cells = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    const states = cells.flatMap(([, names = '', login = '']) =>
      [...names.matchAll(/`([\w-]+)`/g)].map(([, id = '']) => [id, login] as const),
    );
    expect(states.map(([id]) => id).sort()).toEqual(providers.map(({ id }) => id).sort());
    for (const [id, login] of states) {
      const provider = providers.find((one) => one.id === id);
      const state = provider === undefined ? 'oauth' : providerState(provider);
      expect([id, login.split(',')[0]]).toEqual([id, words[state]]);
    }
  });

  it('names files and npm scripts that are there', () => {
    const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
    for (const [, path = ''] of readme.matchAll(/[`(]((?:src|test|bin|\.github)\/[\w./-]+)[`)]/g)) {
      expect([path, existsSync(fileURLToPath(new URL(path, root)))]).toEqual([path, true]);
    }
    for (const [, script = ''] of readme.matchAll(/npm run ([\w:]+)/g)) {
      expect(Object.keys(scripts)).toContain(script);
    }
  });
});
