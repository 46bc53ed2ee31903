import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { type MailHome, makeMailHome } from '../support/mail-home.ts';
import { run, startProgram } from '../support/run.ts';

const program = fileURLToPath(new URL('../../bin/mailctl.js', import.meta.url));

describe.skipIf(process.platform === 'win32')('completion', () => {
  let place: MailHome;
  /** A home whose PATH leads to mailctl. */
  let env: Record<string, string>;

  beforeAll(async () => {
    place = await makeMailHome({
      script: {
        on: [
          [
            /^LIST "" "\*"/,
            [
              '* LIST () "/" INBOX',
              '* LIST () "/" "Two words"',
              '* LIST () "/" Lists/Harbour',
              '* LIST () "/" "Lists/a:b"',
              '* LIST () "/" &ZeVnLIqe-',
              '<tag> OK done',
              '',
            ].join('\r\n'),
          ],
        ],
      },
    });
    const bin = join(place.home.directory, 'bin');
    mkdirSync(bin);
    symlinkSync(program, join(bin, 'mailctl'));
    env = { ...place.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const folders = await run(['folders'], { home: place.home, env: place.env });
    expect(folders.code).toBe(0);
  });

  async function words(...line: string[]): Promise<string[]> {
    const args = ['completion', 'words', '--', ...line];
    const { code, stdout, stderr } = await run(args, { home: place.home });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((text) => text.split('\t')[0] ?? '');
  }

  test.each<[string[], string[]]>([
    [['li'], ['list']],
    [['lo'], ['login', 'logout', 'log']],
    [['store', ''], ['move']],
    [['help', 'fol'], ['folders']],
    [
      ['list', '--fo'],
      ['--folder', '--format'],
    ],
    [['list', '--no-p'], ['--no-progress']],
    [['--js'], ['--json']],
    [
      ['list', '--sort', '-'],
      ['-date', '-size', '-from'],
    ],
    [['list', '-f', 'I'], ['INBOX']],
    [
      ['list', '--folder', 'Lists/'],
      ['Lists/a:b', 'Lists/Harbour'],
    ],
    [['list', '--folder', 'T'], ['Two words']],
    [['list', '--folder', '日'], ['日本語']],
    [['list', '--folder=Lists/H'], ['--folder=Lists/Harbour']],
    [['list', '-a', ''], ['club']],
    [['-a', 'club', 'list', '-f', 'I'], ['INBOX']],
    [['-a', 'other', 'list', '-f', 'I'], []],
    [['list', '--config', ''], [':files']],
    [['token', '--format', 'x'], ['xoauth2']],
    [['search', 'su'], ['subject:']],
    [['schema', 'mess'], ['message']],
    [['completion', 'f'], ['fish']],
    [['nosuch', '--js'], ['--json']],
    [['list', 'x'], []],
  ])('of %j is %j', async (line, expected) => {
    expect(await words(...line)).toEqual(expected);
  });

  test('of a broken config is no word, and no complaint', async () => {
    const file = join(place.home.directory, 'broken.toml');
    writeFileSync(file, 'this is no [ config');
    const args = ['completion', 'words', '--config', file, '--', 'list', '-a', ''];
    const { code, stdout, stderr } = await run(args, { home: place.home });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('for a shell there is not is refused', async () => {
    const { code, stderr } = await run(['completion', 'csh'], { home: place.home });
    expect(code).toBe(64);
    expect(stderr).toMatch(/bash, zsh, fish, powershell/);
  });

  test.each<[string, string[]]>([
    ['mailctl li', ['list']],
    ['mailctl list --fo', ['--folder', '--format']],
    ['mailctl list -f T', ['Two\\ words']],
    ['mailctl list -f Lists/a:', ['b']],
    ['mailctl list --folder=Lists/H', ['Lists/Harbour']],
    ['mailctl search subj', ['subject:']],
  ])('in bash: %s', async (line, expected) => {
    const script = [
      'source <(mailctl completion bash)',
      'compopt() { :; }',
      `COMP_LINE='${line}' COMP_POINT=${line.length}`,
      '_mailctl',
      `printf '%s\\n' "\${COMPREPLY[@]}"`,
    ].join('\n');
    const { home } = place;
    const { stdout, stderr } = await startProgram('bash', ['-c', script], { home, env }).result;
    expect({ stderr, found: stdout.split('\n').slice(0, -1) }).toEqual({
      stderr: '',
      found: expected,
    });
  });

  test.skipIf(inject('parts').shells !== null).each<[string, string[]]>([
    ['mailctl li', ['list\tlist the newest messages of a folder']],
    ['mailctl list -f T', ['Two words']],
    ['mailctl list --folder Lists/H', ['Lists/Harbour']],
    ['mailctl -a ', ['club']],
  ])('in fish: %s', async (line, expected) => {
    const script = `mailctl completion fish | source; complete -C '${line}'`;
    const { home } = place;
    const { stdout } = await startProgram('fish', ['-N', '-c', script], { home, env }).result;
    expect(
      stdout
        .split('\n')
        .slice(0, -1)
        .map((found) => found.trimEnd()),
    ).toEqual(expected);
  });

  test.skipIf(inject('parts').shells !== null)('in zsh', async () => {
    // zsh completes only on a terminal, so one is made for it; a key of its own shows the line.
    const setUp = [
      'PROMPT=; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -D',
      'source <(mailctl completion zsh)',
      'show() { print -r -- "BUFFER<$BUFFER>" }; zle -N show; bindkey "^X" show; print REA""DY',
    ].join('; ');
    const script = [
      'zmodload zsh/zpty; zpty z zsh -f -i',
      `zpty -w z '${setUp}'`,
      'zpty -r z out "*READY*"',
      "zpty -n -w z $'mailctl list --folder Two\\t --sort -si\\t\\x18'",
      'zpty -r z out "*BUFFER<*>*"',
      'print -r -- "$out"; zpty -d z',
    ].join('\n');
    const { home } = place;
    const { stdout } = await startProgram('zsh', ['-f', '-c', script], {
      home,
      env: { ...env, TERM: 'xterm' },
    }).result;
    expect(stdout).toContain('BUFFER<mailctl list --folder Two\\ words --sort -size');
  });
});
