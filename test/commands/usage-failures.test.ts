import { describe, expect, test } from 'vitest';
import { type ExpectedFailure, expectFailure, runBoth } from '../support/failure.ts';
import { newHome, run } from '../support/run.ts';

interface Case extends ExpectedFailure {
  name: string;
  args: readonly string[];
}

const usage = { code: 64, kind: 'usage' } as const;

// Nobody has a config here: what is wrong with the command line is told first.
const cases: readonly Case[] = [
  {
    ...usage,
    name: 'an unknown verb',
    args: ['lsit'],
    message: /^unknown command 'lsit'.*list/,
    hint: /^mailctl --help$/,
  },
  {
    ...usage,
    name: 'an unknown flag',
    args: ['list', '--limti', '3'],
    message: /^unknown option '--limti'.*--limit/,
    hint: /^mailctl list --help$/,
  },
  {
    ...usage,
    name: 'a flag without its value',
    args: ['list', '--limit'],
    message: /--limit <number>.* missing$/,
    hint: /--help$/,
  },
  {
    ...usage,
    name: 'a number that is none',
    args: ['list', '--limit', '0x10'],
    message: /--limit.*0x10.*whole number from 1/,
    hint: /--help$/,
  },
  {
    ...usage,
    name: 'a word too many',
    args: ['folders', 'INBOX'],
    message: /^too many arguments for 'folders'/,
    hint: /--help$/,
  },
  {
    ...usage,
    name: 'a choice that is none',
    args: ['login', 'a@b.example', '--store', 'plain'],
    message: /--store.*plain.*keychain, file/,
    hint: /--help$/,
  },
  {
    ...usage,
    name: 'a UID that is none',
    args: ['show', '0'],
    message: /A message is named by its UID \(4711\)/,
    hint: /--help$/,
  },
  {
    ...usage,
    name: 'a login that lacks what nobody can be asked for',
    args: ['login', 'eve@example.net', '--no-discover'],
    message: /^login to eve@example\.net needs --issuer, --client-id, --imap-host$/,
    hint: /^mailctl login eve@example\.net --issuer … --client-id … --imap-host …$/,
  },
  {
    ...usage,
    name: 'a query that cannot be read, with a caret',
    args: ['search', 'from:grace', 'larger:huge'],
    message: /^the search cannot be read: .+\n {2}from:grace larger:huge\n {20}\^$/,
    hint: /^mailctl search --help/,
  },
  {
    ...usage,
    name: 'a command that is empty',
    args: ['fetch', '--pipe', ' '],
    message: /--pipe <command>.* must not be empty$/,
    hint: /^mailctl fetch --help$/,
  },
  {
    ...usage,
    name: 'a name for files with a field there is not',
    args: ['fetch', '--format', 'eml', '--name', '{date} {sbject}'],
    message: /--name <template>.* There is no \{sbject\}: it knows \{date\} .*\{message-id\}$/,
    hint: /^mailctl fetch --help$/,
  },
  {
    ...usage,
    name: 'a verb of verbs without one of them',
    args: ['archive'],
    message: /^archive needs another word$/,
    hint: /^mailctl archive --help$/,
  },
  {
    ...usage,
    name: 'a log file that cannot be written',
    args: ['list', '--log-file', 'no/such/folder/log'],
    message: /^cannot write the log no\/such\/folder\/log: /,
    hint: null,
  },
];

describe('a command line that cannot be understood', () => {
  for (const { name, args, ...expected } of cases) {
    test(name, async () => {
      const [plain, json] = await runBoth(args, { home: await newHome() });
      expectFailure(plain, json, expected);
    });
  }

  test('no verb at all', async () => {
    const { code, stderr } = await run([], { home: await newHome() });
    expect(code).toBe(64);
    expect(stderr).toMatch(/^mailctl: .+\n {2}→ mailctl .+\n$/m);
  });
});
