import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { type RunningImapServer, startImapServer } from './imap-server.ts';
import { sandboxMailbox } from './messages.ts';

const address = 'ada@example.org';
const folders = sandboxMailbox(new Date('2031-05-20T09:30:00Z'));

describe('the sandbox IMAP server', () => {
  let directory: string;
  let certificates: Certificates;
  let server: RunningImapServer;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mailctl-imap-'));
    certificates = await makeCertificates(directory);
    server = await startImapServer({
      address,
      folders,
      isTokenActive: async (accessToken) => accessToken === 'active',
      tls: certificates,
    });
  });

  afterAll(async () => {
    await server.close();
    await rm(directory, { recursive: true });
  });

  function client(accessToken: string): ImapFlow {
    const imap = new ImapFlow({
      host: 'localhost',
      port: server.port,
      secure: true,
      tls: { ca: certificates.ca },
      auth: { user: address, accessToken },
      logger: false,
      disableIMAP4rev2: true,
      disableCompression: true,
    });
    onTestFinished(() => imap.close());
    return imap;
  }

  test('refuses an inactive token with the challenge of XOAUTH2 and then NO', async () => {
    await expect(client('expired').connect()).rejects.toMatchObject({
      authenticationFailed: true,
      serverResponseCode: 'AUTHENTICATIONFAILED',
      oauthError: { status: '400', schemes: 'Bearer' },
    });
  });

  test('gives back every message byte for byte, with its flags and its date', async () => {
    const imap = client('active');
    await imap.connect();
    for (const folder of folders) {
      await imap.mailboxOpen(folder.path, { readOnly: true });
      const fetched = await imap.fetchAll(
        '1:*',
        { uid: true, flags: true, internalDate: true, size: true, source: true },
        { uid: true },
      );
      expect(fetched.map(({ uid }) => uid)).toEqual(folder.messages.map((_, index) => index + 1));
      for (const [index, message] of folder.messages.entries()) {
        const got = fetched[index];
        expect(got?.source?.equals(message.source)).toBe(true);
        expect(got?.size).toBe(message.source.length);
        expect(got?.internalDate).toEqual(message.internalDate);
        expect([...(got?.flags ?? [])].sort()).toEqual([...message.flags].sort());
      }
    }
  });

  test('lists its folders with their special use and their counts', async () => {
    const imap = client('active');
    await imap.connect();
    const listed = await imap.list({ statusQuery: { messages: true, unseen: true } });
    const shown = listed.map(({ path, specialUse, status }) => [
      path,
      specialUse,
      status?.messages,
    ]);
    expect(shown).toEqual(
      expect.arrayContaining([
        ['INBOX', '\\Inbox', 24],
        ['Sent', '\\Sent', 6],
        ['Projects/Lighthouse', undefined, 4],
      ]),
    );
  });

  test.each([
    ['an encoded subject', { subject: 'größen' }, 1],
    ['a quoted-printable body', { body: 'pochette à la fin' }, 1],
    ['a base64 body', { text: '工房' }, 1],
    ['sender, date and flag together', { from: 'grace', since: '2031-05-10', seen: false }, 2],
    [
      'one or the other, in parentheses',
      { or: [{ from: 'bea', seen: true }, { from: 'oskar' }] },
      3,
    ],
    ['the day it was sent', { sentBefore: '2031-04-15' }, 2],
    ['nothing', { from: 'nobody' }, 0],
  ])('finds by %s', async (_, query, count) => {
    const imap = client('active');
    await imap.connect();
    await imap.mailboxOpen('INBOX', { readOnly: true });
    expect(await imap.search(query, { uid: true })).toHaveLength(count);
  });

  test('gives the beginning of each message, also of those which end before it', async () => {
    const imap = client('active');
    await imap.connect();
    await imap.mailboxOpen('INBOX', { readOnly: true });
    const fetched = await imap.fetchAll('1:*', { source: { start: 0, maxLength: 900 } });
    const beginnings = folders[0]?.messages.map(({ source }) => source.subarray(0, 900));
    expect(fetched.map(({ source }) => source)).toEqual(beginnings);
  });

  test('answers NO, not BAD, for a mailbox it does not have', async () => {
    const imap = client('active');
    await imap.connect();
    await expect(imap.mailboxOpen('Nowhere')).rejects.toMatchObject({
      serverResponseCode: 'NONEXISTENT',
    });
  });
});
