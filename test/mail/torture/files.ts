import { attached, base64, mixed, part, plain, type Torture } from './letter.ts';

const octets = 'Content-Type: application/octet-stream';

/** One attachment with a name as given in its Content-Disposition. */
function named(name: string, disposition: string, saved: string | RegExp): Torture {
  return {
    name: `a file called ${name}`,
    source: mixed('file', [
      plain('See the file.'),
      attached([octets, `Content-Disposition: attachment; ${disposition}`], 'content'),
    ]),
    says: ['See the file.'],
    files: [{ name: saved, content: 'content' }],
  };
}

const word = (name: string) => `filename="=?utf-8?B?${base64(name)}?="`;

export const files: readonly Torture[] = [
  named('by RFC 2231', "filename*=utf-8''%C3%9Cbersicht%20M%C3%A4rz.pdf", 'Übersicht März.pdf'),
  named(
    'by RFC 2231 in three pieces',
    "filename*0*=utf-8''%C3%9Cber;\r\n filename*1*=sicht%20;\r\n filename*2=2026.pdf",
    'Übersicht 2026.pdf',
  ),
  named(
    'by RFC 2231 in Japanese',
    "filename*=iso-2022-jp''%1B%24B%46%7C%4B%5C%1B%28B.txt",
    '日本.txt',
  ),
  named('by RFC 2047, as must not be', word('Übersicht.pdf'), 'Übersicht.pdf'),
  named('in raw UTF-8', `filename="${Buffer.from('Größe.txt').toString('latin1')}"`, 'Größe.txt'),
  named('in raw Latin-1', 'filename="Gr\xf6\xdfe.txt"', 'Größe.txt'),
  named('in NFD', word('Cafe\u0301.txt'), 'Café.txt'),
  named('a path', 'filename="../../../../etc/cron.d/evil"', /^[^/\\]*evil$/),
  named('a path of Windows', 'filename="..\\\\..\\\\autoexec.bat"', /^[^/\\]*autoexec\.bat$/),
  named('an absolute path', 'filename="/etc/passwd"', /^[^/\\]*passwd$/),
  named('a drive', 'filename="C:\\\\evil.txt"', /^[^/\\:]*evil\.txt$/),
  named('two dots', 'filename=".."', /^[^.].*/),
  named('one dot', 'filename="."', /^[^.].*/),
  named('nothing', 'filename=""', /^[^.].*/),
  named('blanks', 'filename="   "', /^[^.\s].*/),
  named('a hidden file', 'filename=".bashrc"', /^[^.].*bashrc$/),
  named('an option', 'filename="-rf"', /^[^-].*rf$/),
  named('a device', 'filename="con.txt"', /^(?!con\.).*con.*\.txt$/i),
  named('a device in disguise', 'filename="AUX . txt"', /^(?!aux\b).*/i),
  named('a name with line ends', word('a\r\nBcc: evil@example.org\n.txt'), /^[^\r\n]*\.txt$/),
  named('a name that sets the title', word('a\u001b]0;evil\u0007.txt'), /^[^\u0000-\u001f]*\.txt$/),
  named('a name that turns around', word('photo\u202egpj.exe'), 'photogpj.exe'),
  named('a name with NUL', word('a.pdf\u0000.exe'), /^[^\u0000]*$/),
  named('a name with blanks of no width', word('in\u200bvoice.pdf'), 'invoice.pdf'),
  named('a very long name', `filename="${'x'.repeat(900)}.pdf"`, /^x{100,}.*\.pdf$/),
  named('a very long name of wide letters', word(`${'語'.repeat(300)}.pdf`), /^語{30,}.*\.pdf$/),
  named('a stream of NTFS', 'filename="a.txt:evil.exe"', /^[^:]*$/),
  named('a wildcard', 'filename="*?<>|.txt"', /^[^*?<>|]*\.txt$/),
  named('a tilde', 'filename="~root"', /^[^~].*root$/),
  named('ends in dots', 'filename="name. . ."', /^name[^. ]*$/),
  {
    name: 'two files of one name',
    source: mixed('twice', [
      attached([octets, 'Content-Disposition: attachment; filename=same.txt'], 'first'),
      attached([octets, 'Content-Disposition: attachment; filename=SAME.txt'], 'second'),
      attached([octets, 'Content-Disposition: attachment; filename=same.txt'], 'third'),
      attached([octets, 'Content-Disposition: attachment; filename=same.txt'], 'first'),
    ]),
  },
  {
    name: 'a file without a name',
    source: mixed('nameless', [
      plain('Text.'),
      attached(['Content-Type: application/pdf', 'Content-Disposition: attachment'], '%PDF-1'),
      attached(['Content-Type: application/x-never-heard', 'Content-Disposition: attachment'], '?'),
    ]),
    files: [
      { name: /\.pdf$/, content: '%PDF-1' },
      { name: /./, content: '?' },
    ],
  },
  {
    name: 'a name only in the type',
    source: mixed('name', [attached(['Content-Type: image/png; name="only here.png"'], 'PNG')]),
    files: [{ name: 'only here.png', content: 'PNG' }],
  },
  {
    name: 'an empty file',
    source: mixed('empty', [
      part([octets, 'Content-Disposition: attachment; filename=empty.bin'], ''),
    ]),
    files: [{ name: 'empty.bin', content: '' }],
  },
  {
    name: 'a file of 6 MB',
    source: mixed('large', [
      attached(
        [octets, 'Content-Disposition: attachment; filename=large.bin'],
        Buffer.alloc(6 << 20, 'mail'),
      ),
    ]),
    files: [{ name: 'large.bin', content: Buffer.alloc(6 << 20, 'mail') }],
  },
  {
    name: 'a file in quoted-printable',
    source: mixed('qp', [
      part(
        [
          octets,
          'Content-Disposition: attachment; filename=qp.txt',
          'Content-Transfer-Encoding: quoted-printable',
        ],
        'caf=E9 =\r\nau lait',
      ),
    ]),
    files: [{ name: 'qp.txt', content: Buffer.from('caf\xe9 au lait', 'latin1') }],
  },
];
