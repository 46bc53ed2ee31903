/** The part of hoodiecrow-imap 2.1 (a CommonJS package without types) that the sandbox uses. */
declare module 'hoodiecrow-imap' {
  import type { Server, Socket } from 'node:net';

  namespace hoodiecrow {
    /** A parsed or to be compiled token; `section` and `partial` belong to `BODY[…]<…>`. */
    interface Token {
      type: 'ATOM' | 'STRING' | 'LITERAL' | 'SEQUENCE' | 'TEXT' | 'SECTION';
      value?: string;
      section?: Value[];
      partial?: number[];
    }
    type Value = Token | string | number | null | Value[];

    interface Command {
      tag: string;
      command: string;
      attributes?: Value[];
    }

    interface Response {
      tag: string;
      command?: string;
      attributes?: Value[];
    }

    /** Strings hold one character per byte. */
    interface Message {
      raw: string;
      flags: string[];
      internaldate: string;
      uid: number;
      /** There once a part of the message has been asked for. */
      parsed?: MimeNode;
    }

    interface MimeNode {
      parsedHeader: { 'content-type': { type: string } };
      body: string;
      childNodes?: MimeNode[];
    }

    interface Folder {
      flags?: string[];
      'special-use'?: string;
      uidvalidity?: number;
      HIGHESTMODSEQ?: number;
      messages?: Omit<Message, 'uid' | 'parsed'>[];
      folders?: Record<string, Folder>;
    }

    interface Mailbox {
      flags: string[];
      messages: Message[];
    }

    interface Connection {
      state: 'Not Authenticated' | 'Authenticated' | 'Selected' | 'Logout';
      socket: Socket | null;
      selectedMailbox?: Mailbox;
      inputHandler: ((line: string) => void) | false;
      send(response: Response, description: string, command: Command, data: string): void;
    }

    type CommandHandler = (
      connection: Connection,
      command: Command,
      data: string,
      done: () => void,
    ) => void;

    type FetchHandler = (connection: Connection, message: Message, item: Token) => Value;

    interface ImapServer {
      readonly server: Server;
      readonly fetchHandlers: Record<string, FetchHandler>;
      setCommandHandler(command: string, handler: CommandHandler): void;
      getCommandHandler(command: string): CommandHandler | false;
      getMailbox(path: string): Mailbox | undefined;
      getMessageRange(
        messages: readonly Message[],
        range: string,
        isUid: boolean,
      ): [sequence: number, message: Message][];
      listen(port: number, host: string, listening: () => void): void;
    }

    interface Options {
      plugins: string[];
      users: Record<string, never>;
      storage: Record<string, Folder | { separator: string; folders: Record<string, Folder> }>;
      secureConnection?: boolean;
      credentials?: { key: string | Buffer; cert: string | Buffer };
    }
  }

  function hoodiecrow(options: hoodiecrow.Options): hoodiecrow.ImapServer;
  export = hoodiecrow;
}

declare module 'hoodiecrow-imap/lib/commands/handlers/fetch.js' {
  import type { FetchHandler } from 'hoodiecrow-imap';

  const handlers: Record<'BODY' | 'ENVELOPE', FetchHandler>;
  export default handlers;
}
