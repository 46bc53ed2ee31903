import {
  around,
  attached,
  base64,
  bytes,
  html,
  letter,
  mixed,
  multipart,
  part,
  plain,
  type Torture,
  text,
  usual,
} from './letter.ts';

const octets = 'Content-Type: application/octet-stream';

function within({ type, body }: ReturnType<typeof multipart>): Buffer {
  return part([type], body);
}

/** Messages within messages, `depth` deep. */
function matryoshka(depth: number): Buffer {
  let message = letter([...usual, 'Subject: the innermost'], 'The kernel.\r\n');
  for (let level = depth; level > 0; level -= 1) {
    message = letter(
      [...usual, `Subject: shell ${level}`, 'MIME-Version: 1.0', 'Content-Type: message/rfc822'],
      message,
    );
  }
  return message;
}

function bracketed(depth: number): Buffer {
  let inner = plain('At the bottom of the brackets.');
  for (let level = depth; level > 0; level -= 1) {
    inner = within(multipart('mixed', `level-${level}`, [inner]));
  }
  return inner;
}

const forwarded = letter(
  [
    'From: Grace <grace@example.com>',
    'To: ada@example.org',
    'Date: Mon, 2 Mar 2026 09:00:00 +0000',
    'Subject: What was forwarded',
    'MIME-Version: 1.0',
    multipart('mixed', 'inner', []).type,
  ],
  multipart('mixed', 'inner', [
    plain('The forwarded text.'),
    attached([octets, 'Content-Disposition: attachment; filename=deep.bin'], 'deep bytes'),
  ]).body,
);

export const structures: readonly Torture[] = [
  {
    name: 'alternatives, of which the plain one is shown',
    source: around(
      'alternative',
      multipart('alternative', 'a', [plain('The plain one.'), html('<p>The rich one.')]),
    ),
    says: ['The plain one.'],
    hides: ['The rich one.'],
    files: [],
  },
  {
    name: 'an empty plain alternative',
    source: around(
      'empty plain',
      multipart('alternative', 'a', [plain('  \r\n'), html('<p>Only here.')]),
    ),
    says: ['Only here.'],
  },
  {
    name: 'related pictures in an alternative in a mixed one',
    source: mixed('nested', [
      within(
        multipart('alternative', 'alt', [
          plain('Words for the terminal.'),
          within(
            multipart('related', 'rel', [
              html('<p>Words with <img src="cid:logo">'),
              attached(['Content-Type: image/png; name=logo.png', 'Content-ID: <logo>'], 'PNG'),
            ]),
          ),
        ]),
      ),
      attached(['Content-Type: application/pdf; name=plan.pdf'], '%PDF'),
    ]),
    says: ['Words for the terminal.'],
    hides: ['Words with'],
    files: [
      { name: 'logo.png', content: 'PNG' },
      { name: 'plan.pdf', content: '%PDF' },
    ],
  },
  {
    name: 'a related group whose root comes last',
    source: letter(
      [...usual, 'Subject: start', 'Content-Type: multipart/related; boundary=r; start="<main>"'],
      multipart('related', 'r', [
        attached(['Content-Type: image/gif', 'Content-ID: <pic>'], 'GIF'),
        part(['Content-Type: text/html', 'Content-ID: <main>'], '<p>The root.'),
      ]).body,
    ),
    says: ['The root.'],
    files: [{ name: /\.gif$/, content: 'GIF' }],
  },
  {
    name: 'a signed message',
    source: around(
      'signed',
      multipart('signed', 's', [
        plain('Signed words.'),
        part(['Content-Type: application/pgp-signature; name=signature.asc'], '-----BEGIN PGP'),
      ]),
    ),
    says: ['Signed words.'],
    files: [{ name: 'signature.asc' }],
  },
  {
    name: 'a mailing list that puts its footer around everything',
    source: mixed('footer', [plain('First.'), plain('Second.'), plain('--\r\nThe list.')]),
    says: [/First\.[\s\S]*Second\.[\s\S]*The list\./],
    files: [],
  },
  {
    name: 'a message within it',
    source: mixed('forward', [
      plain('See below.'),
      part(['Content-Type: message/rfc822'], forwarded),
    ]),
    says: ['See below.', 'What was forwarded', 'Grace <grace@example.com>', 'The forwarded text.'],
    files: [
      { name: /\.eml$/, content: forwarded },
      { name: 'deep.bin', content: 'deep bytes' },
    ],
  },
  {
    name: 'a message that is nothing but a message',
    source: letter([...usual, 'Subject: bare', 'Content-Type: message/rfc822'], forwarded),
    says: ['The forwarded text.'],
  },
  { name: 'messages 50 deep', source: matryoshka(50), says: ['The kernel.', 'shell 50'] },
  { name: 'messages 200 deep', source: matryoshka(200) },
  {
    name: 'brackets 90 deep',
    source: mixed('brackets', [bracketed(90)]),
    says: ['At the bottom of the brackets.'],
  },
  {
    name: 'brackets 300 deep',
    source: mixed('more brackets', [bracketed(300)]),
    says: ['At the bottom of the brackets.'],
  },
  { name: 'brackets 3,000 deep', source: mixed('far too many brackets', [bracketed(3000)]) },
  {
    name: '1,000 parts',
    source: mixed(
      'parts',
      Array.from({ length: 1000 }, (_, index) => plain(`Part ${index + 1}.`)),
    ),
    says: ['Part 1.', 'Part 500.', 'Part 1000.'],
  },
  {
    name: '1,000 attachments',
    source: mixed(
      'attachments',
      Array.from({ length: 1000 }, (_, index) =>
        attached([`${octets}; name=n.txt`], String(index)),
      ),
    ),
  },
  {
    name: 'a digest',
    source: around(
      'digest',
      multipart('digest', 'd', [
        bytes('\r\n', letter(['Subject: one', 'From: a@example.org'], 'Digest one.')),
        bytes('\r\n', letter(['Subject: two', 'From: b@example.org'], 'Digest two.')),
      ]),
    ),
    says: ['Digest one.', 'Digest two.'],
  },
  {
    name: 'a report of a failed delivery',
    source: around(
      'report',
      multipart('report; report-type=delivery-status', 'r', [
        plain('It could not be delivered.'),
        part(['Content-Type: message/delivery-status'], 'Final-Recipient: rfc822;x@example.org'),
        part(['Content-Type: text/rfc822-headers'], 'Subject: lost'),
      ]),
    ),
    says: ['It could not be delivered.'],
  },
  {
    name: 'no boundary parameter',
    source: letter(
      [...usual, 'Subject: x', 'Content-Type: multipart/mixed'],
      '--a\r\n\r\nText.\r\n--a--',
    ),
  },
  {
    name: 'a boundary that never comes',
    source: letter(
      [...usual, 'Subject: x', 'Content-Type: multipart/mixed; boundary=no'],
      'Nothing.\r\n',
    ),
  },
  {
    name: 'no closing boundary',
    source: letter(
      [...usual, 'Subject: x', 'Content-Type: multipart/mixed; boundary=b'],
      '--b\r\n\r\nCut off he',
    ),
    says: ['Cut off he'],
  },
  {
    name: 'an inner multipart that is never closed',
    source: mixed('unclosed', [
      part(['Content-Type: multipart/alternative; boundary=never'], '--never\r\n\r\nInside.\r\n'),
      plain('After it.'),
    ]),
    says: ['Inside.', 'After it.'],
  },
  {
    name: 'the same boundary inside and outside',
    source: mixed('same', [
      within(multipart('mixed', 'outer', [plain('Which one?')])),
      plain('And this?'),
    ]),
    says: ['Which one?'],
  },
  {
    name: 'a boundary that begins like another',
    source: mixed('prefix', [
      within(multipart('mixed', 'outerouter', [plain('Inside.')])),
      plain('Outside.'),
    ]),
    says: ['Inside.', 'Outside.'],
  },
  {
    name: 'a boundary in quotes, with spaces',
    source: letter(
      [...usual, 'Subject: x', 'Content-Type: multipart/mixed; boundary="a b c"'],
      '--a b c\r\n\r\nIn quotes.\r\n--a b c--\r\n',
    ),
    says: ['In quotes.'],
  },
  {
    name: 'two boundary parameters',
    source: letter(
      [...usual, 'Subject: x', 'Content-Type: multipart/mixed; boundary=a; boundary=b'],
      '--a\r\n\r\nUnder a.\r\n--b\r\n\r\nUnder b.\r\n--b--\r\n--a--\r\n',
    ),
  },
  {
    name: 'an empty boundary',
    source: letter(
      [...usual, 'Subject: x', 'Content-Type: multipart/mixed; boundary=""'],
      '--\r\n\r\nText.\r\n----\r\n',
    ),
  },
  {
    name: 'a multipart in base64, which must not be',
    source: letter(
      [
        ...usual,
        'Subject: x',
        'Content-Type: multipart/mixed; boundary=b',
        'Content-Transfer-Encoding: base64',
      ],
      base64('--b\r\n\r\nHidden.\r\n--b--\r\n'),
    ),
  },
  {
    name: 'text before and after the parts',
    source: letter(
      [...usual, 'Subject: x', 'Content-Type: multipart/mixed; boundary=b'],
      'This is a message in MIME.\r\n--b\r\n\r\nThe part.\r\n--b--\r\nThe epilogue.\r\n',
    ),
    says: ['The part.'],
    hides: ['message in MIME', 'epilogue'],
  },
  {
    name: 'a part without headers and without a blank line',
    source: letter(
      [...usual, 'Subject: x', 'Content-Type: multipart/mixed; boundary=b'],
      '--b\r\nNo header at all\r\n--b--\r\n',
    ),
  },
  { name: 'a type that is none', source: text('x', 'text', '7bit', 'Type without a half.\r\n') },
  { name: 'a type of slashes', source: text('x', '/;;;=', '7bit', 'Slashes.\r\n') },
  {
    name: 'a text type nobody knows',
    source: text('x', 'text/x-nobody', '7bit', 'Known or not.\r\n'),
  },
  {
    name: 'an invitation beside the text',
    source: around(
      'invitation',
      multipart('alternative', 'a', [
        plain('Come at eight.'),
        part(
          ['Content-Type: text/calendar; method=REQUEST'],
          'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n',
        ),
      ]),
    ),
    says: ['Come at eight.'],
    hides: ['VCALENDAR\r\n'],
    files: [{ name: /\.ics$/ }],
  },
  {
    name: 'a patch that is inline and has a name',
    source: mixed('patch', [
      plain('Apply this.'),
      part(
        [
          'Content-Type: text/plain; name=fix.patch',
          'Content-Disposition: inline; filename=fix.patch',
        ],
        '+added line\r\n',
      ),
    ]),
    says: ['Apply this.', '+added line'],
    files: [{ name: 'fix.patch', content: '+added line\r\n' }],
  },
];
