import { basename, dirname, relative, resolve, sep } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { folderPath } from '../../src/archive/folder-path.ts';

const archive = resolve('/home/ada/Mail');
const maxNameBytes = 255;

/** The folders below the archive a mailbox lies in. */
function levels(mailbox: string, delimiter: string | null = '/'): string[] {
  return relative(archive, folderPath(archive, mailbox, delimiter)).split(sep);
}

/** What holds for each folder of an archive, whatever the server calls it. */
function expectHarmless(path: string): void {
  expect(resolve(path)).toBe(path);
  expect(path.startsWith(archive + sep)).toBe(true);
  for (const name of relative(archive, path).split(sep)) {
    expect(name).not.toBe('');
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(maxNameBytes);
    expect(name).toBe(name.normalize('NFC'));
    expect(name.isWellFormed()).toBe(true);
    expect(name).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}/\\:*?"<>|]/u);
    expect(name).not.toMatch(/^[.~ -]|[. ]$/);
    expect(name).not.toMatch(/^(cur|new|tmp)$/i);
    expect(name).not.toMatch(/^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$)(\.|$)/i);
  }
}

/** As a disk that takes upper and lower case for one compares names. */
function folded(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase();
}

const state = '\\.mailctl(-\\w+)?\\.(json|index|lock)';
const temporary = '\\.[\\w-]{12}\\.tmp';
const mbox = 'messages\\.mbox(\\.lock|\\.lock\\.mailctl|\\.unfinished)?';
const eml = '.*\\.v\\d+u\\d+\\.(.*\\.)?(eml|part)';
/** What lies beside the folders of a mailbox's own subfolders, in whatever formats it is kept. */
const besideSubfolders = new RegExp(
  `^(cur|new|tmp|\\.gone|\\.headers|${state}|${temporary}|${mbox}|${eml})$`,
);
/** What lies beside the mailboxes of a Maildir++: INBOX is the archive itself. */
const besideMailboxes = new RegExp(
  `^(cur|new|tmp|\\.gone|\\.headers|maildirfolder|${state}|${temporary})$`,
);

describe('a mailbox lies where its name says', () => {
  it.each([
    ['INBOX', ['INBOX']],
    ['Projects/Lighthouse', ['Projects', 'Lighthouse']],
    ['[Gmail]/All Mail', ['[Gmail]', 'All Mail']],
    ['Entwürfe', ['Entwürfe']],
    ['下書き', ['下書き']],
    ['Gesendete Objekte', ['Gesendete Objekte']],
    ['a.b', ['a.b']],
    ["it's; $(id) `id` & co", ["it's; $(id) `id` & co"]],
    ['100%', ['100%25']],
    ['curious', ['curious']],
    ['new things', ['new things']],
    ['console', ['console']],
    ['dovecot-uidlist', ['dovecot-uidlist']],
    ['gone', ['gone']],
    ['messages.mbox', ['%6Dessages.mbox']],
    ['messages', ['messages']],
    ['old messages.mbox', ['old messages.mbox']],
    ['1970-01-01.V17U4.eml', ['1970-01-01%2EV17U4.eml']],
  ])('%s', (mailbox, expected) => {
    expect(levels(mailbox)).toEqual(expected);
  });

  it.each([
    ['Projects.Lighthouse', '.', ['Projects', 'Lighthouse']],
    ['Projects\\Lighthouse', '\\', ['Projects', 'Lighthouse']],
    ['Projects/Lighthouse', null, ['Projects%2FLighthouse']],
    ['Projects/Lighthouse', '.', ['Projects%2FLighthouse']],
  ])('%s with the delimiter %s', (mailbox, delimiter, expected) => {
    expect(levels(mailbox, delimiter)).toEqual(expected);
  });

  it.each([
    ['INBOX', '.'],
    ['Projects/Lighthouse', '.Projects.Lighthouse'],
    ['v1.2/Entwürfe', '.v1%2E2.Entw&APw-rfe'],
    ['gone', '.%67one'],
    ['Headers', '.%48eaders'],
    ['gone/forever', '.gone.forever'],
    ['Work/gone', '.Work.gone'],
    ['mailctl/json', '.%6Dailctl.json'],
    ['mailctl', '.mailctl'],
    ['mailctl-users', '.mailctl-users'],
  ])('%s in a Maildir++', (mailbox, expected) => {
    expect(folderPath(archive, mailbox, '/', 'maildir++')).toBe(resolve(archive, expected));
  });

  it('a name too long for a disk keeps its beginning in a Maildir++, too', () => {
    const long = folderPath(archive, `Ж${'x'.repeat(150)}/${'Ж'.repeat(100)}`, '/', 'maildir++');
    expect(basename(long)).toMatch(/^\.&BBY-x{114}%h[0-9a-f]{64}$/);
    const cut = folderPath(archive, `${'x'.repeat(110)}/${'Ж'.repeat(90)}`, '/', 'maildir++');
    expect(basename(cut)).toMatch(/^\.x{110}\.%h[0-9a-f]{64}$/);
  });

  it('a level too long for a disk keeps its beginning', () => {
    const [name = ''] = levels('Ж'.repeat(200));
    expect(name).toMatch(/^Ж{60}%h[0-9a-f]{64}$/);
    expect(levels('Ж'.repeat(100))).toEqual(['Ж'.repeat(100)]);
    expect(levels(`a/${'日'.repeat(300)}/b`)).toHaveLength(3);
    expect(levels(`con.${'x'.repeat(300)}`)?.[0]).toMatch(/^%63on\.x{116}%h[0-9a-f]{64}$/);
    expect(levels('/x'.repeat(1 << 18).slice(1))).toHaveLength(1 << 18);
    expect(levels('e\u0301'.repeat(1 << 18))).toHaveLength(1);
  });
});

describe('a hostile name stays inside the archive', () => {
  const hostile = [
    // C1: climbing out
    ...['../../../../tmp/pwned', 'a/../../../x', 'INBOX/../../x', '..', '.', '...', 'a/..', 'a/.'],
    // C3: what a shell or a home folder would make of it
    ...['~/evil', '~', '~root/x', '.ssh/authorized_keys', '.forward', '-rf', '--help', ' '],
    // C5: Maildir's own names, and mailctl's
    ...['cur', 'new', 'tmp', 'CUR', 'cur/x', 'x/new', 'tmp.', 'dovecot-uidlist', 'x.lock'],
    ...['.mailctl.json', '.mailctl.lock', 'INBOX/.mailctl.json', '.nfs0001'],
    // C7: a shell
    ...['$(touch /tmp/pwned)', '`id`', 'a;b', 'a|b', '$HOME', '%HOME%', '%h'],
    // C9: protocol
    ...['{9}\r\nnew\r\nline', '{3}\r\nA1 OK done\r\n* LIST () "/" x', 'a\nb', 'a\rb'],
    // C11: a terminal
    ...[
      'esc\u001b]0;PWNED\u0007',
      'bell\u0007',
      'tab\tb',
      'nul\0',
      '\u009b2J',
      'a\u007f',
      '\u202egnp',
    ],
    // C13: broken encodings
    ...[
      '&bad',
      '&!!!-',
      '\ud800',
      'a\udc00b',
      '\ufffd',
      '\ufeffx',
      '\uffff',
      'caf\u00e9',
      'cafe\u0301',
    ],
    // what Windows keeps for itself
    ...[
      'con',
      'CON.txt',
      'aux',
      'nul',
      'com1',
      'LPT9.x',
      'a:b',
      'C:\\x',
      '\\\\server\\share',
      'a. ',
    ],
    ...['trailing.', 'trailing ', '\u2028', '\u2029', '\u200d', '\u{e0041}'],
  ];

  it.each(hostile)('%j', (mailbox) => {
    for (const delimiter of ['/', '.', '\\', ' ', null, '\u00e9', '\u{1f4e7}', '::']) {
      expectHarmless(folderPath(archive, mailbox, delimiter));
    }
    const whole = folderPath(archive, mailbox, null);
    expect(dirname(whole)).toBe(archive);
  });

  it('and none of them shares its folder with another', () => {
    for (const delimiter of ['/', null]) {
      const paths = hostile.map((mailbox) => folderPath(archive, mailbox, delimiter));
      expect(new Set(paths).size).toBe(hostile.length);
    }
  });

  it('an empty level has a folder, too', () => {
    expect(levels('a//b')).toEqual(['a', '%', 'b']);
    expect(levels('/a')).toEqual(['%', 'a']);
    expect(levels('a/')).toEqual(['a', '%']);
    expect(levels('', null)).toEqual(['%']);
    expect(levels('a.b/../../c', '.')).toEqual(['a', 'b%2F', '%', '%2F', '%', '%2Fc']);
  });
});

describe('two mailboxes never share a folder', () => {
  it.each([
    ['a/b', 'a%2Fb', null],
    ['a/b', 'a%2Fb', '/'],
    ['%', '%25', '/'],
    ['%25', '%2525', '/'],
    ['cur', '%63ur', '/'],
    ['.x', '%2Ex', '/'],
    ['..', '%2E%2E', '/'],
    ['café', 'cafe\u0301', '/'],
    ['\u212b', '\u00c5', '/'],
    ['\u212b', 'A\u030a', '/'],
    ['\ufb01', 'fi', '/'],
    ['\ud800', '\ufffd', '/'],
    ['\ud800', '\ud801', '/'],
    ['\ud800', '%uD800', '/'],
    ['e\u0301', '%u0065%u0301', '/'],
    ['e\u0301', 'e%u0301', '/'],
    ['\u0000', '%00', '/'],
    ['a b', 'a  b', '/'],
    ['a ', 'a', '/'],
    ['a.', 'a', '/'],
    ['\u200ba', 'a', '/'],
  ])('%j and %j (delimiter %j)', (one, other, delimiter) => {
    const [first, second] = [
      folderPath(archive, one, delimiter),
      folderPath(archive, other, delimiter),
    ];
    expect(first).not.toBe(second);
    expect(first.normalize('NFD')).not.toBe(second.normalize('NFD'));
  });

  it('not even names that are as long as a disk allows and longer', () => {
    const names = ['x', 'é', '日', '\u{1f4e7}', 'e\u0301', '%', '\ud800'].flatMap((one) =>
      [60, 66, 67, 68, 199, 200, 201, 250, 255, 256, 300, 1000].flatMap((length) => [
        one.repeat(length),
        `${one.repeat(length)}a`,
        `${one.repeat(length)}b`,
      ]),
    );
    const paths = names.map((name) => folderPath(archive, name, '/'));
    for (const path of paths) expectHarmless(path ?? '');
    expect(new Set(paths).size).toBe(names.length);
  });

  const piece = fc.constantFrom(
    ...['a', 'A', '.', '..', '/', '%', '%2F', '%u0041', '2F', 'u', ' ', '~', '-', 'cur', 'con'],
    ...['é', 'e\u0301', '\u0301', '\u212b', '\u00c5', '日', '\u{1f4e7}', '\ud83d', '\ude00', '\0'],
    ...['\\', ':', '\r\n', '\u202e', '\u200d', '\u3000', '\uac00', '\u1100\u1161'],
  );
  const name = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.array(piece, { minLength: 40, maxLength: 300 }).map((pieces) => pieces.join('')),
  );
  const delimiter = fc.constantFrom('/', '.', '\\', null);

  it('whatever they are called', () => {
    fc.assert(
      fc.property(name, name, delimiter, (one, other, between) => {
        fc.pre(one !== other);
        const [first, second] = [
          folderPath(archive, one, between),
          folderPath(archive, other, between),
        ];
        expectHarmless(first);
        expectHarmless(second);
        // Some disks take names that differ in their normal form for one.
        expect(first.normalize('NFC')).not.toBe(second.normalize('NFC'));
      }),
      { numRuns: 3000 },
    );
  });

  it('nor does one lie in the Maildir folders of another', () => {
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (parts) => {
        const mailbox = parts.map((part) => part.replaceAll('/', '')).join('/');
        const path = folderPath(archive, mailbox, '/');
        expectHarmless(path);
        const parent = mailbox.split('/').slice(0, -1).join('/');
        if (parent !== '') expect(dirname(path)).toBe(folderPath(archive, parent, '/'));
        expect(['cur', 'new', 'tmp']).not.toContain(basename(path).toLowerCase());
      }),
    );
  });

  const ofOurs = fc.constantFrom(
    ...['gone', 'headers', 'HEADERS', 'header\u017f', 'mailctl', 'json', 'index', 'lock', 'mbox'],
    ...[
      'messages',
      'meßages',
      '.',
      '-',
      '/',
      '.V1U2',
      '.v17u4',
      '.eml',
      '.kept-1',
      '.part',
      '.mailctl',
    ],
    ...[
      'AAAAAAAAAAAA',
      'tmp',
      'maildirfolder',
      'INBOX',
      'unfinished',
      '%',
      '&',
      '日',
      'x'.repeat(90),
    ],
  );
  const named = fc.oneof(
    name,
    fc
      .array(fc.oneof({ weight: 5, arbitrary: ofOurs }, piece), { minLength: 1, maxLength: 9 })
      .map((pieces) => pieces.join('')),
  );
  const layout = fc.constantFrom('tree', 'maildir++');

  it('nor is one called like what an archive has for itself, on whichever disk', () => {
    fc.assert(
      fc.property(named, delimiter, layout, (mailbox, between, kind) => {
        const path = folderPath(archive, mailbox, between, kind);
        if (path === null || path === archive) return;
        for (const level of relative(archive, path).split(sep)) {
          expect(Buffer.byteLength(level)).toBeLessThanOrEqual(maxNameBytes);
          expect(folded(level)).not.toMatch(kind === 'tree' ? besideSubfolders : besideMailboxes);
        }
      }),
      { numRuns: 5000 },
    );
  });

  /** Names that are likely to be taken for the first: most of all, how that is spelled on the disk. */
  const alike = [
    (_: string, path: string) => path.replace(/^[.]/, ''),
    (_: string, path: string) => path.toLowerCase(),
    (name: string) => name.normalize('NFC'),
    (name: string) => name.normalize('NFD'),
    (name: string) => name.toUpperCase(),
    (name: string) => name.replaceAll('/', '.'),
    (name: string) => name.replaceAll('.', '%2E'),
    (name: string) => `${name}.`,
    (name: string) => name.slice(0, -1),
  ] as const;

  it('nor are two called alike, on a disk that takes upper and lower case for one', () => {
    const pair = fc.oneof(named, fc.constantFrom(...alike));
    fc.assert(
      fc.property(named, pair, delimiter, layout, (one, second, between, kind) => {
        const path = folderPath(archive, one, between, kind);
        if (path === null) return;
        const spelled = relative(archive, path).replaceAll(sep, between ?? sep);
        const other = typeof second === 'string' ? second : second(one, spelled);
        const otherPath = folderPath(archive, other, between, kind);
        if (one === other || otherPath === null) return;
        expect(path.normalize('NFC')).not.toBe(otherPath.normalize('NFC'));
        // Modified UTF-7, which Maildir++ asks for, tells upper from lower case.
        if (kind === 'maildir++' || folded(one) === folded(other)) return;
        expect(folded(path)).not.toBe(folded(otherPath));
      }),
      { numRuns: 5000 },
    );
  });

  it('a letter that Unicode has yet to assign is kept, as a newer Node would keep it', () => {
    for (const letter of ['\u{1fafd}', '\u{3fffd}']) {
      expect(levels(`box ${letter}`)).toEqual([`box ${letter}`]);
    }
  });
});
