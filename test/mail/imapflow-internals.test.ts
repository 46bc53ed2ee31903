import { ImapFlow } from 'imapflow';
import { expect, test } from 'vitest';
import { ChangesHeard } from '../../src/mail/changes.ts';
import {
  changesAreTold,
  compress,
  enableQresync,
  execute,
  hearChanges,
  knowMailbox,
  leaveOutNeedlessCommands,
  listMatching,
  rememberMailbox,
  sendBehind,
} from '../../src/mail/imapflow-internals.ts';
import { cleanUpLater } from '../support/clean-up.ts';
import { type ScriptedImap, startScriptedImap } from '../support/scripted-imap.ts';
import { fetchRow, opened, threeLetters, uidValidity } from '../support/usual-imap.ts';

/*
 * Everything mailctl uses of imapflow that imapflow does not promise, seen by what goes over the
 * wire. It is red where another version of imapflow has changed some of it.
 */

const capabilities =
  'IMAP4rev1 SASL-IR AUTH=XOAUTH2 ID NAMESPACE ENABLE CONDSTORE QRESYNC COMPRESS=DEFLATE LIST-STATUS';

async function serve(): Promise<ScriptedImap> {
  const changes = `* VANISHED (EARLIER) 4:6\r\n${fetchRow(2, { uid: 2, source: '', flags: '\\Seen' }, 'FLAGS')}`;
  const imap = await startScriptedImap(
    { cert: '', key: '' },
    {
      security: 'none',
      capabilities,
      on: [
        [/^NAMESPACE/, '* NAMESPACE (("" "/")) NIL NIL\r\n<tag> OK done\r\n'],
        [/^ID/, '* ID ("name" "scripted")\r\n<tag> OK done\r\n'],
        [/^ENABLE/, '* ENABLED QRESYNC\r\n<tag> OK done\r\n'],
        [/^COMPRESS/, '<tag> NO not now\r\n'],
        [
          /^EXAMINE .*QRESYNC/,
          opened(threeLetters).replace(
            '<tag>',
            `* OK [HIGHESTMODSEQ 9] highest\r\n${changes}<tag>`,
          ),
        ],
        [/^NOOP/, '* VANISHED 2\r\n* 2 EXISTS\r\n* VANISHED 3,7\r\n<tag> OK done\r\n'],
        [
          /^LIST "" "?\*/,
          '* LIST () "/" INBOX\r\n* STATUS INBOX (MESSAGES 3)\r\n<tag> OK done\r\n',
        ],
      ],
    },
  );
  cleanUpLater(() => imap.close());
  return imap;
}

async function connect({ port }: ScriptedImap, lean: boolean): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: false,
    doSTARTTLS: false,
    auth: { user: 'ada', accessToken: 'token' },
    clientInfo: { name: 'mailctl' },
    logger: false,
    disableAutoIdle: true,
    disableAutoEnable: true,
    disableCompression: true,
  });
  leaveOutNeedlessCommands(client, { lean });
  await client.connect();
  cleanUpLater(() => client.close());
  return client;
}

const verbs = ({ commands }: ScriptedImap) =>
  commands.map((command) => command.replace(/ .*/, '')).filter((verb) => verb !== 'CAPABILITY');

test('commands that tell nothing are left out, on lean connections more of them', async () => {
  const imap = await serve();
  await connect(imap, false);
  expect(verbs(imap)).toEqual(['AUTHENTICATE', 'ID', 'NAMESPACE']);
  await connect(imap, true);
  expect(verbs(imap).slice(3)).toEqual(['AUTHENTICATE']);
});

test('a mailbox that is known is opened without asking for it', async () => {
  const imap = await serve();
  const usual = await connect(imap, false);
  knowMailbox(usual, 'INBOX');
  await usual.mailboxOpen('INBOX', { readOnly: true });
  expect(verbs(imap).slice(3)).toEqual(['EXAMINE']);
  const lean = await connect(imap, true);
  rememberMailbox(lean, 'INBOX', '/');
  await lean.mailboxOpen('INBOX', { readOnly: true });
  expect(verbs(imap).slice(4)).toEqual(['AUTHENTICATE', 'EXAMINE']);
});

test('a command goes out as it is written, its answers come in, and the next one is not held up', async () => {
  const imap = await serve();
  const client = await connect(imap, true);
  await client.mailboxOpen('INBOX', { readOnly: true });
  const found: unknown[] = [];
  for (let times = 0; times < 2; times += 1) {
    await execute(client, 'UID SEARCH', [{ type: 'TEXT', value: 'RETURN () ALL' }], {
      SEARCH: ({ numbers, attributes }) => found.push(numbers ?? attributes),
    });
  }
  expect(imap.commands.slice(-2)).toEqual(Array(2).fill('UID SEARCH RETURN () ALL'));
  expect(found).toHaveLength(2);
  expect(JSON.stringify(found[0])).toMatch(/1.*2.*3/);
  await expect(execute(client, 'UID STORE', [{ type: 'SEQUENCE', value: '1' }])).resolves.toBe(
    undefined,
  );
});

test('LIST and STATUS are one command', async () => {
  const imap = await serve();
  const client = await connect(imap, true);
  const listed = await listMatching(client, '*', { messages: true });
  expect(listed).toMatchObject([{ path: 'INBOX', delimiter: '/', status: { messages: 3 } }]);
  expect(verbs(imap).slice(1)).toEqual(['LIST']);
});

test('what has changed comes with the mailbox, and is no flood of events', async () => {
  const imap = await serve();
  const client = await connect(imap, true);
  const events: unknown[] = [];
  client.on('expunge', (event) => events.push(event));
  client.on('flags', (event) => events.push(event));
  const heard = new ChangesHeard();
  hearChanges(client, heard);
  expect(await enableQresync(client)).toBe(true);
  expect(await enableQresync(client)).toBe(true);
  rememberMailbox(client, 'INBOX', '/');
  const since = { uidValidity, changedSince: '5' };
  await client.mailboxOpen('INBOX', { readOnly: true, ...since });
  expect(changesAreTold(client)).toBe(true);
  expect(heard.changes?.vanished.toString()).toBe('4:6');
  expect([...(heard.changes?.flags ?? [])]).toEqual([[2, ['\\Seen']]]);

  await execute(client, 'NOOP', []);
  expect(client.mailbox).toMatchObject({ exists: 0 });
  expect(events).toEqual([]);
  expect(verbs(imap).slice(1)).toEqual(['ENABLE', 'EXAMINE', 'NOOP']);

  // Of another UIDVALIDITY nothing is told.
  await client.mailboxOpen('INBOX', { readOnly: true, ...since, uidValidity: 7 });
  expect(changesAreTold(client)).toBe(false);
});

test('compression is asked for when it is wanted, not before', async () => {
  const imap = await serve();
  const client = await connect(imap, true);
  expect(verbs(imap)).not.toContain('COMPRESS');
  await compress(client);
  expect(verbs(imap)).toContain('COMPRESS');
});

test('a line of our own goes out right behind EXAMINE, and whoever sends the next command is told', async () => {
  const imap = await serve();
  const client = await connect(imap, true);
  const told: string[] = [];
  rememberMailbox(client, 'INBOX', '/');
  const line = 'BEHIND NOOP';
  const ends = { onSent: () => told.push('sent'), onNext: () => told.push('next') };
  await sendBehind(client, line, ends, () => client.mailboxOpen('INBOX', { readOnly: true }));
  expect(told).toEqual(['sent']);
  await execute(client, 'NOOP', []);
  await execute(client, 'NOOP', []);
  expect(told).toEqual(['sent', 'next']);
  expect(verbs(imap).slice(-4)).toEqual(['EXAMINE', 'NOOP', 'NOOP', 'NOOP']);
  await sendBehind(client, line, ends, () => execute(client, 'NOOP', []));
  expect(told).toEqual(['sent', 'next']);
});
