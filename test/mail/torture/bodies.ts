import { base64, bytes, letter, mixed, part, plain, type Torture, text, usual } from './letter.ts';

const flowed = 'text/plain; charset=utf-8; format=flowed';

/** As uuencode writes it. */
function uuencode(name: string, content: string): string {
  const lines = content.match(/[\s\S]{1,45}/g) ?? [];
  const character = (value: number) => String.fromCharCode(value === 0 ? 96 : value + 32);
  const encoded = lines.map((line) => {
    const source = Buffer.from(line);
    let out = character(source.length);
    for (let at = 0; at < source.length; at += 3) {
      const [a = 0, b = 0, c = 0] = source.subarray(at, at + 3);
      const all = (a << 16) | (b << 8) | c;
      out += [18, 12, 6, 0].map((shift) => character((all >> shift) & 63)).join('');
    }
    return out;
  });
  return [`begin 644 ${name}`, ...encoded, '`', 'end', ''].join('\r\n');
}

/** The signature of TNEF, a key, and what is cut off. */
const tnef = bytes('\x78\x9f\x3e\x22\x01\x00\x01', '\x90'.repeat(64));

export const bodies: readonly Torture[] = [
  {
    name: 'flowed paragraphs, quotes and a signature',
    source: text(
      'flowed',
      flowed,
      '7bit',
      'One paragraph that \r\ngoes on.\r\n> quoted words \r\n> go on too.\r\n\r\n From here.\r\n-- \r\nAda\r\n',
    ),
    says: [
      'One paragraph that goes on.',
      '> quoted words go on too.',
      '\nFrom here.',
      '\n-- \nAda',
    ],
  },
  {
    name: 'flowed text that deletes its spaces',
    source: text('delsp', `${flowed}; delsp=yes`, '7bit', 'Donaudampf \r\nschiff\r\n'),
    says: ['Donaudampfschiff'],
  },
  { name: 'no body', source: letter([...usual, 'Subject: empty']), subject: 'empty' },
  { name: 'no blank line', source: bytes([...usual, 'Subject: headers only'].join('\r\n')) },
  { name: 'nothing at all', source: Buffer.from('\r\n'), subject: null },
  {
    name: 'no header at all',
    source: bytes('\r\nJust a body.\r\n'),
    says: ['Just a body.'],
    subject: null,
  },
  {
    name: 'base64 that is not',
    source: text('x', 'text/plain', 'base64', 'This is no base64!! ===\r\n%%%%\r\n'),
  },
  {
    name: 'base64 with garbage between',
    source: text(
      'x',
      'text/plain; charset=utf-8',
      'base64',
      'SGVs\r\n!!bG8g\r\n \x80d29y\r\nbGQ=\r\n',
    ),
    says: ['Hello world'],
  },
  {
    name: 'base64 whose every line is padded',
    source: text('x', 'text/plain', 'base64', `${base64('one ')}\r\n${base64('two')}\r\n`),
    says: ['one two'],
  },
  {
    name: 'base64 that is cut off',
    source: text('x', 'text/plain', 'base64', 'SGVsbG8gd29ybG'),
    says: ['Hello wor'],
  },
  {
    name: 'quoted-printable that is not',
    source: text(
      'x',
      'text/plain; charset=utf-8',
      'quoted-printable',
      '100=% =ZZ =\r\njoined =C3=BC =\r\n',
    ),
    says: ['100=% =ZZ joined ü'],
  },
  {
    name: 'quoted-printable that ends in the middle',
    source: text('x', 'text/plain', 'quoted-printable', 'Ends=2'),
    says: ['Ends'],
  },
  {
    name: 'a transfer encoding nobody knows',
    source: text('x', 'text/plain', 'x-rot13', 'As it is.\r\n'),
    says: ['As it is.'],
  },
  {
    name: 'uuencode in the text',
    source: text(
      'x',
      'text/plain',
      '7bit',
      `See the file.\r\n\r\n${uuencode('notes.txt', 'secret notes')}`,
    ),
    says: ['See the file.', 'begin 644 notes.txt'],
    files: [],
  },
  {
    name: 'uuencode as a transfer encoding',
    source: mixed('x', [
      plain('Old times.'),
      part(
        [
          'Content-Type: application/octet-stream; name=old.uu',
          'Content-Transfer-Encoding: x-uuencode',
        ],
        uuencode('old.txt', 'old bytes'),
      ),
    ]),
    says: ['Old times.'],
    files: [{ name: 'old.uu', content: uuencode('old.txt', 'old bytes') }],
  },
  {
    name: 'TNEF',
    source: mixed('x', [
      plain('From Outlook.'),
      part(
        [
          'Content-Type: application/ms-tnef; name="winmail.dat"',
          'Content-Transfer-Encoding: base64',
        ],
        base64(tnef),
      ),
    ]),
    says: ['From Outlook.'],
    files: [{ name: 'winmail.dat', content: tnef }],
  },
  {
    name: 'NUL bytes',
    source: letter(
      [...usual, 'Subject: a\x00b', 'Content-Type: text/plain'],
      'before\x00after\r\n',
    ),
    says: [/before.?after/],
  },
  {
    name: 'bare CR and bare LF',
    source: letter([...usual, 'Subject: x'], 'one\rtwo\nthree\r\nfour\n\rfive'),
    says: [/one\ntwo\nthree\nfour/],
  },
  {
    name: 'one line of 4 MB',
    source: letter([...usual, 'Subject: x'], 'y'.repeat(4 << 20)),
    says: ['yyyy', /cut after 1 MB/],
  },
  {
    name: 'a million words on one line',
    source: letter([...usual, 'Subject: x'], 'word '.repeat(200_000)),
    says: ['word word'],
  },
  {
    name: '200,000 empty lines',
    source: letter([...usual, 'Subject: x'], '\r\n'.repeat(200_000), 'the end\r\n'),
    says: ['the end'],
  },
  {
    name: 'right to left',
    source: text(
      'x',
      'text/plain; charset=utf-8',
      '8bit',
      Buffer.from('שלום עולם \u202egpj.exe\u202c مرحبا\r\n'),
    ),
    says: ['שלום עולם', 'مرحبا'],
  },
  {
    name: 'letters under a hundred marks',
    source: text(
      'x',
      'text/plain; charset=utf-8',
      '8bit',
      Buffer.from(`z${'\u0335'.repeat(500)}algo\r\n`),
    ),
    says: ['algo'],
  },
  {
    name: 'a text of escape sequences',
    source: letter(
      [...usual, 'Subject: \x1b]0;title\x07\x1b[2J'],
      '\x1b]52;c;cm0gLXJmIH4=\x07\x1b[31mred\x1b[0m\x9b2J\x08\x08\r\n',
    ),
    says: ['red'],
  },
];
