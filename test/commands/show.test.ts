import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { sandboxMailbox } from '../sandbox/messages.ts';
import { makeMailHome } from '../support/mail-home.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';
import { runOnTerminal } from '../support/screen.ts';

const answer = [
  'From: Bob <bob@example.org>',
  'To: Ada <ada@example.org>',
  'Reply-To: The list <list@example.org>',
  'Bcc: Carol <carol@example.org>',
  'Date: Tue, 3 Mar 2026 10:00:00 +0000',
  'Message-ID: <answer@example.org>',
  'In-Reply-To: <question@example.org>',
  'References: <first@example.org>',
  ' <question@example.org>',
  'Subject: An answer',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  'Content-Type: multipart/alternative; boundary=c',
  '',
  '--c',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'Plain words.',
  '--c',
  'Content-Type: text/html; charset=iso-8859-1',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  '<p>Rich w=F6rds.</p>',
  '--c--',
  '--b',
  'Content-Type: application/pdf; name=plan.pdf',
  'Content-Transfer-Encoding: base64',
  '',
  Buffer.from('%PDF-plan').toString('base64'),
  '--b',
  'Content-Type: image/png; name=tower.png',
  'Content-Transfer-Encoding: base64',
  '',
  Buffer.alloc(3000, 'png').toString('base64'),
  '--b--',
  '',
].join('\r\n');

describeWith('dovecot', 'show and attachments', () => {
  let provider: Provider;
  let home: Home;
  let said: () => string;

  beforeAll(async () => {
    provider = await startProvider();
    provider.seed(sandboxMailbox(new Date()));
    provider.imap.deliver(ada, 'Projects/Lighthouse', Buffer.from(answer));
    said = provider.imap.record(ada);
    home = await newHome();
    await provider.login(home);
  });

  const mailctl = (args: readonly string[], stdin?: string) =>
    run(args, { home, ...(stdin === undefined ? {} : { stdin }) });
  const letter = 'Projects/Lighthouse/5';

  test('a message is named by folder and UID, or by its Message-ID wherever it is', async () => {
    for (const name of [letter, '<answer@example.org>', 'answer@example.org']) {
      const { code, stdout } = await mailctl(['show', name]);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringContaining('Subject:  An answer\n\nPlain words.\n\nAttached:\n'),
      });
      expect(stdout).toContain('Reply-To: The list <list@example.org>\n');
      expect(stdout).toContain('[2] plan.pdf (application/pdf');
      expect(stdout).not.toContain('Rich');
    }
  });

  test('only the parts that are shown are downloaded', async () => {
    const before = said().length;
    await mailctl(['show', letter]);
    const fetched = said()
      .slice(before)
      .match(/BODY\.PEEK\[[^\]]*\]/g);
    expect(fetched).toEqual(['BODY.PEEK[HEADER.FIELDS (references)]', 'BODY.PEEK[1.1]']);
  });

  test('--json has all of it', async () => {
    const { rows } = await mailctl(['show', letter, '--json', '--html']);
    expect(rows).toEqual([
      expect.objectContaining({
        type: 'message',
        messageId: '<answer@example.org>',
        replyTo: [{ name: 'The list', address: 'list@example.org' }],
        bcc: [{ name: 'Carol', address: 'carol@example.org' }],
        inReplyTo: '<question@example.org>',
        references: ['<first@example.org>', '<question@example.org>'],
        headers: null,
        text: 'Plain words.',
        html: expect.stringContaining('<p>Rich wörds.</p>'),
        problems: [],
        parts: [
          expect.objectContaining({ part: '1.1', type: 'text/plain', attachment: false }),
          expect.objectContaining({ part: '1.2', type: 'text/html', charset: 'iso-8859-1' }),
          expect.objectContaining({ part: '2', filename: 'plan.pdf', attachment: true }),
          expect.objectContaining({ part: '3', filename: 'tower.png', encoding: 'base64' }),
        ],
      }),
    ]);
  });

  test('--part gives the bytes, --html the HTML, --headers the headers', async () => {
    const part = await mailctl(['show', letter, '--part', '2']);
    expect(part.stdoutBytes.toString()).toBe('%PDF-plan');
    expect((await mailctl(['show', letter, '--html'])).stdout).toBe('<p>Rich wörds.</p>\n');
    const { stdout } = await mailctl(['show', letter, '--headers']);
    expect(stdout).toContain('References: <first@example.org> <question@example.org>\n');
    expect(stdout).not.toContain('Plain words');
  });

  test.each([
    [['show', letter, '--part', '9'], 66, /has no part 9/],
    [['show', '1', '--html'], 66, /has no HTML/],
    [['show', '<nobody@nowhere>'], 66, /no message <nobody@nowhere>/],
    [['show', '9999', '1'], 66, /no message 9999 in INBOX/],
    [['show', 'Nowhere/1'], 66, /no folder Nowhere/],
    [['show', '1', '--raw', '--html'], 64, /exclude each other/],
    [['show', '1', '--part', 'x'], 64, /number of a part/],
    [['show', '1', '--uids', 'file'], 64, /stdin/],
    [['attachments', '--larger', 'x'], 64, /size/],
    [['attachments', 'from:', '--to', 'x'], 64, /search/],
    [['attachments', '--to', '/dev/null/x'], 74, /cannot write/],
  ])('%j is refused with %i', async (args, code, sentence) => {
    const result = await mailctl(args);
    expect(result.code).toBe(code);
    expect(result.stderr).toMatch(sentence);
  });

  test('many come from stdin, over one connection', async () => {
    const before = provider.imap.log().match(/imap-login: Login/g)?.length ?? 0;
    const { code, rows } = await mailctl(['show', '--uids', '-', '--json'], `1\n${letter}\n\n2\n`);
    expect(code).toBe(0);
    expect(rows.map(({ folder, uid }) => `${folder}/${uid}`)).toEqual([
      'INBOX/1',
      letter,
      'INBOX/2',
    ]);
    expect((provider.imap.log().match(/imap-login: Login/g)?.length ?? 0) - before).toBeLessThan(2);
    const wrong = await mailctl(['show', '-'], '1\nwhat is this\n');
    expect(wrong.code).toBe(64);
    expect(wrong.stderr).toMatch(/line 2 of stdin/);
  });

  test('attachments are found by query, name, type and size', async () => {
    const found = async (...args: string[]) => {
      const folder = ['-f', 'Projects/Lighthouse'];
      const { rows } = await mailctl(['attachments', ...folder, '--json', ...args]);
      return rows.map(({ filename }) => filename);
    };
    expect(await found('subject:answer')).toEqual(['plan.pdf', 'tower.png']);
    expect(await found('subject:answer', '--name', '*.PDF')).toEqual(['plan.pdf']);
    expect(await found('subject:answer', '--type', 'image/*')).toEqual(['tower.png']);
    expect(await found('subject:answer', '--larger', '2k')).toEqual(['tower.png']);
    expect(await found('subject:answer', '--smaller', '2k')).toEqual(['plan.pdf']);
    expect(await found('subject:answer', '--limit', '1')).toEqual(['plan.pdf']);
    expect(await found('subject:nothing-like-it')).toEqual([]);
  });

  test('attachments are saved, and said where', async () => {
    const { code, stdout } = await mailctl(
      ['attachments', '-', '--name', 'plan.*', '--to', 'new/place'],
      `${letter}\n`,
    );
    const path = join(home.directory, 'new/place/plan.pdf');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `Projects/Lighthouse\t5\t2\t9\tapplication/pdf\tplan.pdf\t${path}\n`,
    });
    expect(readFileSync(path, 'utf8')).toBe('%PDF-plan');
    const listed = await mailctl(['attachments', '-', '--list', '--to', 'other'], `${letter}\n`);
    expect(listed.stdout).toMatch(/\tplan\.pdf\t\n.*\ttower\.png\t\n$/);
    const absent = await mailctl(['attachments', '-', '--to', 'other'], '9999\n');
    expect(absent.code).toBe(66);
  });

  test.skipIf(process.platform !== 'linux')(
    'a terminal is paged, and not written to by bytes',
    async () => {
      const paged = await runOnTerminal(['show', letter], {
        home,
        env: { PAGER: "sed 's/^/| /'" },
      });
      expect(paged.lines).toContain('| Plain words.');
      const plain = await runOnTerminal(['show', letter, '--no-pager'], {
        home,
        env: { PAGER: 'false' },
      });
      expect(plain.lines).toContain('Plain words.');
      const left = await runOnTerminal(['show', letter], { home, env: { PAGER: 'true' } });
      expect(left).toMatchObject({ code: 0, lines: [] });
      const bytes = await runOnTerminal(['show', letter, '--part', '2'], { home });
      expect(bytes.code).toBe(64);
      expect(bytes.lines.join(' ')).toMatch(/application\/pdf, which no terminal can show/);
    },
  );
});

describe('a server that cannot describe a message', () => {
  const source = answer;
  const letters = [{ uid: 1, source }];

  test.each([
    ['NIL', 'BODYSTRUCTURE NIL'],
    ['nonsense', 'BODYSTRUCTURE ("" "" NIL NIL NIL NIL NIL)'],
    ['an empty multipart', 'BODYSTRUCTURE (("TEXT" NIL NIL NIL NIL "7BIT" 1 1) "MIXED")'],
  ])('by %s: the message itself is read', async (_, structure) => {
    const { home, env } = await makeMailHome({
      script: {
        letters,
        on: [[/BODYSTRUCTURE/, `* 1 FETCH (UID 1 ${structure})\r\n<tag> OK done\r\n`]],
      },
    });
    const shown = await run(['show', '1'], { home, env });
    expect(shown.stderr).toBe('');
    expect(shown.stdout).toContain('\nPlain words.\n\nAttached:\n[2] plan.pdf');
    const part = await run(['show', '1', '--part', '2'], { home, env });
    expect(part.stdout).toBe('%PDF-plan');
    const saved = await run(['attachments', '--to', 'here', '--json'], { home, env });
    expect(saved.rows.map(({ part, sizeBytes }) => [part, sizeBytes])).toEqual([
      ['2', 9],
      ['3', 3000],
    ]);
  });

  test('or refuses to: the same', async () => {
    const { home, env } = await makeMailHome({
      script: { letters, on: [[/BODYSTRUCTURE/, '<tag> BAD Command Error. 10\r\n']] },
    });
    const { code, stdout } = await run(['show', '1'], { home, env });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Plain words.') });
  });

  test('and sends no part of it: that is said, named, and 1', async () => {
    const { home, env } = await makeMailHome({
      script: {
        on: [
          [
            /BODYSTRUCTURE/,
            '* 1 FETCH (UID 1 BODYSTRUCTURE ("APPLICATION" "PDF" ("NAME" "a.pdf") NIL NIL "BASE64" 100))\r\n<tag> OK done\r\n',
          ],
          [/BODY\.PEEK\[TEXT\]/, '* 1 FETCH (UID 1 BODY[TEXT]<0> NIL)\r\n<tag> OK done\r\n'],
        ],
      },
    });
    const { code, rows, stderr } = await run(['attachments', 'uid:1', '--to', 'here', '--json'], {
      home,
      env,
    });
    expect(code).toBe(1);
    expect(rows[0]).toMatchObject({ filename: 'a.pdf', path: null, problem: expect.any(String) });
    expect(stderr).toMatch(/UID 1: a\.pdf: /);
  });
});
