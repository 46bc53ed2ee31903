import { bytes, letter, usual } from './letter.ts';

/** A message whose bytes a store may get wrong, however easy it is to read. */
export interface HardToKeep {
  /** In a few words, what is hard about it. */
  readonly name: string;
  readonly source: Buffer;
}

/** What is asked for at once of a large message, and what is written at once. */
const seams = [1 << 16, 1 << 18, 1 << 20];

function text(subject: string, ...body: readonly (string | Buffer)[]): Buffer {
  return letter([...usual, `Subject: ${subject}`], ...body);
}

/** So much text that what follows it begins at an offset. */
function upTo(offset: number, subject: string): Buffer {
  const begun = text(subject, '');
  const line = `${'0123456789'.repeat(7)}\r\n`;
  const filled = line.repeat(Math.ceil((offset - begun.length) / line.length));
  return bytes(begun, filled.slice(0, offset - begun.length));
}

const acrossSeams = seams.flatMap((seam) =>
  [-3, -2, -1, 0, 1].flatMap((shift): HardToKeep[] => [
    {
      name: `a line end ${shift} from ${seam}`,
      source: bytes(upTo(seam + shift, 'line end'), '\r\nmore\r\n'),
    },
    {
      name: `"From " ${shift} from ${seam}`,
      source: bytes(upTo(seam + shift, 'quoting'), '\n>From me\nFrom you\r\nFrom'),
    },
  ]),
);

/** Messages for those who keep them: what counts is that each byte comes out as it went in. */
export const hardToKeep: readonly HardToKeep[] = [
  { name: 'one letter', source: Buffer.from('x') },
  { name: 'one line end', source: Buffer.from('\n') },
  { name: 'half a line end', source: Buffer.from('\r') },
  { name: 'every byte', source: text('bytes', Buffer.from([...Array(256).keys()])) },
  { name: 'NUL bytes', source: text('NUL', 'a\0b\0\0\r\n\0') },
  { name: 'bare LF', source: text('LF', 'one\ntwo\n\n\nthree\n') },
  { name: 'bare CR', source: text('CR', 'one\rtwo\r\r\rthree\r') },
  { name: 'line ends of all kinds', source: text('mixed', 'a\r\r\nb\n\rc\r\n\r\n\nd\r\n\r') },
  { name: 'LF in the header', source: bytes('Subject: LF\nFrom: a@example.org\n\nbody\n') },
  { name: 'CR in the header', source: bytes('Subject: a\rBcc: b@example.org\r\n\r\nbody\r\n') },
  { name: 'no end of the last line', source: text('end', 'body') },
  { name: 'many empty lines at the end', source: text('ends', 'body', '\r\n'.repeat(9)) },
  {
    name: 'a From line at the top',
    source: bytes('From root@localhost Mon Jan  1 00:00:00 2001\r\n', text('top', 'body\r\n')),
  },
  {
    name: 'a quoted one at the top',
    source: bytes('>From root@localhost\r\n', text('top', 'body\r\n')),
  },
  {
    name: 'lines of "From "',
    source: text('From', 'From a\r\n>From b\r\n>>>From c\r\n From d\r\n\r\nFrom e\r\n'),
  },
  { name: '"From " behind a bare CR', source: text('CR From', 'a\rFrom b\r\r>From c\r\nFrom d\r') },
  {
    name: '"From " behind what looks like a line end',
    source: text('x', 'a\x0bFrom b\x0cFrom c\x85From d\r\n'),
  },
  { name: '"From" without its space', source: text('From', 'From\r\nFrom:\r\nFrom\t\r\nFro') },
  { name: 'ten thousand ">"', source: text('quotes', `${'>'.repeat(10_000)}From \r\n`) },
  {
    name: 'what another mbox looks like',
    source: text(
      'mbox',
      'From a@b Thu Jan  1 00:00:00 1970\n\nFrom a@b Thu Jan  1 00:00:00 1970\n',
    ),
  },
  { name: 'lines of dots', source: text('dots', '.\r\n..\r\n.\n\r\n.') },
  {
    name: 'what a server says',
    source: text('IMAP', ')\r\nA1 OK done\r\n* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n* BYE\r\n'),
  },
  { name: 'a line of 100,000 characters', source: text('long', 'y'.repeat(100_000)) },
  {
    name: 'names of paths',
    source: letter(
      ['From: <../../x@..>', 'Subject: ../../../etc/passwd', 'Message-ID: </../../$(id)\0/a>'],
      'b\r\n',
    ),
  },
  { name: 'names of nothing', source: letter(['From:', 'Subject:', 'Message-ID:'], 'b\r\n') },
  { name: 'a long name', source: letter([...usual, `Subject: ${'ö'.repeat(5000)}`], 'b\r\n') },
  ...acrossSeams,
];
