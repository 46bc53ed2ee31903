import { attachment, encodedWords, html, type Letter, multipart, text } from './compose.ts';
import { pdf } from './pdf.ts';
import * as people from './people.ts';

const { ada, grace, bea, theo, yuki, tomas, amelie, juergen, ids } = people;

export function sentLetters({ on }: people.Calendar): Letter[] {
  return [
    {
      id: '<samples.answer@example.org>',
      at: on(37, '09:30'),
      from: ada,
      to: juergen,
      subject: encodedWords('Re: Papierprobe für die Herbstbücher', 'Q', 'iso-8859-1'),
      thread: [ids.samples],
      flags: ['\\Seen'],
      part: text(
        'Lieber Jürgen,\n\ndie Muster sind da. Der schwerere Bogen ist es: 600 Stück bitte, und das Grün\nnehme ich für die Vorsätze.\n\nHerzlich\nAda\n',
        { charset: 'utf-8', encoding: '8bit' },
      ),
    },
    {
      id: '<guestbook.yes@example.org>',
      at: on(29, '19:05'),
      from: ada,
      to: grace,
      cc: `${tomas}, ${bea}`,
      subject: 'Re: Lighthouse open day: who can bring what?',
      thread: [ids.openDay],
      flags: ['\\Seen'],
      part: text(
        'A guest book: with pleasure. Two hundred pages, blue cloth, lying flat.\n\nAda\n',
      ),
    },
    {
      id: '<washi.answer@example.org>',
      at: on(23, '08:10'),
      from: ada,
      to: yuki,
      subject: encodedWords('Re: 京都の和紙について', 'B'),
      thread: [ids.washi],
      flags: ['\\Seen'],
      part: text(
        'Dear Yuki,\n\nthank you, what a find! ありがとう。 I would love to use it for the endpapers of\nthe guest book. How many sheets could the workshop spare?\n\nAda\n',
        { charset: 'utf-8', encoding: '8bit' },
      ),
    },
    {
      id: '<invoice.paid@example.org>',
      at: on(22, '11:44'),
      from: ada,
      to: people.pinecone,
      subject: 'Re: Invoice 2043',
      thread: [ids.invoice],
      flags: ['\\Seen'],
      part: text('Paid today. Thank you for packing it so well.\n\nAda Marsh\n'),
    },
    {
      id: '<scarf@example.org>',
      at: on(18, '17:20'),
      from: ada,
      to: bea,
      subject: 'My scarf',
      flags: ['\\Seen'],
      part: text('Keep it warm for me, I will fetch it on Sunday.\n\nA.\n'),
    },
    {
      id: '<quote.sixty@example.org>',
      at: on(2, '10:15'),
      from: ada,
      to: theo,
      subject: 'Re: Sixty notebooks for the spring fair?',
      thread: [ids.quote],
      flags: ['\\Seen'],
      part: multipart('mixed', 'marsh-quote-mixed', [
        text(
          'Dear Theo,\n\nyes, if I may begin in the new year. A rough price is attached.\n\nAda\n\nOn Thursday, Theo Brandt wrote:\n> would you have time for sixty notebooks before the spring fair?\n',
        ),
        attachment(
          'application/pdf; name="quote-60-notebooks.pdf"',
          'attachment; filename="quote-60-notebooks.pdf"',
          pdf(['Marsh Bindery', '60 notebooks, A6, cloth, ribbon', 'each   7.80', 'all   468.00']),
        ),
      ]),
    },
  ];
}

export function archiveLetters({ on }: people.Calendar): Letter[] {
  const kept = (
    id: string,
    at: Date,
    from: string,
    subject: string,
    content: string,
    flags: readonly string[] = ['\\Seen'],
  ): Letter => ({
    id,
    at,
    from,
    to: ada,
    subject,
    flags,
    part: text(content, { charset: 'utf-8', encoding: '8bit' }),
  });
  return [
    kept(
      '<stall@market.example.org>',
      on(62, '07:55'),
      'Market Office <office@market.example.org>',
      'Your stall for the autumn market',
      'Stall 14, by the fountain, as last year. Please be set up by eight.\n',
    ),
    kept(
      '<press@tools.example.com>',
      on(60, '13:02'),
      'Bright and Sons Tools <orders@tools.example.com>',
      'The nipping press has been repaired',
      'The spindle is new, the paint is the old one. It can be fetched any day\nbetween nine and five; bring somebody strong.\n',
      ['\\Seen', '\\Flagged'],
    ),
    kept(
      '<course.thanks@example.com>',
      on(57, '20:31'),
      'Mina Okafor <mina@example.com>',
      'Thank you for the course!',
      'My first book has a crooked spine and I have read it twice already – it’s\nempty. When does the next course begin?\n\nMina\n',
    ),
    kept(
      '<renewal@insurance.example.com>',
      on(55, '09:00'),
      'Quayside Insurance <service@insurance.example.com>',
      'Your workshop insurance has been renewed',
      'The policy runs for another year. Nothing else changes.\n',
    ),
    kept(
      '<ribbon@brandt-stationers.example.com>',
      on(52, '15:48'),
      theo,
      'Red ribbon, 6 mm',
      'We have 40 metres left and I have put them aside for you.\n\nTheo\n',
      ['\\Seen', '\\Answered'],
    ),
    kept(
      '<walk@example.net>',
      on(47, '18:18'),
      bea,
      encodedWords('Sunday walk to the point — boots!', 'Q'),
      'Nine o’clock at the chapel. The path is under water up to the second gate.\n\nBea\n',
    ),
  ];
}

export function lighthouseLetters({ on }: people.Calendar): Letter[] {
  return [
    {
      id: ids.survey,
      at: on(44, '10:40'),
      from: tomas,
      to: `${grace}, ${ada}`,
      subject: 'Lighthouse: survey of the lantern room',
      flags: ['\\Seen', '\\Flagged'],
      part: multipart('mixed', 'studio-survey-mixed', [
        text(
          'The survey is attached. In short: the ironwork is sound, the paint is not,\nand two panes on the weather side have to be replaced.\n',
        ),
        attachment(
          'application/pdf; name="survey.pdf"',
          'attachment; filename="survey.pdf"',
          pdf([
            'Lantern room, survey',
            '',
            'Ironwork: sound',
            'Paint: failing below the sill',
            'Panes 3 and 4: cracked',
          ]),
        ),
      ]),
    },
    {
      id: '<survey.grace@mail.example.com>',
      at: on(43, '21:16'),
      from: grace,
      to: tomas,
      cc: ada,
      subject: 'Re: Lighthouse: survey of the lantern room',
      thread: [ids.survey],
      flags: ['\\Seen'],
      part: text('Then the collection at the open day shall go to the panes.\n\nGrace\n'),
    },
    {
      id: '<grant@council.example.org>',
      at: on(19, '08:22'),
      from: '"Town Council, Monuments" <monuments@council.example.org>',
      to: grace,
      cc: ada,
      subject: 'Grant for the repair of the lighthouse',
      flags: ['\\Seen'],
      part: html(
        '<p>Dear Ms Holloway,</p>\n<p>the committee has granted <b>1,200.00</b> towards the repair of the lantern room.</p>\n',
      ),
    },
    {
      id: ids.glassOrder,
      at: on(6, '09:05'),
      from: tomas,
      to: `${grace}, ${ada}`,
      subject: 'Lighthouse: lamp glass ordered',
      part: text('Ordered this morning. They promise it for the end of the week.\n\nT.\n'),
    },
  ];
}

export function draftLetters({ on }: people.Calendar): Letter[] {
  return [
    {
      id: ids.carnetsDraft,
      at: on(4, '22:02'),
      from: ada,
      to: amelie,
      subject: encodedWords('Re: Carnets de randonnée : le croquis de la pochette', 'Q'),
      thread: [ids.carnets],
      flags: ['\\Draft', '\\Seen'],
      part: text('Chère Amélie,\n\nmerci pour le croquis ! La pochette peut\n', {
        charset: 'utf-8',
        encoding: '8bit',
      }),
    },
  ];
}

export function junkLetters({ on }: people.Calendar): Letter[] {
  return [
    {
      id: '<prize.9981@winner.example.net>',
      at: on(13, '03:14'),
      from: 'Prize Department <claims@winner.example.net>',
      to: 'undisclosed-recipients:;',
      subject: encodedWords('🎁 You are the 1,000,000th visitor!!', 'B'),
      part: html(
        '<p>CLAIM your <b>boat</b> now: <a href="https://winner.example.net/">here</a></p>\n',
      ),
    },
    {
      id: '<verify@mailbox-support.example.net>',
      at: on(9, '02:40'),
      from: 'Mailbox Support <support@mailbox-support.example.net>',
      to: ada,
      subject: 'Your mailbox is full, confirm your password',
      part: text('Dear user, confirm your password within 24 hour or all mail is deleted.\n'),
    },
  ];
}
