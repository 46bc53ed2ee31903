import type { Socket } from 'node:net';
import hoodiecrow, { type Folder } from 'hoodiecrow-imap';
import { repairCommands } from './imap-repairs.ts';
import type { SandboxFolder } from './messages.ts';
import { answerXoauth2 } from './xoauth2.ts';

export interface ImapServerOptions {
  /** The one user; everything in `folders` is theirs. */
  readonly address: string;
  readonly folders: readonly SandboxFolder[];
  readonly isTokenActive: (accessToken: string) => Promise<boolean>;
  /** Implicit TLS; clear text without. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
}

export interface RunningImapServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  close(): Promise<void>;
}

const plugins = [
  'ID',
  'SASL-IR',
  'XOAUTH2',
  'NAMESPACE',
  'IDLE',
  'ENABLE',
  'CONDSTORE',
  'LITERALPLUS',
  'UNSELECT',
  'SPECIAL-USE',
  'UIDPLUS',
  'MOVE',
];

/** An IMAP server on loopback which lets in whoever holds an active access token. */
export async function startImapServer(options: ImapServerOptions): Promise<RunningImapServer> {
  const { address, folders, isTokenActive, tls } = options;
  const imap = hoodiecrow({
    plugins,
    users: {},
    storage: storageOf(folders),
    ...(tls === undefined
      ? {}
      : { secureConnection: true, credentials: { cert: tls.cert, key: tls.key } }),
  });
  imap.setCommandHandler('AUTHENTICATE XOAUTH2', (connection, command, data, done) => {
    answerXoauth2(connection, command, { address, isTokenActive })
      .then((response) => connection.send(response, 'AUTHENTICATE XOAUTH2', command, data))
      .finally(done);
  });
  repairCommands(imap);

  const sockets = new Set<Socket>();
  imap.server.on('connection', (socket) => {
    sockets.add(socket);
    // hoodiecrow writes each response for itself; with Nagle's algorithm each takes 40 ms.
    socket.setNoDelay(true);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    imap.server.once('error', reject);
    imap.listen(0, '127.0.0.1', resolve);
  });
  const bound = imap.server.address();
  if (bound === null || typeof bound === 'string') throw new Error('The IMAP server has no port');
  return {
    host: '127.0.0.1',
    port: bound.port,
    close: () =>
      new Promise<void>((resolve, reject) => {
        imap.server.close((error) => (error ? reject(error) : resolve()));
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function storageOf(folders: readonly SandboxFolder[]): hoodiecrow.Options['storage'] {
  const top: Record<string, Folder> = {};
  let inbox: Folder = {};
  folders.forEach((folder, index) => {
    const stored: Folder = {
      uidvalidity: 1_700_000_001 + index,
      // STATUS of an empty mailbox would say HIGHESTMODSEQ NIL.
      HIGHESTMODSEQ: 1,
      ...(folder.specialUse === null ? {} : { 'special-use': folder.specialUse }),
      messages: folder.messages.map(({ source, flags, internalDate }) => ({
        raw: source.toString('latin1'),
        flags: [...flags],
        internaldate: formatInternalDate(internalDate),
      })),
    };
    if (folder.path === 'INBOX') inbox = stored;
    else addFolder(top, folder.path.split('/'), stored);
  });
  return { INBOX: inbox, '': { separator: '/', folders: top } };
}

function addFolder(siblings: Record<string, Folder>, path: string[], stored: Folder): void {
  const [name = '', ...below] = path;
  if (below.length === 0) {
    siblings[name] = { ...stored, folders: siblings[name]?.folders ?? {} };
    return;
  }
  siblings[name] ??= { flags: ['\\Noselect'] };
  siblings[name].folders ??= {};
  addFolder(siblings[name].folders, below, stored);
}

/** In UTC: hoodiecrow's own formatting is wrong in zones with half an hour (+06-30 for +0530). */
function formatInternalDate(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}-${month}-${year} ${time} +0000`;
}
