import type { MessagePart } from './message.ts';
import type { MailSession } from './session.ts';

/** What a person reads of a message. */
export interface MessageText {
  readonly text: string;
  /** The leaves of its MIME tree. */
  readonly parts: readonly MessagePart[];
}

/** More text than anybody reads on a terminal; the rest is left on the server, and said so. */
const maxTextBytes = 1 << 20;

/** Only the parts that are text are downloaded. */
export async function readMessageText(session: MailSession, uid: number): Promise<MessageText> {
  const parts = await session.parts(uid);
  const readable = parts.filter(({ attachment }) => !attachment);
  const plain = readable.filter(({ type }) => type === 'text/plain');
  const html = readable.filter(({ type }) => type === 'text/html');
  // multipart/alternative says the same twice; the plain one needs no turning into text.
  const chosen = plain.length > 0 ? plain : html;
  const texts: string[] = [];
  for (const { part, type } of chosen) {
    const text = await session.partText(uid, part, maxTextBytes);
    texts.push(type === 'text/html' ? await htmlToText(text) : text);
  }
  return { text: texts.join('\n'), parts };
}

async function htmlToText(html: string): Promise<string> {
  const { convert } = await import('html-to-text');
  return convert(html, {
    wordwrap: 78,
    limits: { maxInputLength: maxTextBytes, maxDepth: 100 },
    selectors: [
      { selector: 'img', format: 'skip' },
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true } },
    ],
  });
}
