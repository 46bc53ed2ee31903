import { Failure } from '../errors.ts';
import { findPart, type Part } from '../mail/body-structure.ts';
import type { MessageContent } from '../mail/message-content.ts';
import { decodeText } from '../mail/message-text.ts';
import type { MailSession } from '../mail/session.ts';
import { decodeTransferStream } from '../mail/transfer-encoding.ts';
import { printableLines } from '../terminal/printable.ts';
import { UidSet } from '../uid-set.ts';
import type { App } from './app.ts';

/** What a person reads of a text on the spot. */
const maxTextBytes = 1 << 20;

/** A message exactly as the server has it; on a terminal made safe. */
export async function writeRaw(app: App, session: MailSession, uid: number): Promise<void> {
  const [fact] = await session.facts(UidSet.of([uid]));
  const message = fact === undefined ? null : await session.fetchInPieces(fact);
  if (message === null) throw new Failure('not-found', `the server no longer has message ${uid}`);
  if (app.system.stdout.isTTY !== true) {
    for await (const piece of message.content) await app.output.raw(piece);
    return;
  }
  const decoder = new TextDecoder();
  for await (const piece of message.content) {
    await app.output.raw(printableLines(decoder.decode(piece, { stream: true })));
  }
}

/**
 * One part with its transfer encoding undone: bytes to a file or a pipe; to a terminal only text,
 * made safe.
 * @throws Failure 'not-found' | 'usage'
 */
export async function writePart(
  app: App,
  content: MessageContent,
  { uid, number }: { readonly uid: number; readonly number: string },
): Promise<void> {
  const part = findPart(content.root, number);
  if (part === null) {
    throw new Failure('not-found', `message ${uid} has no part ${number}`, {
      hint: `mailctl show ${uid} lists them`,
    });
  }
  if (app.system.stdout.isTTY === true) return writeText(app, content, part, uid);
  for await (const piece of decodeTransferStream(content.stream(part), part.encoding)) {
    await app.output.raw(piece);
  }
}

async function writeText(
  app: App,
  content: MessageContent,
  part: Part,
  uid: number,
): Promise<void> {
  if (!/^(text|message)\//.test(part.type)) {
    throw new Failure('usage', `part ${part.part} is ${part.type}, which no terminal can show`, {
      hint: `mailctl show ${uid} --part ${part.part} > FILE`,
    });
  }
  const bytes = (await content.read([part], maxTextBytes)).get(part.section);
  if (bytes === undefined)
    throw new Failure('protocol', `the server did not send part ${part.part}`);
  const { text } = decodeText(part, bytes);
  await app.output.raw(`${printableLines(text)}\n`);
}
