import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, it, test } from 'vitest';
import { filesBelow, sha256 } from '../support/archived.ts';
import { mailOwner } from '../support/dovecot-configuration.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { snippet } from '../support/readme.ts';
import { newHome, run, startProgram } from '../support/run.ts';

const folders = ['INBOX', 'Projects/Lighthouse', 'Projects/v1.2', 'Entwürfe/Größe & Maß'];
const flagSets = [
  [],
  ['\\Seen'],
  ['\\Flagged', '\\Seen'],
  ['\\Answered', '\\Seen'],
  ['\\Flagged'],
  ['\\Answered', '\\Draft', '\\Flagged', '\\Seen'],
  ['\\Deleted', '\\Seen'],
  [],
];

interface Letter {
  readonly folder: string;
  readonly id: string;
  readonly flags: readonly string[];
  readonly internalDate: Date;
  readonly source: Buffer;
}

/** A few letters in each folder, each with flags and a moment of arrival of its own. */
const letters: readonly Letter[] = folders.flatMap((folder, place) =>
  flagSets.slice(0, place === 0 ? undefined : 3).map((flags, index) => {
    const subject = `${place}.${index} Grüße`;
    const id = `<${place}.${index}@example.net>`;
    const encoded = `=?utf-8?B?${Buffer.from(subject).toString('base64')}?=`;
    const header = `From: bea@example.net\r\nTo: ada@example.org\r\nSubject: ${encoded}\r\nMessage-ID: ${id}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n`;
    const body = `Grüße\r\nFrom me\r\n>From you\r\n.\r\n${'long '.repeat(index * 100)}\r\n\r\nFrom the end\r\n\r\n`;
    return {
      folder,
      id,
      flags,
      internalDate: new Date(Date.UTC(2001 + place, index, 28, 22, index, 59)),
      source: Buffer.from(header + body, 'latin1'),
    };
  }),
);
const inbox = letters.filter(({ folder }) => folder === 'INBOX');

const flagged = (flag: string) => inbox.filter(({ flags }) => flags.includes(flag));
const ids = (of: readonly Letter[]) => of.map(({ id }) => id).sort();

describeWith('dovecot', 'an archive that other programs read', () => {
  let provider: Provider;
  beforeAll(async () => {
    provider = await startProvider();
    for (const { folder, source, flags, internalDate } of letters) {
      provider.imap.deliver(ada, folder, source, { flags, internalDate });
    }
  });

  /** A home with an archive of everything. */
  const fetched = async (...args: readonly string[]) => {
    const home = await newHome();
    await provider.login(home, { name: 'club' });
    const { code } = await run(['fetch', '--all-folders', ...args], { home });
    expect(code).toBe(0);
    return { home, archive: join(home.data, 'mailctl', 'club') };
  };

  test.each([
    { layout: 'tree', settings: '', named: (folder: string) => folder },
    {
      layout: 'maildir++',
      settings: 'mail_location = maildir:~/mail',
      // Maildir++ has no way to write a dot in a name.
      named: (folder: string) => folder.replace('.', '%2E'),
    },
  ])(
    'Dovecot serves a $layout as it was fetched: folders, bytes, flags, times of arrival',
    async ({ layout, settings, named }) => {
      const { archive } = await fetched('--layout', layout);
      // The archive, as it is, in the place where another person has their mail.
      const elsewhere = settings === '' ? provider : await startProvider({ settings });
      const address = 'bea@example.org';
      const place = dirname(elsewhere.imap.mailDirectory(address));
      cpSync(archive, place, { recursive: true, preserveTimestamps: true });
      const { uid, gid } = mailOwner();
      if (process.getuid?.() === 0) {
        execFileSync('chown', ['-R', `${uid}:${gid}`, dirname(place)]);
      }

      const other = await newHome();
      await elsewhere.login(other, { address, name: 'club' });
      const all = ['--all-folders', '--format', 'ndjson', '--source'];
      const { rows, code } = await run(['fetch', ...all], { home: other });
      expect(code).toBe(0);
      const said = (folder: string, date: unknown, flags: readonly string[], source: Buffer) =>
        `${folder} ${date} ${[...flags].sort()} ${sha256(source)}`;
      const found = rows
        .filter(({ type }) => type === 'mail')
        .map(({ folder, date, flags, source }) => {
          const kinds = [flags].flat().map(String);
          const bytes = Buffer.from(String(source), 'base64');
          const lasting = kinds.filter((flag) => flag !== '\\Recent');
          return said(String(folder), date, lasting, bytes);
        });
      const wanted = letters.map(({ folder, internalDate, flags, source }) =>
        said(named(folder), internalDate.toISOString(), flags, source),
      );
      expect(found.sort()).toEqual(wanted.sort());
      const { rows: list } = await run(['folders', '--json'], { home: other });
      const usual = ['Archive', 'Drafts', 'Junk', 'Sent', 'Trash'];
      expect(list.map(({ path }) => path).sort()).toEqual([...usual, ...folders.map(named)].sort());
    },
  );

  describeWith('mailPrograms', 'by mutt', () => {
    let kept: Awaited<ReturnType<typeof fetched>>;
    beforeAll(async () => {
      kept = await fetched();
      await run(['fetch', '--format', 'mbox'], { home: kept.home });
    });

    it.each([
      { program: 'mutt', format: 'maildir' },
      { program: 'neomutt', format: 'maildir' },
      { program: 'mutt', format: 'mbox' },
      { program: 'neomutt', format: 'mbox' },
    ])('$program sees what the server has, in the $format', async ({ program, format }) => {
      const { archive } = kept;
      const box = join(archive, 'INBOX', ...(format === 'mbox' ? ['messages.mbox'] : []));
      const before = filesBelow(archive);
      const seen = await tagged(program, box, {
        all: '~A',
        unread: '~U',
        flagged: '~F',
        answered: '~Q',
        deleted: '~D',
        named: '~s "^0.3 Grüße$"',
      });
      expect(seen.all).toEqual(ids(inbox));
      expect(seen.named).toEqual(['<0.3@example.net>']);
      expect(filesBelow(archive)).toEqual(before);
      // An mbox says nothing of flags.
      if (format === 'mbox') return;
      expect(seen).toMatchObject({
        unread: ids(inbox.filter(({ flags }) => !flags.includes('\\Seen'))),
        flagged: ids(flagged('\\Flagged')),
        answered: ids(flagged('\\Answered')),
        deleted: ids(flagged('\\Deleted')),
      });
    });

    /**
     * The Message-IDs of the messages that match each pattern of a mail program. It is told to tag
     * them and to pipe what it has tagged, which needs nobody at the keyboard.
     */
    async function tagged(
      program: string,
      box: string,
      patterns: Readonly<Record<string, string>>,
    ): Promise<Record<string, string[]>> {
      const { home } = kept;
      const into = mkdtempSync(join(home.directory, `${program}-`));
      const steps = Object.entries(patterns).map(
        ([name, pattern]) =>
          `<tag-pattern>${pattern.replaceAll('"', '\\"')}<enter><tag-prefix-cond><pipe-message>cat >> ${into}/${name}<enter><end-cond><untag-pattern>~A<enter>`,
      );
      const rc = join(into, 'rc');
      const settings = 'set pipe_split=yes pipe_decode=no wait_key=no quit=yes charset=utf-8';
      // A folder that is not there yet it would ask about first.
      const asked = `set folder=${into}`;
      writeFileSync(rc, `${settings}\n${asked}\npush "${steps.join('')}<exit>"\n`);
      const command = `stty cols 100 rows 30; exec ${program} -n -F ${rc} -R -f ${box}`;
      const { code } = await startProgram('script', ['-qefc', command, '/dev/null'], {
        home,
        env: { TERM: 'xterm', SHELL: '/bin/sh' },
      }).result;
      expect(code).toBe(0);
      return Object.fromEntries(
        Object.keys(patterns).map((name) => {
          const path = join(into, name);
          const text = existsSync(path) ? readFileSync(path, 'latin1') : '';
          return [name, [...text.matchAll(/^Message-ID: (.*)$/gm)].map(([, id = '']) => id).sort()];
        }),
      );
    }
  });

  describeWith('notmuch', 'by notmuch', () => {
    test('it indexes the Maildirs, and has tags by their flags; tags it sets fetch nothing again', async () => {
      const { home, archive } = await fetched();
      const config = join(home.directory, 'notmuch-config');
      const notmuch = async (...args: string[]) => {
        const env = { NOTMUCH_CONFIG: config };
        const { code, stdout, stderr } = await startProgram('notmuch', args, { home, env }).result;
        expect([code, stderr], args.join(' ')).toEqual([0, '']);
        return stdout.split('\n').filter((line) => line !== '');
      };
      // What the README tells a person to write.
      writeFileSync(config, snippet('notmuch').replace('/home/ada/.local/share/mailctl', archive));
      await notmuch('new');
      expect(await notmuch('count', '*')).toEqual([String(letters.length)]);
      const found = async (query: string) =>
        (await notmuch('search', '--output=messages', `folder:INBOX and ${query}`))
          .map((id) => id.replace(/^id:(.*)$/, '<$1>'))
          .sort();
      expect(await found('from:bea')).toEqual(ids(inbox));
      expect(await found('tag:unread')).toEqual(
        ids(inbox.filter(({ flags }) => !flags.includes('\\Seen'))),
      );
      expect(await found('tag:flagged')).toEqual(ids(flagged('\\Flagged')));
      expect(await found('tag:replied')).toEqual(ids(flagged('\\Answered')));
      expect(await found('tag:draft')).toEqual(ids(flagged('\\Draft')));
      expect(await found('subject:"0.3 Grüße"')).toEqual(['<0.3@example.net>']);

      await notmuch('tag', '-unread', '+flagged', '--', 'id:0.0@example.net');
      expect(readdirSync(join(archive, 'INBOX', 'cur'))).toContainEqual(
        expect.stringMatching(/U1\.mailctl:2,FS$/),
      );
      rmSync(join(archive, 'INBOX', '.mailctl.json'));
      const again = await run(['fetch', '--json'], { home });
      expect(again.rows).toMatchObject([{ type: 'fetched', saved: 0 }]);
      expect((await run(['verify', '--deep'], { home })).code).toBe(0);
    });
  });
});
