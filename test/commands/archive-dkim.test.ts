import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { archivedFiles } from '../sandbox/archive-files.ts';
import { census, messagesOfMbox, served } from '../support/archived.ts';
import { makeKeys, type Signing, sign, verifiedByDkimpy, verifiedByPerl } from '../support/dkim.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';

const header = [
  'From: "Lindqvist,  Bea" <bea@example.net>',
  'To: Ada <ada@example.org>,\r\n\tGrace <grace@example.org>',
  'Subject: Signed  =?utf-8?Q?Gr=C3=BC=C3=9Fe?= \t',
  'Date: Mon, 2 Nov 2026 10:00:00 +0000',
  'Message-ID:<signed@example.net>',
  'MIME-Version: 1.0',
  'Content-Type: text/plain;\r\n charset=utf-8',
  '',
].join('\r\n');
const fields = ['from', 'to', 'subject', 'date', 'message-id', 'mime-version', 'content-type'];

/** What programs that mean well change on the way. */
const messages: Readonly<Record<string, Buffer>> = {
  plain: Buffer.from(`${header}\r\nAt seven?\r\n`),
  'blank lines at the end': Buffer.from(`${header}\r\nAt seven?\r\n\r\n\r\n\r\n`),
  'blank lines at the beginning': Buffer.from(`${header}\r\n\r\n\r\nAt seven?\r\n`),
  dots: Buffer.from(`${header}\r\n.\r\n..\r\n.At seven?\r\n.\r\n`),
  'lines that begin with From': Buffer.from(
    `${header}\r\nFrom me\r\n>From you\r\n\r\nFrom us, at seven\r\n>>From \r\n`,
  ),
  blanks: Buffer.from(`${header}\r\n At   seven? \t\r\n \r\n\t\r\nx \r\n`),
  'UTF-8, in the header, too': Buffer.from(
    `${header.replace('Ada', 'Åda')}\r\nGrüße, 七時?\u00a0\r\n`,
  ),
  'any other byte': Buffer.concat([
    Buffer.from(`${header}\r\n`),
    Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1)).filter(
      (byte) => byte !== 0x0d && byte !== 0x0a,
    ),
    Buffer.from('\r\n'),
  ]),
  'long lines': Buffer.from(`${header}\r\n${'seven '.repeat(2000)}\r\n${'x'.repeat(998)}\r\n`),
  'no line end at the end': Buffer.from(`${header}\r\nAt seven?\r\nYes`),
  'an empty body': Buffer.from(`${header}\r\n`),
  'no body': Buffer.from(header),
};
const inPieces = Buffer.from(
  `${header}\r\n${`${'0123456789abcdef'.repeat(4)}\r\n`.repeat(40_000)}end\r\n`,
);

describeWith(['dovecot', 'dkim'], 'a DKIM signature in an archive', () => {
  const keys = makeKeys();
  const ways = [
    { algorithm: 'rsa-sha256', header: 'simple', body: 'simple' },
    { algorithm: 'rsa-sha256', header: 'relaxed', body: 'relaxed' },
    { algorithm: 'rsa-sha256', header: 'simple', body: 'relaxed', length: true },
    { algorithm: 'ed25519-sha256', header: 'relaxed', body: 'simple' },
  ] as const;
  const signings = Object.values(messages).flatMap((message): Signing[] =>
    ways.map((way) => ({ ...way, message, fields })),
  );
  let provider: Provider;
  let signed: readonly Buffer[];
  let home: Home;
  const box = () => join(home.data, 'mailctl', 'club', 'INBOX');
  const emlNames = () => readdirSync(box()).filter((name) => name.endsWith('.eml'));
  const read = (names: readonly string[]) => names.map((name) => readFileSync(join(box(), name)));

  beforeAll(async () => {
    const once = sign(keys, signings);
    // A second signature over the first, by the other algorithm.
    const [plain = Buffer.of()] = once;
    const again = { algorithm: 'ed25519-sha256', header: 'relaxed', body: 'relaxed' } as const;
    signed = [
      ...once,
      ...sign(keys, [
        { message: plain, ...again, fields },
        { message: inPieces, fields, ...ways[0] },
      ]),
    ];
    provider = await startProvider();
    for (const message of signed) provider.imap.deliver(ada, 'INBOX', message);
    home = await newHome();
    await provider.login(home, { name: 'club' });
  });

  /** Every message is there, and to each both verifiers say the same. */
  const expectVerdict = (all: readonly Buffer[], verdict: boolean) => {
    expect(all).toHaveLength(signed.length);
    expect(verifiedByDkimpy(keys, all).filter((good) => good !== verdict)).toEqual([]);
    // Mail::DKIM knows RSA, and no last line without an end.
    const known = all.filter((one) => one.subarray(-2).equals(Buffer.from('\r\n')));
    const ofRsa = known.filter((one) => !one.includes('a=ed25519-sha256'));
    expect(ofRsa.length).toBeGreaterThan(Object.keys(messages).length);
    expect(verifiedByPerl(keys, ofRsa).filter((good) => good !== verdict)).toEqual([]);
  };

  test('is good in an .eml, whose bytes are those that were signed', async () => {
    expect((await run(['fetch', '--format', 'eml'], { home })).code).toBe(0);
    const all = read(emlNames());
    expect(census(all)).toEqual(census(signed));
    expectVerdict(all, true);
  });

  test('is not good any more when one byte is another', () => {
    expectVerdict(
      read(emlNames()).map((message) => {
        const changed = Buffer.from(message);
        // A letter, as to relaxed canonicalization blanks are all the same.
        const at = changed.findLastIndex((byte) => /\w/.test(String.fromCharCode(byte)));
        changed[at] = (changed[at] ?? 0) ^ 1;
        return changed;
      }),
      false,
    );
  });

  test('is good in a Maildir whose line ends are kept', async () => {
    const keep = ['--line-endings', 'keep'];
    expect((await run(['fetch', ...keep], { home })).code).toBe(0);
    expectVerdict(
      (await archivedFiles(box())).map((path) => readFileSync(path)),
      true,
    );
  });

  test('is good in an mbox, its quoting undone', async () => {
    expect((await run(['fetch', '--format', 'mbox'], { home })).code).toBe(0);
    const all = messagesOfMbox(readFileSync(join(box(), 'messages.mbox'))).map(served);
    expectVerdict(all, true);
  });
});
