import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';
import { answerAsUsual, type Letter } from './usual-imap.ts';

/**
 * What the server does when a command matches: bytes to send (a text is sent as Latin-1, `<tag>` in
 * it is the command's tag), or a function for whatever bytes alone cannot say. A function that does
 * nothing is silence.
 */
export type Reply = string | Buffer | ((talk: Talk) => void | Promise<void>);

export interface Script {
  /** Default `tls`. */
  readonly security?: 'tls' | 'starttls' | 'none';
  /** Default: an ordinary `* OK`. */
  readonly greeting?: Reply;
  /** The first pattern that matches a command (without its tag) answers it; else it is answered as usual. */
  readonly on?: readonly (readonly [RegExp, Reply])[];
  /** What the INBOX of the usual answers holds, UIDs ascending. Default: three short letters. */
  readonly letters?: readonly Letter[];
  readonly capabilities?: string;
  readonly tls?: TlsOptions;
}

/** One exchange with a client. Nothing here rejects when the client has gone: that is seen by `gone`. */
export interface Talk {
  readonly tag: string;
  /** The command without its tag; a literal in it is there after `{n}` and CRLF. */
  readonly command: string;
  /** Commands of this connection before this one that matched the same pattern. */
  readonly times: number;
  readonly gone: AbortSignal;
  send(bytes: string | Buffer): Promise<void>;
  /** The next line the client sends, such as the answer to a challenge. */
  line(): Promise<string>;
  /** A byte at a time. */
  drip(bytes: string | Buffer, everyMs: number): Promise<void>;
  /** The same bytes again and again until the client goes. */
  repeat(bytes: string | Buffer, everyMs?: number): Promise<void>;
  /** Bytes sent with the tagged OK are in one segment with it. */
  startTls(okAndMore: string): Promise<void>;
  /** FIN. */
  cut(): void;
  /** RST. */
  reset(): void;
}

export interface ScriptedImap {
  readonly port: number;
  /** Every byte that arrived unencrypted, and every one that arrived inside TLS. */
  received(): { readonly clear: string; readonly encrypted: string };
  /** The commands of all connections, without their tags. */
  readonly commands: readonly string[];
  connections(): number;
  close(): Promise<void>;
}

/** Starts an IMAP server on 127.0.0.1 that keeps to a script, and else answers as usual. */
export async function startScriptedImap(
  certificates: { readonly cert: string; readonly key: string },
  script: Script = {},
): Promise<ScriptedImap> {
  const { security = 'tls' } = script;
  const tls: TlsOptions = { cert: certificates.cert, key: certificates.key, ...script.tls };
  const received = { clear: '', encrypted: '' };
  const commands: string[] = [];
  const open = new Set<Socket>();
  let connections = 0;

  const serve = (tcp: Socket, socket: Socket) => {
    const connection = new ScriptedConnection(tcp, socket, script, tls, {
      received: (bytes, encrypted) => {
        received[encrypted ? 'encrypted' : 'clear'] += bytes;
      },
      command: (command) => commands.push(command),
    });
    void connection.serve();
  };
  const server =
    security === 'tls'
      ? createTlsServer(tls, (socket) => {
          const tcp = [...open].find(({ remotePort }) => remotePort === socket.remotePort);
          if (tcp !== undefined) serve(tcp, socket);
        })
      : createServer((socket) => serve(socket, socket));
  server.on('connection', (socket: Socket) => {
    connections += 1;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => {}); // the client went: the script's business, not ours
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    port: address.port,
    received: () => received,
    commands,
    connections: () => connections,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Witness {
  received(bytes: string, encrypted: boolean): void;
  command(command: string): void;
}

class ScriptedConnection {
  readonly #tcp: Socket;
  /** The same, or TLS upon it. */
  #socket: Socket;
  readonly #script: Script;
  readonly #tls: TlsOptions;
  readonly #witness: Witness;
  readonly #gone = new AbortController();
  readonly #times = new Map<RegExp, number>();
  #buffer = '';
  #arrived: () => void = () => {};

  constructor(tcp: Socket, socket: Socket, script: Script, tls: TlsOptions, witness: Witness) {
    this.#tcp = tcp;
    this.#socket = socket;
    this.#script = script;
    this.#tls = tls;
    this.#witness = witness;
    tcp.once('close', () => {
      this.#gone.abort();
      this.#arrived();
    });
    this.#listen();
  }

  async serve(): Promise<void> {
    const { greeting = '* OK ready\r\n', on = [] } = this.#script;
    await this.#reply(greeting, '', '', 0);
    while (!this.#gone.signal.aborted) {
      const command = await this.#nextCommand();
      if (command === null) return;
      this.#witness.command(command.text);
      const found = on.find(([pattern]) => pattern.test(command.text));
      if (found === undefined) {
        const answer = answerAsUsual(command.text, { ...this.#script, encrypted: this.#encrypted });
        if (answer === 'STARTTLS') await this.#startTls(command.tag, `<tag> OK begin\r\n`);
        else await this.#send(answer, command.tag);
        continue;
      }
      const [pattern, reply] = found;
      const times = this.#times.get(pattern) ?? 0;
      this.#times.set(pattern, times + 1);
      await this.#reply(reply, command.tag, command.text, times);
    }
  }

  get #encrypted(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  #listen(): void {
    const encrypted = this.#encrypted;
    this.#socket.on('error', () => {});
    this.#socket.on('data', (chunk: Buffer) => {
      const bytes = chunk.toString('latin1');
      this.#witness.received(bytes, encrypted);
      this.#buffer += bytes;
      this.#arrived();
    });
  }

  async #reply(reply: Reply, tag: string, command: string, times: number): Promise<void> {
    if (typeof reply !== 'function') return this.#send(reply, tag);
    const send = (bytes: string | Buffer) => this.#send(bytes, tag);
    await reply({
      tag,
      command,
      times,
      gone: this.#gone.signal,
      send,
      line: async () => (await this.#nextLine()) ?? '',
      drip: async (bytes, everyMs) => {
        for (const byte of this.#bytes(bytes, tag)) {
          if (this.#gone.signal.aborted) return;
          await send(Buffer.from([byte]));
          await this.#pause(everyMs);
        }
      },
      repeat: async (bytes, everyMs = 0) => {
        while (!this.#gone.signal.aborted) {
          await send(bytes);
          if (everyMs > 0) await this.#pause(everyMs);
        }
      },
      startTls: (okAndMore) => this.#startTls(tag, okAndMore),
      cut: () => void this.#socket.end(),
      reset: () => void this.#tcp.resetAndDestroy(),
    });
  }

  #bytes(bytes: string | Buffer, tag: string): Buffer {
    return typeof bytes === 'string'
      ? Buffer.from(bytes.replaceAll('<tag>', tag), 'latin1')
      : bytes;
  }

  async #send(bytes: string | Buffer, tag: string): Promise<void> {
    const socket = this.#socket;
    const { signal } = this.#gone;
    if (socket.writable && !socket.write(this.#bytes(bytes, tag))) {
      await once(socket, 'drain', { signal }).catch(() => {});
    }
    await new Promise(setImmediate); // or an endless script would never see the client go
  }

  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#gone.signal }).catch(() => {});
  }

  async #startTls(tag: string, okAndMore: string): Promise<void> {
    this.#socket.removeAllListeners('data');
    await this.#send(okAndMore, tag);
    this.#socket = new TLSSocket(this.#tcp, { ...this.#tls, isServer: true });
    this.#buffer = '';
    this.#listen();
  }

  async #nextCommand(): Promise<{ tag: string; text: string } | null> {
    let text = await this.#nextLine();
    if (text === null) return null;
    for (;;) {
      const [, size, plus] = /\{(\d+)(\+?)\}$/.exec(text) ?? [];
      if (size === undefined) break;
      if (plus === '') await this.#send('+ go on\r\n', '');
      const literal: string | null = await this.#take(Number(size));
      const rest: string | null = await this.#nextLine();
      if (literal === null || rest === null) return null;
      text = `${text}\r\n${literal}${rest}`;
    }
    const [tag = ''] = text.split(' ', 1);
    return { tag, text: text.slice(tag.length + 1) };
  }

  async #nextLine(): Promise<string | null> {
    for (;;) {
      const end = this.#buffer.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end + 2);
        return line;
      }
      if (this.#gone.signal.aborted) return null;
      await this.#more();
    }
  }

  async #take(size: number): Promise<string | null> {
    while (this.#buffer.length < size) {
      if (this.#gone.signal.aborted) return null;
      await this.#more();
    }
    const bytes = this.#buffer.slice(0, size);
    this.#buffer = this.#buffer.slice(size);
    return bytes;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }
}
