import { Failure } from '../errors.ts';
import type { OpenMailbox } from '../mail/message.ts';
import type { MailSession } from '../mail/session.ts';
import type { System } from '../system/system.ts';
import { isUid } from '../uid-set.ts';
import { InvalidValue } from './flags.ts';

/** How a message is named on the command line. */
export type MessageName =
  /** In `folder`; null for the one of --folder. */
  { readonly folder: string | null; readonly uid: number } | { readonly messageId: string };

/** 4711, Archive/4711, or a Message-ID with or without its angle brackets. */
export function parseMessageName(value: string): MessageName {
  const [, folder, digits] = /^(?:(.+)\/)?(\d{1,10})$/s.exec(value) ?? [];
  if (digits !== undefined && isUid(Number(digits))) {
    return { folder: folder ?? null, uid: Number(digits) };
  }
  const [, id] = /^<?([^<>\s]+@[^<>\s]+)>?$/.exec(value) ?? [];
  if (id !== undefined) return { messageId: `<${id}>` };
  throw new InvalidValue(
    'A message is named by its UID (4711), by folder/UID (Archive/4711), or by its <Message-ID>.',
  );
}

/** Names from stdin, one a line, as `search --uids` prints them. @throws Failure 'usage' */
export async function readMessageNames({ stdin }: System): Promise<MessageName[]> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > maxNamesBytes) throw new Failure('usage', 'there is too much on stdin for UIDs');
    chunks.push(bytes);
  }
  const lines = Buffer.concat(chunks).toString().split(/\r?\n/);
  return lines.flatMap((line, index) => {
    const name = line.trim();
    if (name === '') return [];
    try {
      return [parseMessageName(name)];
    } catch {
      throw new Failure(
        'usage',
        `line ${index + 1} of stdin names no message: ${name.slice(0, 80)}`,
        {
          hint: "mailctl search 'is:unread' --uids | mailctl show --uids -",
        },
      );
    }
  });
}

const maxNamesBytes = 64 << 20;

/** --uids takes nothing else yet. */
export function stdinOnly(value: string): '-' {
  if (value !== '-') throw new InvalidValue('It must be -, which is stdin.');
  return '-';
}

/** Messages of one folder, in the order they were named; or the name of one that is not there. */
export type FoundMessages = InFolder | { readonly absent: string };

interface InFolder {
  readonly mailbox: OpenMailbox;
  readonly uids: readonly number[];
}

/**
 * Where the named messages are, folder by folder; each folder is open while it is the one given.
 * A Message-ID is looked for in --folder, else in the whole mailbox.
 */
export async function* findMessages(
  session: MailSession,
  names: readonly MessageName[],
  folder: string | undefined,
): AsyncGenerator<FoundMessages> {
  let open: OpenMailbox | null = null;
  const openFolder = async (path: string) => {
    // INBOX is the one name without upper and lower case (RFC 3501 §5.1).
    const same = open?.path === path || (/^inbox$/i.test(path) && open?.path === 'INBOX');
    if (open === null || !same) open = await session.examine(path);
    return open;
  };
  let index = 0;
  while (index < names.length) {
    const name = names[index];
    if (name === undefined) return;
    if ('messageId' in name) {
      index += 1;
      yield (await findByMessageId(session, name.messageId, folder, openFolder)) ?? {
        absent: name.messageId,
      };
      continue;
    }
    // Those that stand together are asked for together.
    const uids: number[] = [];
    for (let next = names[index]; next !== undefined && 'uid' in next; next = names[index]) {
      if (next.folder !== name.folder) break;
      uids.push(next.uid);
      index += 1;
    }
    yield { mailbox: await openFolder(name.folder ?? folder ?? 'INBOX'), uids };
  }
}

async function findByMessageId(
  session: MailSession,
  messageId: string,
  folder: string | undefined,
  openFolder: (path: string) => Promise<OpenMailbox>,
): Promise<InFolder | null> {
  const keys = [{ atom: 'HEADER' }, { text: 'Message-ID' }, { text: messageId }];
  const lookIn = async (path: string): Promise<InFolder | null> => {
    const mailbox = await openFolder(path);
    const found = mailbox.messages === 0 ? [] : await session.search(keys);
    return found.length === 0 ? null : { mailbox, uids: found.slice(-1) };
  };
  if (folder !== undefined) return lookIn(folder);
  const inInbox = await lookIn('INBOX');
  if (inInbox !== null) return inInbox;
  for (const path of await session.searchableMailboxes()) {
    if (path === 'INBOX') continue;
    const found = await lookIn(path);
    if (found !== null) return found;
  }
  return null;
}
