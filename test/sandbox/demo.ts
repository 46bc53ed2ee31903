import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { archivedFiles, digest } from './archive-files.ts';
import { makeCertificates } from './certificates.ts';
import { startImapServer } from './imap-server.ts';
import { richMessageId, type SandboxFolder, sandboxMailbox } from './messages.ts';
import { type OAuthServer, startOAuthServer } from './oauth-server.ts';
import { approve } from './person.ts';
import { binary, formatCommand, makeStage, type Stage, say } from './stage.ts';

const address = 'ada@example.org';
const account = 'demo';

interface Scene {
  readonly stage: Stage;
  readonly oauth: OAuthServer;
  readonly folders: readonly SandboxFolder[];
  readonly login: readonly string[];
}

async function demo({ keep }: { keep: boolean }): Promise<void> {
  if (!existsSync(binary)) throw new Error('bin/mailctl.js is not there');
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const cleanUps: (() => Promise<void>)[] = [];
  try {
    const story = tell(cleanUps);
    const scene = await Promise.race([story, interrupted.then(() => null)]);
    if (scene === null) {
      story.catch(() => {}); // its programs are killed below
      process.exitCode = 130;
      return;
    }
    if (keep) await waitForPerson(scene, interrupted);
    await leave(scene);
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
}

async function tell(cleanUps: (() => Promise<void>)[]): Promise<Scene> {
  const scene = await setScene(cleanUps);
  await enter(scene);
  await look(scene);
  await fetchAndCompare(scene);
  return scene;
}

async function setScene(cleanUps: (() => Promise<void>)[]): Promise<Scene> {
  const stage = await makeStage();
  cleanUps.push(stage.close);
  const certificates = await makeCertificates(join(stage.home, 'certificates'));
  const oauth = await startOAuthServer();
  cleanUps.push(oauth.close);
  const folders = sandboxMailbox(new Date());
  const imap = await startImapServer({
    address,
    folders,
    isTokenActive: oauth.isActive,
    tls: certificates,
  });
  cleanUps.push(imap.close);

  const total = folders.reduce((sum, { messages }) => sum + messages.length, 0);
  await say(`mailctl and a mail provider, all on this machine

  OAuth server   ${oauth.issuer}
  IMAP server    localhost:${imap.port} (TLS), ${total} messages in ${folders.length} folders
  Home           ${stage.home}, removed at the end

So as not to touch your own keychain, the demo keeps its tokens in an encrypted
file, with a key made for the demo.`);

  const flags = [
    ['--issuer', oauth.issuer],
    ['--client-id', 'mailctl'],
    ['--imap-host', 'localhost'],
    ['--imap-port', String(imap.port)],
    ['--ca-file', certificates.caFile],
    ['--scope', 'openid'],
    ['--scope', 'email'],
    ['--scope', 'offline_access'],
    ['--store', 'file'],
    ['--key-file', stage.keyFile],
  ];
  return { stage, oauth, folders, login: ['login', address, ...flags.flat()] };
}

async function enter({ stage, login }: Scene): Promise<void> {
  await stage.run([...login, '--name', account, '--no-browser'], {
    answer: {
      to: /http:\/\/127\.0\.0\.1:\d+\/auth\S*(?=\s)/,
      by: async (url) => {
        await say('\n(The demo opens the address, logs in as Ada and allows the access.)\n');
        await approve(url, { login: address, decision: 'allow' });
      },
    },
  });
  await stage.run(['status']);
}

async function look({ stage, folders }: Scene): Promise<void> {
  const inbox = inboxOf(folders);
  const dayMs = 86_400_000;
  const since = new Date(Date.now() - 14 * dayMs).toISOString().slice(0, 10);

  await stage.run(['folders']);
  expectCount('folders', (await stage.rows(['folders'])).length, folders.length);

  const list = ['list', '--folder', 'INBOX', '--limit', '10'];
  await stage.run(list);
  expectCount('listed messages', (await stage.rows(list)).length, 10);

  const unread = ['search', 'from:grace is:unread'];
  await stage.run(unread);
  expectCount('unread messages from Grace', (await stage.rows(unread)).length, 2);

  const lighthouse = ['search', `subject:lighthouse since:${since}`];
  await stage.run([...lighthouse, '--json']);
  expectCount('messages on the lighthouse', (await stage.rows(lighthouse)).length, 2);

  const uid = inbox.messages.findIndex(({ source }) => source.includes(richMessageId)) + 1;
  await stage.run(['show', String(uid)]);
}

async function fetchAndCompare({ stage, folders }: Scene): Promise<void> {
  const fetch = ['fetch', '--folder', 'INBOX'];
  await stage.run(fetch);
  const first = await archivedFiles(stage.home);
  await stage.run(fetch);
  const second = await archivedFiles(stage.home);

  const messages = inboxOf(folders).messages;
  expectCount('files in the Maildir', first.length, messages.length);
  expectCount('files after the second fetch', second.length, messages.length);
  const digests = new Set(
    await Promise.all(second.map(async (file) => digest(await readFile(file)))),
  );
  const same = messages.filter(({ source }) => digests.has(digest(source)));
  expectCount('identical messages', same.length, messages.length);
  const maildir = dirname(dirname(second[0] ?? ''));
  await say(`\n${maildir}
holds ${second.length} files; the SHA-256 of each is that of the server's copy.`);
}

async function leave({ stage, oauth }: Scene): Promise<void> {
  await stage.run(['logout']);
  expectCount('revoked tokens, at least', Math.min(oauth.revocations.length, 1), 1);
  await stage.run(['list', '--folder', 'INBOX'], { code: 77 });
}

async function waitForPerson(scene: Scene, interrupted: Promise<unknown>): Promise<void> {
  const { stage, login } = scene;
  const program = `node ${relative(process.cwd(), binary)}`;
  await say(`
The provider goes on until Ctrl-C. To log in with a browser of your own, type in
another terminal, in this directory:

export MAILCTL_CONFIG=${stage.configFile}
${formatCommand([...login, '--name', 'mine'], program)}
${formatCommand(['list', '--account', 'mine'], program)}

Log in as ${address}, whose mailbox it is; no password is asked for.`);
  await interrupted;
}

function inboxOf(folders: readonly SandboxFolder[]): SandboxFolder {
  const inbox = folders.find(({ path }) => path === 'INBOX');
  if (inbox === undefined) throw new Error('The sandbox has no INBOX');
  return inbox;
}

function expectCount(what: string, found: number, due: number): void {
  if (found !== due) throw new Error(`${what}: ${found}, but ${due} were due`);
}

demo({ keep: process.argv.includes('--keep') }).catch((error: unknown) => {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
