import type {
  Command,
  Connection,
  FetchHandler,
  ImapServer,
  Message,
  MimeNode,
  Token,
  Value,
} from 'hoodiecrow-imap';
import fetchHandlers from 'hoodiecrow-imap/lib/commands/handlers/fetch.js';
import { searchMessages } from './imap-search.ts';

/** Where hoodiecrow 2.1 does not answer as servers do, and mailctl would notice. */
export function repairCommands(imap: ImapServer): void {
  refuseUnknownMailboxes(imap);
  replaceSearch(imap);
  replaceFetchItems(imap);
}

/** hoodiecrow answers BAD, as if the command were malformed; servers answer NO. */
function refuseUnknownMailboxes(imap: ImapServer): void {
  for (const name of ['SELECT', 'EXAMINE', 'STATUS']) {
    const handler = imap.getCommandHandler(name);
    if (handler === false) throw new Error(`hoodiecrow has no ${name}`);
    imap.setCommandHandler(name, (connection, command, data, done) => {
      const path = stringOf(command.attributes?.[0]);
      const mailbox = path === null ? undefined : imap.getMailbox(path);
      const known = mailbox !== undefined && !mailbox.flags.includes('\\Noselect');
      if (known || connection.state === 'Not Authenticated') {
        handler(connection, command, data, done);
        return;
      }
      answer(connection, command, 'NO', '[NONEXISTENT] No such mailbox');
      done();
    });
  }
}

/** Besides the keys themselves: hoodiecrow sends no SEARCH response at all when nothing is found. */
function replaceSearch(imap: ImapServer): void {
  for (const name of ['SEARCH', 'UID SEARCH']) {
    imap.setCommandHandler(name, (connection, command, data, done) => {
      const messages = connection.selectedMailbox?.messages;
      try {
        if (messages === undefined) throw new Error('Select a mailbox first');
        const found = searchMessages(imap, messages, command.attributes ?? []);
        const numbers = found.map((message) =>
          name === 'SEARCH' ? messages.indexOf(message) + 1 : message.uid,
        );
        connection.send({ tag: '*', command: 'SEARCH', attributes: numbers }, name, command, data);
        answer(connection, command, 'OK', `${name} completed`);
      } catch (error) {
        answer(connection, command, 'BAD', error instanceof Error ? error.message : String(error));
      }
      done();
    });
  }
}

function replaceFetchItems(imap: ImapServer): void {
  // A message without a subject: NIL, as servers say, not an empty string.
  imap.fetchHandlers.ENVELOPE = (connection, message, item) => {
    const envelope = fetchHandlers.ENVELOPE(connection, message, item);
    return Array.isArray(envelope)
      ? envelope.map((field) => (field === '' ? null : field))
      : envelope;
  };
  // The item is shared by all messages of a command, and hoodiecrow shortens its `partial` at the
  // first message which ends before it: every message after that one came back empty.
  const asked = new WeakMap<Token, readonly [start: number, length: number]>();
  const body: FetchHandler = (connection, message, item) => {
    const [start, length] = asked.get(item) ?? item.partial ?? [];
    const { partial: _, ...wholeItem } = item;
    const found = fetchHandlers.BODY(connection, message, wholeItem);
    const whole = embeddedMessage(message, stringOf(item.section?.[0])) ?? stringOf(found);
    if (whole === null) return found;
    if (start === undefined || length === undefined) return { type: 'LITERAL', value: whole };
    asked.set(item, [start, length]);
    item.partial = [start];
    return { type: 'LITERAL', value: whole.slice(start, start + length) };
  };
  imap.fetchHandlers.BODY = body;
  imap.fetchHandlers['BODY.PEEK'] = body;
}

/** The part of the type message/rfc822, for which hoodiecrow would leave out the header. */
function embeddedMessage(message: Message, section: string | null): string | null {
  if (section === null || !/^[\d.]+$/.test(section)) return null;
  const node = section
    .split('.')
    .reduce<MimeNode | undefined>(
      (parent, number) => parent?.childNodes?.[Number(number) - 1],
      message.parsed,
    );
  return node?.parsedHeader['content-type'].type === 'message' ? node.body : null;
}

function answer(connection: Connection, command: Command, status: string, text: string): void {
  const attributes: Value[] = [{ type: 'TEXT', value: text }];
  connection.send({ tag: command.tag, command: status, attributes }, status, command, '');
}

function stringOf(token: Value | undefined): string | null {
  if (typeof token !== 'object' || token === null || Array.isArray(token)) return null;
  return token.value ?? null;
}
