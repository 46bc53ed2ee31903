import { letter, type Torture, usual } from './letter.ts';

const from = 'From: Ada <ada@example.org>';
const body = 'Body.\r\n';

export const headers: readonly Torture[] = [
  { name: 'no date', source: letter([from, 'Subject: no date'], body), subject: 'no date' },
  { name: 'no subject', source: letter([from], body), says: ['Body.'], subject: null },
  { name: 'no From', source: letter(['Subject: nobody'], body), subject: 'nobody' },
  ...[
    'the day before yesterday',
    'Mon, 99 Foo 2026 99:99:99 +9999',
    '31 Feb 2026 10:00:00 +0000',
    'Tue, 3 Mar 26 10:00 GMT',
    'Thu, 1 Jan 1970 00:00:00 +0000',
    'Fri, 31 Dec 9999 23:59:59 +0000',
    '',
  ].map((date, index) => ({
    name: `a date such as ${date === '' ? 'none' : date}`,
    source: letter([from, `Date: ${date}`, `Subject: date ${index}`], body),
    subject: `date ${index}`,
    says: ['Body.'],
  })),
  {
    name: 'every header twice',
    source: letter(
      [
        ...usual,
        ...usual,
        'Subject: the first',
        'Subject: the second',
        'Message-ID: <1@x>',
        'Message-ID: <2@x>',
      ],
      body,
    ),
    says: ['Body.'],
  },
  {
    name: 'two content types',
    source: letter(
      [...usual, 'Subject: x', 'Content-Type: text/plain', 'Content-Type: text/html'],
      'Plain or <b>not</b>?\r\n',
    ),
    says: ['Plain or'],
  },
  {
    name: 'a header of 10 MB',
    source: letter([from, `X-Long: ${'x'.repeat(10 << 20)}`, 'Subject: long header'], body),
    says: ['Body.'],
  },
  {
    name: '20,000 headers',
    source: letter(
      [from, ...Array.from({ length: 20_000 }, (_, index) => `X-${index}: y`), 'Subject: many'],
      body,
    ),
    subject: 'many',
    says: ['Body.'],
  },
  {
    name: 'a subject of 300 KB',
    source: letter([from, `Subject: ${'long '.repeat(60_000)}`], body),
    says: ['Body.'],
  },
  {
    name: '2,000 recipients',
    source: letter(
      [
        from,
        `To: ${Array.from({ length: 2000 }, (_, index) => `"P. ${index}" <p${index}@example.org>`).join(',\r\n ')}`,
        'Subject: everybody',
      ],
      body,
    ),
    subject: 'everybody',
    says: ['Body.'],
  },
  {
    name: 'addresses that are none',
    source: letter(
      [
        'From: <<>>@@,,;:"',
        'To: undisclosed-recipients:;',
        'Cc: a@b@c, "unclosed <x@y>',
        'Subject: who',
      ],
      body,
    ),
    subject: 'who',
    says: ['Body.'],
  },
  {
    name: 'a line that is no header',
    source: letter(
      [from, 'this line has no colon', ': this one has no name', 'Subject: odd'],
      body,
    ),
    says: ['Body.'],
  },
  {
    name: 'folded headers, also badly',
    source: letter(
      [from, 'Subject: folded', '\tonce', '  twice', 'X-Blank:', '', ''].slice(0, 5),
      body,
    ),
    subject: 'folded once twice',
    says: ['Body.'],
  },
  {
    name: 'a subject that looks like more headers',
    source: letter(
      [from, 'Subject: =?utf-8?B?SGVsbG8NCkJjYzogZXZpbEBleGFtcGxlLm9yZw0KDQpib2R5?='],
      body,
    ),
    hides: ['\nBcc: evil'],
  },
  {
    name: 'a Message-ID of paths and shell',
    source: letter(
      [
        from,
        'Message-ID: <../../$(id);`id`@x>',
        'Subject: ids',
        'References: <a@b> <c@d>\r\n <e@f>',
      ],
      body,
    ),
    subject: 'ids',
  },
  {
    name: 'names from right to left',
    source: letter(
      [
        `From: =?utf-8?B?${Buffer.from('\u202eevil\u202c נועה').toString('base64')}?= <n@example.org>`,
        'Subject: rtl',
      ],
      body,
    ),
    subject: 'rtl',
  },
];
