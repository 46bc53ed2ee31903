import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { digest } from '../sandbox/archive-files.ts';
import { richMessageId, type SandboxMessage, sandboxMailbox } from '../sandbox/messages.ts';
import { describeWith } from '../support/parts.ts';
import { ada, type Provider, startProvider } from '../support/provider.ts';
import { type Home, newHome, run } from '../support/run.ts';

const folders = sandboxMailbox(new Date());
const inbox = messagesOf('INBOX');
const richUid = inbox.findIndex(({ source }) => source.includes(richMessageId)) + 1;

function messagesOf(folder: string): SandboxMessage[] {
  return folders.find(({ path }) => path === folder)?.messages ?? [];
}

/** The row `mailctl list` gives for a message of the sandbox that has nothing special about it. */
function header(message: SandboxMessage | undefined, name: string): string {
  return new RegExp(`^${name}: (.*)\r$`, 'm').exec(String(message?.source))?.[1] ?? '';
}

describeWith('dovecot', 'the main job', () => {
  describe.each([
    { mechanisms: 'xoauth2 oauthbearer', used: 'OAUTHBEARER' },
    { mechanisms: 'xoauth2', used: 'XOAUTH2' },
  ])('on a server that offers $mechanisms', ({ mechanisms, used }) => {
    let provider: Provider;
    let home: Home;
    let filesBefore: string[][];
    const flagsOnServer = () =>
      folders.map(({ path }) => readdirSync(`${provider.imap.mailDirectory(ada, path)}/cur`));
    const mailctl = (...args: string[]) => run(args, { home });

    beforeAll(async () => {
      provider = await startProvider({ mechanisms });
      provider.seed(folders);
      filesBefore = flagsOnServer();
      home = await newHome();
    });

    test('login keeps the login, writes the account, and says until when its token is good', async () => {
      const before = Date.now();
      const result = await provider.login(home, { name: 'club' });

      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(result.lastPage.status).toBe(200);
      expect(result.lastPage.body).toContain(ada);
      expect(result.rows).toEqual([
        { type: 'authorization', url: expect.stringContaining(`${provider.oauth.issuer}/auth?`) },
        { type: 'login', account: 'club', address: ada, expiresAt: expect.any(String) },
      ]);
      const lifetimeMs = Date.parse(String(result.rows[1]?.['expiresAt'])) - before;
      expect(lifetimeMs).toBeGreaterThan(3_590_000);
      expect(lifetimeMs).toBeLessThan(3_630_000);
    });

    test('status shows the account, where its login is kept, and what it may', async () => {
      const { code, rows } = await mailctl('status', '--json');
      expect(code).toBe(0);
      expect(rows).toEqual([
        {
          type: 'account',
          account: 'club',
          address: ada,
          provider: null,
          store: 'file',
          login: 'ok',
          // As granted: this server leaves offline_access out and gives a refresh token anyway.
          scopes: ['openid', 'email'],
          expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          grantedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          rotatedAt: null,
          endsAt: null,
          works: null,
          problem: null,
        },
      ]);
    });

    test('folders gives every folder with its role and counts', async () => {
      const { code, rows, stderr } = await mailctl('folders', '--json');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const roles = new Map([
        ['INBOX', 'inbox'],
        ...['Archive', 'Drafts', 'Junk', 'Sent', 'Trash'].map((path): [string, string] => [
          path,
          path.toLowerCase(),
        ]),
      ]);
      const expected = [...folders.map(({ path }) => path), 'Trash'].map((path) => {
        const messages = messagesOf(path);
        return {
          type: 'folder',
          path,
          role: roles.get(path) ?? null,
          messages: messages.length,
          unseen: messages.filter(({ flags }) => !flags.includes('\\Seen')).length,
          uidNext: messages.length + 1,
          uidValidity: expect.any(Number),
        };
      });
      const byPath = (a: { path?: unknown }, b: { path?: unknown }) =>
        String(a.path) < String(b.path) ? -1 : 1;
      expect([...rows].sort(byPath)).toEqual(expected.sort(byPath));
      // A container of folders, such as Projects, holds no messages.
      expect(rows.map(({ path }) => path)).not.toContain('Projects');
    });

    test('list gives the newest messages, newest first, with every field', async () => {
      const { code, rows } = await mailctl('list', '--limit', '5', '--json');
      expect(code).toBe(0);
      const uids = Array.from({ length: 5 }, (_, index) => inbox.length - index);
      expect(rows.map(({ uid }) => uid)).toEqual(uids);
      for (const row of rows) {
        const message = inbox[Number(row['uid']) - 1];
        expect(row).toEqual({
          type: 'message',
          account: 'club',
          folder: 'INBOX',
          uidValidity: expect.any(Number),
          uid: row['uid'],
          messageId: header(message, 'Message-ID'),
          date: new Date(header(message, 'Date')).toISOString(),
          from: expect.any(Array),
          to: expect.any(Array),
          cc: expect.any(Array),
          subject: expect.any(String),
          sizeBytes: message?.source.length,
          flags: [...(message?.flags ?? [])].sort(),
        });
      }
    });

    test('names and subjects are given decoded, addresses as objects', async () => {
      const { rows } = await mailctl('search', 'from:koehler', 'subject:"Größen"', '--json');
      expect(rows).toMatchObject([
        {
          subject: 'Papierprobe für die Herbstbücher: Größen und Stärken',
          from: [{ name: 'Jürgen Köhler', address: 'koehler@papier.example.com' }],
          to: [{ name: 'Ada Marsh', address: ada }],
          cc: [],
        },
      ]);
    });

    test('in a pipe the rows are lines with tabs and there is no header', async () => {
      const list = await mailctl('list', '--limit', '3');
      const [first = '', ...others] = list.stdout.trimEnd().split('\n');
      expect(others).toHaveLength(2);
      const newest = inbox.at(-1);
      expect(first.split('\t')).toEqual([
        String(inbox.length),
        new Date(header(newest, 'Date')).toISOString(),
        [...(newest?.flags ?? [])].sort().join(' '),
        expect.stringContaining('@'),
        expect.any(String),
      ]);
      const all = await mailctl('folders');
      expect(all.stdout).toMatch(/^INBOX\tinbox\t\d+\t\d+\t\d+\t\d+$/m);
      expect(all.stdout.split('\n').map((line) => line.split('\t').length)).toEqual(
        [...folders, 'Trash'].map(() => 6).concat(1),
      );
      const status = await mailctl('status');
      expect(status.stdout).toMatch(/^club\tada@example\.org\tfile\tok\t/);
    });

    test('search finds what matches and nothing else', async () => {
      const { code, rows } = await mailctl('search', 'from:grace', 'is:unread', '--json');
      const expected = inbox
        .map((message, index) => ({ message, uid: index + 1 }))
        .filter(({ message }) => /grace/i.test(header(message, 'From')))
        .filter(({ message }) => !message.flags.includes('\\Seen'))
        .map(({ uid }) => uid);
      expect(code).toBe(0);
      expect(expected.length).toBeGreaterThan(0);
      expect(rows.map(({ uid }) => uid)).toEqual(expected.reverse());
    });

    test('show gives the text and names the attachments; --raw the bytes of the server', async () => {
      const shown = await mailctl('show', String(richUid));
      expect(shown).toMatchObject({ code: 0, stderr: '' });
      expect(shown.stdout).toMatch(/^From: +\S/);
      expect(shown.stdout).toMatch(/^\[\d[\d.]*\] .+ \(\S+\/\S+, .+\)$/m);
      expect(shown.stdout).not.toContain('Content-Type');

      const raw = await mailctl('show', String(richUid), '--raw');
      expect(digest(raw.stdoutBytes)).toBe(digest(inbox[richUid - 1]?.source ?? Buffer.of()));
      expect(raw.stdoutBytes.includes('\r\n')).toBe(true);

      const json = await mailctl('show', String(richUid), '--json');
      expect(json.rows).toMatchObject([
        { type: 'message', uid: richUid, subject: expect.any(String) },
      ]);
    });

    test('fetch stores every message of a folder once and names each', async () => {
      const first = await mailctl('fetch', '--folder', 'Projects/Lighthouse', '--json');
      const wanted = messagesOf('Projects/Lighthouse');
      expect(first).toMatchObject({ code: 0, stderr: '' });
      expect(first.rows.slice(0, -1)).toEqual(
        wanted.map(({ source }, index) => ({
          type: 'saved',
          account: 'club',
          folder: 'Projects/Lighthouse',
          uidValidity: expect.any(Number),
          uid: index + 1,
          path: expect.stringContaining(`${home.data}/mailctl/club/Projects/Lighthouse/`),
          sizeBytes: source.length,
        })),
      );
      expect(first.rows.at(-1)).toEqual({
        type: 'fetched',
        folder: 'Projects/Lighthouse',
        saved: wanted.length,
        skipped: 0,
        failed: 0,
      });
      for (const row of first.rows.slice(0, -1)) {
        const stored = readFileSync(String(row['path']));
        expect(digest(stored)).toBe(digest(wanted[Number(row['uid']) - 1]?.source ?? Buffer.of()));
      }
      const second = await mailctl('fetch', '--folder', 'Projects/Lighthouse', '--json');
      expect(second.rows).toEqual([{ ...first.rows.at(-1), saved: 0, skipped: wanted.length }]);
    });

    test('nothing that was done has marked a message as read', () => {
      expect(flagsOnServer()).toEqual(filesBefore);
    });

    test(`the logins at the mail server were by ${used}`, () => {
      const methods = provider.imap.log().matchAll(/ Login: .*method=(\w+)/g);
      expect(new Set([...methods].map(([, method]) => method))).toEqual(new Set([used]));
    });

    test('logout ends the login here and at the provider', async () => {
      const { code, rows } = await mailctl('logout', '--json');
      expect(code).toBe(0);
      expect(rows).toEqual([
        { type: 'logout', account: 'club', address: ada, removed: true, revoked: true },
      ]);
      expect(provider.oauth.revocations).toHaveLength(1);
      expect((await mailctl('status', '--json')).rows).toMatchObject([{ login: 'none' }]);
      const list = await mailctl('list');
      expect(list).toMatchObject({ code: 77, stdout: '' });
      expect(list.stderr).toBe('mailctl: club is not logged in\n  → mailctl login -a club\n');
    });
  });
});
