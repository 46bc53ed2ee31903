import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from '@decimalturn/toml-patch';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoadedConfig } from '../../src/account/config.ts';
import { saveConfig, withAccount } from '../../src/account/config-edit.ts';
import { type AccountConfig, checkConfig } from '../../src/account/config-schema.ts';

const bee: AccountConfig = {
  address: 'bea@example.net',
  client_id: 'mailctl',
  store: 'keychain',
  oauth: { issuer: 'https://login.example.net', scopes: ['email', 'offline_access'] },
  imap: { host: 'imap.example.net', port: 993 },
};

/** As a config file with this text is loaded. */
function load(text: string): LoadedConfig {
  const checked = checkConfig(parse(text));
  if ('problem' in checked) throw new Error(checked.problem);
  return { path: '/config.toml', text, config: checked.config };
}

/** A value as plain data: no undefined, no prototypes. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Add or change an account, and see that the text says exactly that. */
async function edit(text: string, name: string, entry: AccountConfig): Promise<string> {
  const loaded = load(text);
  const edited = await withAccount(loaded, name, entry);
  expect(plain(load(edited).config)).toEqual(
    plain({ ...loaded.config, accounts: { ...loaded.config.accounts, [name]: entry } }),
  );
  return edited;
}

const written = {
  'tables, with comments everywhere': `# my mail
default_account = 'club'   # the one I read

timeouts = { connect = 7,  command = 50 } # a slow line

  [accounts.club]     # indented by hand
  address="grace@example.org" # no blanks
  client_id    =    "aligned"
  imap.host = "imap.example.org"
  # client_secret = "later"

  [accounts.club.oauth]
  issuer = 'https://login.example.org'
  scopes = [
    "email",      # first
    "offline_access",
  ]
# the end
`,
  'inline tables': `# all in one
accounts = { club = { address = "grace@example.org", imap = { host = "imap.example.org" } } } # here
`,
  'dotted keys': `accounts.club.address = "grace@example.org" # dotted
accounts.club.imap.host = "imap.example.org"
# between
accounts.club.imap.port = 993
`,
  'tables under one heading': `[accounts]
# grace
club = { address = "grace@example.org", imap.host = "imap.example.org" } # club

# and nothing else
`,
  'CRLF line ends':
    '# windows\r\ndefault_account = "club"\r\n\r\n[accounts.club] # club\r\naddress = "grace@example.org"\r\n[accounts.club.imap]\r\nhost = "imap.example.org"\r\n# end\r\n',
  'no line end at the end': `[accounts.club]
address = "grace@example.org" # grace
[accounts.club.imap]
host = "imap.example.org" # the end`,
  'an inline table inside a table': `[accounts.club]
address = "grace@example.org"
imap = { host = "imap.example.org", port = 993 } # the server
# oauth comes later
`,
  'quoted names and other texts': `[accounts."ada@example.org"]
address = 'ada@example.org' # quoted
archive = '''~/Mail/#1'''   # not a comment inside
client_id = """
mailctl"""

["accounts"."club"]
"address" = "grace@example.org" # bare keys are for others
`,
};
const ways = Object.entries(written);

/** The comments of a config, in their order. */
function comments(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, comment] = /(?:^|[\s}\]"'])(#[^"']*)$/.exec(line) ?? [];
    return comment === undefined ? [] : [comment.trim()];
  });
}

/** Whether all these lines stand in a text, in this order. */
function holdsLines(text: string, lines: readonly string[]): boolean {
  const rest = text.split('\n');
  return lines.every((line) => {
    const at = rest.indexOf(line);
    rest.splice(0, at + 1);
    return at !== -1;
  });
}

describe('a config with no account yet', () => {
  it('is written so that a person can read it', async () => {
    const text = await withAccount(null, 'bee', bee);
    expect(text).toBe(`[accounts.bee]
address = "bea@example.net"
client_id = "mailctl"
store = "keychain"

[accounts.bee.oauth]
issuer = "https://login.example.net"
scopes = [ "email", "offline_access" ]

[accounts.bee.imap]
host = "imap.example.net"
port = 993
`);
    expect(plain(load(text).config)).toEqual({ accounts: { bee } });
  });

  it.each([
    ['empty', ''],
    ['a comment', '# nothing yet\n'],
    ['a comment without a line end', '# nothing yet'],
    ['other settings', 'timeouts = { idle = 9 } # patience\n'],
    ['a default that is not there yet', "default_account = 'bee'\n"],
    ['a table of settings', '[timeouts]\nidle = 9 # patience\n'],
    ['an empty table of accounts', '[accounts]\n# here\n'],
    ['an empty inline table of accounts', 'accounts = {} # here\n'],
  ])('that is %s keeps what it has', async (_, text) => {
    const edited = await edit(text, 'bee', bee);
    expect(comments(edited)).toEqual(comments(text));
  });
});

describe.each(ways)('an account is added to a config in %s', (_, text) => {
  it('and what the person wrote stays as it is', async () => {
    const edited = await edit(text, 'bee', bee);
    expect(comments(edited)).toEqual(comments(text));
    // Where a new table can follow, nothing before it is touched.
    const inline = /^accounts = \{|^club = \{/m.test(text);
    if (!inline) expect(edited.startsWith(text)).toBe(true);
    else
      expect(
        holdsLines(
          edited,
          text.split('\n').filter((line) => !/[{}]/.test(line)),
        ),
      ).toBe(true);
  });

  it('and then changed, and another, and each stays readable', async () => {
    const once = await edit(text, 'bee', bee);
    const twice = await edit(once, 'bee', {
      ...bee,
      client_id: 'another',
      imap: { host: 'h.example.net' },
    });
    const thrice = await edit(twice, 'work@example.com', { ...bee, address: 'work@example.com' });
    expect(comments(thrice)).toEqual(comments(text));
    expect(await edit(thrice, 'bee', bee)).toContain('bea@example.net');
  });

  it('with line ends of one kind', async () => {
    const edited = await edit(text, 'bee', bee);
    if (text.includes('\r\n')) expect(edited.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    else expect(edited).not.toContain('\r');
  });
});

describe.each(ways)('an account is changed in a config in %s', (_, text) => {
  const club = () => {
    const entry = load(text).config.accounts?.['club'];
    if (entry === undefined) throw new Error('there is no club');
    return entry;
  };

  it('to what it is, and not a byte changes', async () => {
    expect(await edit(text, 'club', club())).toBe(text);
  });

  it('in one setting, and every comment stays', async () => {
    const edited = await edit(text, 'club', { ...club(), address: 'new@example.org' });
    expect(edited).toBe(text.replace('grace@example.org', 'new@example.org'));
  });

  it('by a setting it did not have, and every comment stays', async () => {
    const entry = club();
    const changed = {
      ...entry,
      store: 'file' as const,
      key_file: '/k',
      oauth: {
        ...entry.oauth,
        issuer: 'https://login.example.org',
        redirect_host: 'localhost' as const,
      },
      imap: { host: 'imap.example.org', ...entry.imap, security: 'starttls' as const },
    };
    expect(comments(await edit(text, 'club', changed))).toEqual(comments(text));
  });

  it('by the loss of a setting', async () => {
    const { imap: _gone, ...rest } = club();
    await edit(text, 'club', rest);
  });
});

describe('whatever is added or changed', () => {
  const text = fc
    .oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
      fc.constantFrom(
        '"',
        "'",
        '\\',
        '"""',
        "'''",
        '#',
        '[x]',
        'a = 1',
        '{',
        '\u{1f4e7}',
        '\u2028',
        '\\u0041',
      ),
    )
    .filter((value) => !/[\u0000-\u001f\u007f]/.test(value) && value.isWellFormed());
  const optional = { requiredKeys: [] as [] };
  const entry = fc.record(
    {
      address: fc.constantFrom(
        'ada@example.org',
        'a"b@example.org',
        "o'neil@example.org",
        'a#b@c.d',
      ),
      client_id: text,
      client_secret: text,
      archive: text,
      store: fc.constantFrom('keychain' as const, 'file' as const),
      key_file: text,
      oauth: fc.record(
        {
          issuer: fc.constant('https://login.example.org/#x'.slice(0, -2)),
          scopes: fc.array(
            text.map((one) => `${one.replaceAll(/\s/g, '')}x`),
            { minLength: 1, maxLength: 4 },
          ),
          redirect_host: fc.constantFrom('localhost' as const, '127.0.0.1' as const),
        },
        optional,
      ),
      imap: fc.record(
        {
          host: fc.constantFrom('imap.example.org', '::1', 'bücher.example'),
          port: fc.integer({ min: 1, max: 65_535 }),
          security: fc.constantFrom('tls' as const, 'starttls' as const),
          ca_file: text,
        },
        optional,
      ),
    },
    { requiredKeys: ['address'] },
  );
  const name = fc.constantFrom(
    'bee',
    'club',
    'ada@example.org',
    '1',
    '1.5',
    'true',
    'toString',
    'a.b',
    'x-y_z',
  );

  it.each(ways)(
    'to a config in %s, the text says exactly that, and keeps the comments',
    async (_, before) => {
      await fc.assert(
        fc.asyncProperty(name, entry, async (account, settings) => {
          const edited = await edit(before, account, settings);
          const kept = comments(before).every((comment) => edited.includes(comment));
          // A comment goes with the setting it stands behind.
          if (!Object.hasOwn(load(before).config.accounts ?? {}, account)) expect(kept).toBe(true);
        }),
        { numRuns: 60 },
      );
    },
  );

  it('one after another', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('', ...Object.values(written)),
        fc.array(fc.tuple(name, entry), { minLength: 1, maxLength: 5 }),
        async (before, steps) => {
          let config = before;
          for (const [account, settings] of steps) config = await edit(config, account, settings);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the config is saved', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'mailctl-config-'));
    path = join(directory, 'config.toml');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('whole, for its owner alone, with the folders it needs', async () => {
    const deep = join(directory, 'a', 'b', 'config.toml');
    await saveConfig(deep, 'x = 1\n');
    expect(readFileSync(deep, 'utf8')).toBe('x = 1\n');
    expect(readdirSync(join(directory, 'a', 'b'))).toEqual(['config.toml']);
    if (process.platform === 'win32') return;
    expect(statSync(deep).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'a')).mode & 0o777).toBe(0o700);
  });

  it.skipIf(process.platform === 'win32')(
    'where a link points to, and the link stays',
    async () => {
      mkdirSync(join(directory, 'dotfiles'));
      const dotfile = join(directory, 'dotfiles', 'mailctl.toml');
      writeFileSync(dotfile, 'old');
      symlinkSync(join('dotfiles', 'mailctl.toml'), path);
      await saveConfig(path, 'new');
      expect(readFileSync(dotfile, 'utf8')).toBe('new');
      expect(lstatSync(path).isSymbolicLink()).toBe(true);
    },
  );

  it('or told where it cannot be', async () => {
    mkdirSync(path);
    await expect(saveConfig(path, 'x')).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining(path),
    });
    expect(readdirSync(directory)).toEqual(['config.toml']);
  });
});
