import iconv from 'iconv-lite';
import { base64, bytes, html, letter, mixed, part, type Torture, text, usual } from './letter.ts';

/** Text in a charset, as it is on the wire. */
function inCharset(charset: string, words: string, source: Buffer): Torture {
  return {
    name: `text in ${charset}`,
    source: text('charset', `text/plain; charset=${charset}`, 'base64', source.toString('base64')),
    says: [words],
  };
}

const coded = (charset: string, words: string) =>
  inCharset(charset, words, iconv.encode(words, charset));

export const charsets: readonly Torture[] = [
  coded('windows-1252', 'Café – “quoted” … €'),
  coded('windows-1251', 'Привет, мир'),
  coded('windows-1255', 'שלום'),
  coded('iso-8859-2', 'Zażółć gęślą jaźń'),
  coded('iso-8859-15', 'Prix : 5 €'),
  coded('koi8-r', 'Собрание в среду'),
  coded('gb18030', '会议在星期三'),
  coded('gb2312', '会议'),
  coded('big5', '會議在星期三'),
  coded('shift_jis', '会議は水曜日です'),
  coded('euc-kr', '회의는 수요일'),
  coded('utf-7', 'Hällo – 会議'),
  coded('utf-16', 'Sixteen bits – Ω'),
  inCharset(
    'iso-2022-jp',
    '日本語',
    Buffer.concat([
      Buffer.from([0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x38, 0x6c]),
      Buffer.from([0x1b, 0x28, 0x42]),
    ]),
  ),
  inCharset('iso-8859-1', 'the dash – of windows-1252', bytes('the dash \x96 of windows-1252')),
  inCharset('us-ascii', 'für', Buffer.from('für')),
  {
    name: 'Latin-1 that says it is UTF-8',
    source: text('x', 'text/plain; charset=utf-8', '8bit', bytes('caf\xe9 au lait\r\n')),
    says: [/caf\S au lait/],
  },
  {
    name: 'Latin-1 that says nothing',
    source: text('x', 'text/plain', '8bit', bytes('caf\xe9 au lait\r\n')),
    says: ['café au lait'],
  },
  {
    name: 'a charset nobody knows',
    source: text('x', 'text/plain; charset=x-martian', '8bit', Buffer.from('readable für all\r\n')),
    says: ['readable für all', 'x-martian'],
  },
  {
    name: 'charsets that are names of other things',
    source: mixed('x', [
      part(['Content-Type: text/plain; charset=../../../etc/passwd'], 'one path'),
      part(['Content-Type: text/plain; charset=base64'], 'not decoded again'),
      part(['Content-Type: text/plain; charset=__proto__'], 'a prototype'),
      part(['Content-Type: text/plain; charset=""'], 'an empty one'),
    ]),
    says: ['one path', 'not decoded again', 'a prototype', 'an empty one'],
  },
  {
    name: 'two charset parameters',
    source: text('x', 'text/plain; charset=utf-8; charset=koi8-r', '8bit', Buffer.from('für\r\n')),
  },
  {
    name: 'HTML that names its own charset',
    source: text(
      'x',
      'text/html',
      '8bit',
      bytes('<meta charset="windows-1251"><p>', iconv.encode('Привет', 'windows-1251')),
    ),
    says: ['Привет'],
  },
  {
    name: 'lone surrogates and what is no character',
    source: text(
      'x',
      'text/plain; charset=utf-8',
      '8bit',
      bytes('a\xed\xa0\x80b\xef\xbf\xbfc\r\n'),
    ),
    says: [/a.*b/],
  },
  {
    name: 'encoded words of every kind in the subject',
    source: letter(
      [
        ...usual,
        `Subject: =?utf-8?B?${base64('Grüße')}?= =?iso-8859-1?Q?_aus_K=F6ln?=`,
        'Content-Type: text/plain',
      ],
      'Body.\r\n',
    ),
    subject: 'Grüße aus Köln',
  },
  {
    name: 'a character cut by the end of an encoded word',
    source: letter(
      [...usual, 'Subject: =?utf-8?B?w4Q=?= =?utf-8?B?w?= =?utf-8?B?pA==?='],
      'Body.\r\n',
    ),
  },
  {
    name: 'encoded words that are broken',
    source: letter(
      [...usual, 'Subject: =?utf-8?Q?=ZZ=?= =?nothing?X?abc?= =?utf-8?B?!!!?= =?'],
      'Body.\r\n',
    ),
  },
  {
    name: 'raw 8-bit in the headers',
    source: letter(
      [
        ...usual.slice(1),
        Buffer.from('From: Jürgen <j@example.org>').toString('latin1'),
        'Subject: caf\xe9',
      ],
      'Body.\r\n',
    ),
  },
  {
    name: 'HTML in entities, with what must not run',
    source: letter(
      [...usual, 'Subject: x', 'Content-Type: text/html; charset=utf-8'],
      '<html><head><style>p{color:red}</style><script>alert(1)</script><title>t</title></head>',
      '<body><p>5 &euro; &amp; &lt;b&gt; &#x1F600;</p><p>Second&nbsp;paragraph</p>',
      '<img src="http://127.0.0.1:9/x.png"><a href="https://example.org/a">here</a></body></html>',
    ),
    says: ['5 € & <b> 😀', /Second\sparagraph/, 'here [https://example.org/a]'],
    hides: ['color:red', 'alert(1)', '127.0.0.1:9'],
  },
  {
    name: 'HTML that is never closed, 20,000 deep',
    source: letter(
      [...usual, 'Subject: x', 'Content-Type: text/html'],
      '<div>'.repeat(20_000),
      'deep',
    ),
  },
  {
    name: 'HTML of tables in tables',
    source: letter(
      [...usual, 'Subject: x', 'Content-Type: text/html'],
      '<table><tr><td>'.repeat(50),
      'in the cell',
      '</td></tr></table>'.repeat(50),
    ),
    says: ['in the cell'],
  },
  {
    name: 'HTML of nothing but angles',
    source: letter([...usual, 'Subject: x', 'Content-Type: text/html'], '<'.repeat(200_000)),
  },
  {
    name: 'HTML of 1 MB',
    source: letter(
      [...usual, 'Subject: x', 'Content-Type: text/html'],
      '<p>A paragraph of a long page, with <b>words</b>.</p>\r\n'.repeat(18_000),
    ),
    says: ['A paragraph of a long page, with words.'],
  },
  {
    name: 'HTML that is the only text beside a file',
    source: mixed('x', [html('<ul><li>one<li>two</ul>')]),
    says: ['one', 'two'],
  },
];
