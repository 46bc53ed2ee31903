import { createCipheriv, createHash } from 'node:crypto';
import { seededRandom } from '../support/varied-messages.ts';

/** Mail of one kind: the same bytes on every machine, as all of it comes from a seed. */
export interface Corpus {
  readonly name: string;
  /** What a person reads in the table. */
  readonly about: string;
  readonly folders: readonly string[];
  /** Messages in each folder at the start. */
  readonly perFolder: number;
  /** Where the new messages of the mode `100 new` come in, and how many in each of them. */
  readonly news: { readonly folders: readonly string[]; readonly perFolder: number };
  /** The bytes of message `index`, counted through all folders. Every line ends with CRLF. */
  message(index: number): Buffer;
}

const inbox = ['INBOX'];
const newsInInbox = { folders: inbox, perFolder: 100 };
const many = Array.from({ length: 200 }, (_, index) => `folder-${String(index).padStart(3, '0')}`);

export const corpora: readonly Corpus[] = [
  {
    name: 'small',
    about: '10,000 × 4 KB',
    folders: inbox,
    perFolder: 10_000,
    news: newsInInbox,
    message: (index) => textMessage(index, 4_000),
  },
  {
    name: 'mixed',
    about: '3,000 × 40 KB, to several MB',
    folders: inbox,
    perFolder: 3_000,
    news: newsInInbox,
    message: (index) => attachmentMessage(index, mixedSize(index)),
  },
  {
    name: 'folders',
    about: '200 folders × 20 × 4 KB',
    folders: many,
    perFolder: 20,
    news: { folders: many.slice(0, 20), perFolder: 5 },
    message: (index) => textMessage(index, 4_000),
  },
  {
    name: 'huge',
    about: '3 × 100 MB',
    folders: inbox,
    perFolder: 3,
    news: newsInInbox,
    message: (index) =>
      index < 3 ? attachmentMessage(index, 100_000_000) : textMessage(index, 4_000),
  },
  {
    name: 'big',
    about: '100,000 × 2 KB',
    folders: inbox,
    perFolder: 100_000,
    news: newsInInbox,
    message: (index) => textMessage(index, 2_000),
  },
  {
    name: 'empty',
    about: 'no message',
    folders: inbox,
    perFolder: 0,
    news: newsInInbox,
    message: (index) => textMessage(index, 4_000),
  },
];

/** The hashes a stored message may have: with the line ends it came with, and with Unix's. */
export function hashes(message: Buffer): readonly [string, string] {
  // No carriage return stands elsewhere, so nothing but the line ends is lost.
  const unix = Buffer.from(message.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  return [hash(message), hash(unix)];
}

export function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

/** Sizes as in a mailbox: most are small, the mean is 40 KB, a few have several MB. */
function mixedSize(index: number): number {
  const random = seededRandom(index + 1);
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.round(Math.min(6_000_000, 7_500 * Math.exp(1.8 * normal)) + 1_000);
}

function header(index: number, contentType: string): string {
  return [
    'Return-Path: <bea@example.net>',
    `Received: from mail.example.net by mx.example.org; Mon, 2 Nov 2026 10:00:00 +0000`,
    'From: "Lindqvist, Bea" <bea@example.net>',
    'To: Ada <ada@example.org>',
    `Subject: Letter ${index}`,
    'Date: Mon, 2 Nov 2026 10:00:00 +0000',
    `Message-ID: <letter-${index}@example.net>`,
    'MIME-Version: 1.0',
    `Content-Type: ${contentType}`,
    '',
    '',
  ].join('\r\n');
}

/** Text that deflates to about a third, as letters do. */
const prose = (() => {
  const random = seededRandom(1);
  const syllables = 'ta re mi so la du ken por vel ish än tor em qua li'.split(' ');
  const some = () => syllables[Math.floor(random() * syllables.length)] ?? '';
  const words = Array.from(
    { length: 3_000 },
    () => some() + some() + (random() < 0.5 ? some() : ''),
  );
  const lines = Array.from({ length: 20_000 }, () =>
    // Squared, some words are far more common than others.
    Array.from({ length: 10 }, () => words[Math.floor(random() ** 2 * words.length)]).join(' '),
  );
  return Buffer.from(`${lines.join('\r\n')}\r\n`);
})();

function textMessage(index: number, size: number): Buffer {
  const head = Buffer.from(header(index, 'text/plain; charset=utf-8'));
  const random = seededRandom(index + 1);
  const from = prose.indexOf('\r\n', Math.floor(random() * (prose.length - 2 * size))) + 2;
  const to = prose.indexOf('\r\n', from + size - head.length) + 2;
  return Buffer.concat([head, prose.subarray(from, to)]);
}

function attachmentMessage(index: number, size: number): Buffer {
  const head = Buffer.from(
    `${header(index, 'application/octet-stream').trimEnd()}\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
  );
  const lines = Math.ceil(Math.max(0, size - head.length) / 78);
  const key = Buffer.alloc(16, `${index}`);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  const encoded = cipher.update(Buffer.alloc(lines * 57)).toString('base64');
  const body = Buffer.alloc(lines * 78);
  for (let line = 0; line < lines; line++) {
    body.write(encoded.slice(line * 76, (line + 1) * 76), line * 78, 'latin1');
    body.write('\r\n', line * 78 + 76, 'latin1');
  }
  return Buffer.concat([head, body]);
}
