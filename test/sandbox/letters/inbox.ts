import {
  attachment,
  compose,
  encodedWords,
  forwarded,
  html,
  type Letter,
  multipart,
  text,
} from './compose.ts';
import { pdf } from './pdf.ts';
import * as people from './people.ts';

const { ada, grace, bea, oskar, theo, yuki, tomas, amelie, juergen, ids } = people;

/** A one-pixel PNG. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export function inboxLetters({ on, minutesAgo }: people.Calendar): Letter[] {
  return [
    {
      id: '<card-77120@library.example.org>',
      at: on(41, '08:05'),
      from: people.library,
      to: ada,
      subject: 'Your library card is ready',
      flags: ['\\Seen'],
      part: text(
        'Dear Ada Marsh,\n\nyour new card can be collected at the desk. Please bring something with\nyour address on it. The desk is open until seven on Thursdays.\n\nHarbour Library\n',
      ),
    },
    {
      id: ids.samples,
      at: on(38, '07:42'),
      from: juergen,
      to: ada,
      subject: encodedWords(
        'Papierprobe für die Herbstbücher: Größen und Stärken',
        'Q',
        'iso-8859-1',
      ),
      flags: ['\\Seen', '\\Answered'],
      part: text(
        'Guten Morgen Ada,\n\ndie Muster sind gestern in die Post gegangen: 90 g und 120 g, beide in\nNaturweiß, dazu ein Bogen in Grün. Der schwerere hält die Fadenheftung\nbesser, finde ich, aber fühl am besten selbst.\n\nDie Preise gelten bis Ende des Monats. Ab 500 Bögen wird es günstiger.\n\nSchöne Grüße aus Lübeck\nJürgen\n',
        { charset: 'iso-8859-1', encoding: 'quoted-printable' },
      ),
    },
    newsletter(on(35, '05:30'), 41, 'Ferry times, and who painted the bollards?', true),
    {
      id: ids.carnets,
      at: on(33, '13:20'),
      from: amelie,
      to: ada,
      subject: encodedWords('Carnets de randonnée : une réédition à la rentrée ?', 'Q'),
      flags: ['\\Seen', '\\Flagged'],
      part: text(
        "Bonjour Ada,\n\nles carnets ont tellement plu que nous n'en avons plus un seul. Serait-il possible d'en refaire deux cents pour la rentrée, avec la même couverture bleue et, si vous y arrivez, une petite pochette à la fin pour les billets de train ?\n\nNous sommes pressés, mais pas trop : début du mois prochain nous irait très bien.\n\nÀ bientôt,\nAmélie\n",
        { charset: 'utf-8', encoding: 'quoted-printable' },
      ),
    },
    {
      id: ids.openDay,
      at: on(30, '18:02'),
      from: grace,
      to: `${ada}, ${tomas}, ${bea}`,
      cc: `${oskar}, Harbour Club <committee@club.example.org>`,
      subject: 'Lighthouse open day: who can bring what?',
      flags: ['\\Seen'],
      part: text(
        'Hello all,\n\nthe open day is fixed and the council has lent us the long tables. We still\nneed:\n\n  - two people at the door from ten to one,\n  - somebody to explain the lens (Tomas?),\n  - cake, as always,\n  - a guest book. Ada, is that something you could bind for us?\n\nGrace\n',
      ),
    },
    {
      id: ids.openDayTomas,
      at: on(29, '09:11'),
      from: tomas,
      to: grace,
      cc: `${ada}, ${bea}, ${oskar}`,
      subject: 'Re: Lighthouse open day: who can bring what?',
      thread: [ids.openDay],
      flags: ['\\Seen'],
      part: text(
        'I’ll do the lens, on the hour, for twelve people at a time: the stairs take\nno more. And I’ll bring the drawings of the lantern room.\n\nTomás\n\n> somebody to explain the lens (Tomas?),\n',
        { charset: 'utf-8', encoding: '8bit' },
      ),
    },
    {
      id: '<openday.bea@example.net>',
      at: on(28, '20:47'),
      from: bea,
      to: grace,
      cc: `${ada}, ${tomas}`,
      subject: 'Re: Lighthouse open day: who can bring what?',
      thread: [ids.openDay, ids.openDayTomas],
      flags: ['\\Seen'],
      part: text(
        'Two cakes from me, one of them without nuts. Oskar takes the door from ten \nto half past eleven, and then he has to drive to the station to fetch his \nmother, so somebody should take over from him.\n\nBea\n',
        { parameters: '; format=flowed' },
      ),
    },
    {
      id: ids.invoice,
      at: on(26, '10:00'),
      from: people.pinecone,
      to: ada,
      subject: 'Invoice 2043',
      flags: ['\\Seen', '\\Flagged'],
      part: multipart('mixed', 'pinecone-2043-mixed', [
        text(
          'Dear Ms Marsh,\n\nplease find attached invoice 2043 for 12 reams of laid paper, due within\nthirty days. Thank you for your order.\n\nPinecone Paper, accounts\n',
        ),
        attachment(
          'application/pdf; name="invoice-2043.pdf"',
          'attachment; filename="invoice-2043.pdf"',
          pdf([
            'Pinecone Paper',
            'Invoice 2043',
            '',
            '12 reams laid paper, 100 g   186.00',
            'Delivery   14.50',
            'Total   200.50',
          ]),
        ),
      ]),
    },
    {
      id: ids.washi,
      at: on(24, '23:15'),
      from: yuki,
      to: ada,
      subject: encodedWords('京都の和紙について', 'B'),
      flags: ['\\Seen', '\\Answered'],
      part: text(
        'エイダさん\n\nお元気ですか。先週、京都の小さな工房で美しい和紙を見つけました。\n見返しに使えると思います。見本を三枚、手紙と一緒に送りますね。\n\nゆき\n',
        { charset: 'utf-8', encoding: 'base64' },
      ),
    },
    newsletter(on(21, '05:30'), 43, 'The winter timetable begins on Sunday', true),
    invitation(on(20, '12:33'), on(-9, '13:00')),
    {
      id: '<1f30.nosubject@example.net>',
      at: on(18, '16:55'),
      from: bea,
      to: ada,
      flags: ['\\Seen'],
      part: text('You left your blue scarf here. It is on the hook by the door.\n\nB.\n'),
    },
    {
      id: '<minutes.committee@mail.example.com>',
      at: on(16, '21:08'),
      from: grace,
      to: 'Harbour Club <members@club.example.org>',
      cc: `${ada}, ${oskar}`,
      subject:
        'Minutes of the committee, with the vote on the new mooring fees, the repair of the slipway and the date of the winter supper',
      flags: ['\\Seen'],
      part: text(
        'Present: six of nine.\n\n1. Mooring fees rise by four per cent. Five in favour, one against.\n2. The slipway will be repaired before the frost, in our own time and with\n   the planks from the old ferry.\n3. The winter supper is on the second Saturday of next month.\n\nGrace Holloway, secretary\n',
      ),
    },
    {
      id: '<smorgas@example.net>',
      at: on(14, '11:26'),
      from: oskar,
      to: `${ada}, ${tomas}`,
      subject: encodedWords('Smörgåsbord på söndag 🎂', 'B'),
      flags: ['\\Seen'],
      part: text(
        'Hej!\n\nBea fyller år på söndag och vi dukar upp klockan ett. Ta med hunger – och\ngärna en psalmbok, mamma vill sjunga. 🎶\n\nOskar\n',
        { charset: 'utf-8', encoding: '8bit' },
      ),
    },
    {
      id: '<photo.guestbook@studio.example.net>',
      at: on(12, '17:40'),
      from: tomas,
      to: ada,
      subject: 'The guest book on its table',
      flags: ['\\Seen'],
      part: multipart('related', 'studio-guestbook-related', [
        html(
          '<p>It looks as if it had always been there.</p>\n<p><img src="cid:guestbook@studio.example.net" alt="The guest book"></p>\n',
        ),
        attachment('image/png; name="guestbook.png"', 'inline; filename="guestbook.png"', pixel, [
          'Content-ID: <guestbook@studio.example.net>',
        ]),
      ]),
    },
    {
      id: '<order-5518@tools.example.com>',
      at: on(10, '14:12'),
      from: 'Bright and Sons Tools <orders@tools.example.com>',
      to: ada,
      subject: 'Your order 5518 is on its way',
      flags: ['\\Seen'],
      part: html(
        '<html><body><h1>On its way</h1>\n<p>Order <b>5518</b>: 1 bone folder, 2 awls, 1 brass rule (300&nbsp;mm).</p>\n<p>It should reach you on Friday. <a href="https://tools.example.com/orders/5518">Follow it</a>.</p></body></html>\n',
      ),
    },
    newsletter(on(7, '05:30'), 45, 'Seal on the pier, choir in the chapel', false),
    {
      id: '<fwd.glass@studio.example.net>',
      at: on(7, '08:58'),
      from: tomas,
      to: `${ada}, ${grace}`,
      subject: 'Fwd: Quotation for the lamp glass',
      flags: ['\\Seen'],
      part: multipart('mixed', 'studio-fwd-glass', [
        text('Cheaper than we feared. If nobody objects by tonight I will order it.\n\nT.\n'),
        forwarded(
          compose({
            id: '<q-311@glass.example.com>',
            at: on(7, '07:15'),
            from: 'Northlight Glass <sales@glass.example.com>',
            to: tomas,
            subject: 'Quotation for the lamp glass',
            part: text(
              'Two curved panes, 6 mm, cut to your template: 340.00 with delivery.\nReady in five working days.\n',
            ),
          }),
        ),
      ]),
    },
    {
      id: '<keys.lighthouse@mail.example.com>',
      at: on(6, '19:30'),
      from: grace,
      to: ada,
      subject: 'Lighthouse keys',
      part: text(
        'Ada, the second set of keys is with you, isn’t it? Tomás needs to let the\nglaziers in on Tuesday at eight. If you put them through my door on Monday\nI will see that he gets them.\n\nGrace\n',
        { charset: 'utf-8', encoding: '8bit' },
      ),
    },
    {
      id: '<carnets.pochette@sentiers.example.com>',
      at: on(5, '09:47'),
      from: amelie,
      to: ada,
      subject: encodedWords('Re: Carnets de randonnée : le croquis de la pochette', 'Q'),
      thread: [ids.carnets],
      part: multipart('mixed', 'sentiers-croquis-mixed', [
        text(
          'Voici le croquis de la pochette. Elle peut être plus étroite si cela vous arrange.\n\nAmélie\n',
          { charset: 'utf-8', encoding: 'quoted-printable' },
        ),
        attachment(
          'application/pdf',
          "attachment; filename*=UTF-8''croquis%20de%20la%20pochette%20%C3%A9troite.pdf",
          pdf(['Pochette: 105 x 148 mm', 'Fond: 8 mm']),
        ),
      ]),
    },
    {
      id: '<due-3391@library.example.org>',
      at: on(4, '06:00'),
      from: people.library,
      to: ada,
      subject: 'Two books are due on Friday',
      headers: ['Auto-Submitted: auto-generated'],
      part: text(
        'Dear Ada Marsh,\n\ndue on Friday:\n\n  Knots, Splices and Fancy Work\n  The Sea Marks of the Northern Coast\n\nBoth can be renewed once, at the desk or by telephone.\n\nHarbour Library\n',
      ),
    },
    {
      id: ids.quote,
      at: on(3, '15:21'),
      from: theo,
      to: ada,
      subject: 'Sixty notebooks for the spring fair?',
      flags: ['\\Flagged'],
      part: text(
        'Dear Ada,\n\nwould you have time for sixty notebooks before the spring fair? Half in grey\ncloth, half in red, all of them A6 with a ribbon. Last year they were gone by\nnoon on the first day.\n\nA rough price is enough for now.\n\nTheo Brandt\nBrandt Stationers\n',
      ),
    },
    {
      id: ids.glassArrived,
      at: on(1, '16:04'),
      from: grace,
      to: `${ada}, ${tomas}`,
      cc: 'Harbour Club <committee@club.example.org>',
      subject: encodedWords('Lighthouse: the lamp glass has arrived 🎉', 'B'),
      thread: [ids.glassOrder],
      part: multipart('mixed', 'club-glass-mixed', [
        multipart('alternative', 'club-glass-alternative', [
          text(
            'Dear both,\n\nthe glass is here, in one piece, and it fits: Tomás held the template against\nit on the quay. The glaziers come on Tuesday at eight – the plan of the day is\nattached. We light the lamp at dusk, and there will be soup.\n\nPlease tell me by Sunday who is coming, so that I can count the bowls.\n\nGrace\n',
            { charset: 'utf-8', encoding: 'quoted-printable' },
          ),
          html(
            '<p>Dear both,</p>\n<p>the glass is here, <b>in one piece</b>, and it fits: Tomás held the template against it on the quay. The glaziers come on Tuesday at eight – the plan of the day is attached. We light the lamp at dusk, and there will be soup.</p>\n<p>Please tell me by <b>Sunday</b> who is coming, so that I can count the bowls.</p>\n<p>Grace</p>\n',
          ),
        ]),
        attachment(
          'application/pdf; name="plan-of-the-day.pdf"',
          'attachment; filename="plan-of-the-day.pdf"',
          pdf([
            'Tuesday',
            '',
            '08:00  glaziers, stairs kept free',
            '11:30  panes set',
            '15:00  lens cleaned',
            '16:20  dusk: lamp lit, soup',
          ]),
        ),
      ]),
    },
    {
      id: '<supper.tonight@example.net>',
      at: minutesAgo(42),
      from: bea,
      to: ada,
      subject: 'Supper tonight?',
      part: text(
        'Half past seven at ours. Oskar has caught more mackerel than we can eat.\n\nBea\n',
      ),
    },
  ];
}

function newsletter(at: Date, issue: number, headline: string, seen: boolean): Letter {
  return {
    id: `<post-${issue}@lists.example.org>`,
    at,
    from: people.harbourPost,
    to: 'Readers of The Harbour Post <harbour-post@lists.example.org>',
    subject: `The Harbour Post ${issue}: ${headline}`,
    headers: [
      'List-Id: The Harbour Post <harbour-post.lists.example.org>',
      'List-Unsubscribe: <https://lists.example.org/harbour-post/leave>, <mailto:leave@lists.example.org>',
      'Precedence: bulk',
    ],
    ...(seen ? { flags: ['\\Seen'] } : {}),
    part: multipart('alternative', `harbour-post-${issue}`, [
      text(
        `THE HARBOUR POST, number ${issue}\n\n${headline}\n\nHigh water, lost gloves, the crossword and all that was said at the market:\nhttps://lists.example.org/harbour-post/${issue}\n`,
      ),
      html(
        `<html><body><h1>The Harbour Post</h1>\n<h2>${headline}</h2>\n<p>High water, lost gloves, the crossword and all that was said at the market: <a href="https://lists.example.org/harbour-post/${issue}">read number ${issue}</a>.</p></body></html>\n`,
      ),
    ]),
  };
}

function invitation(at: Date, start: Date): Letter {
  const stamp = (date: Date) => date.toISOString().replace(/[-:]|\.\d+/g, '');
  const event = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Example//Club Calendar//EN',
    'METHOD:REQUEST',
    'BEGIN:VEVENT',
    'UID:binding-workshop@club.example.org',
    `DTSTAMP:${stamp(at)}`,
    `DTSTART:${stamp(start)}`,
    'DURATION:PT3H',
    'SUMMARY:Binding workshop',
    'LOCATION:Boat shed\\, upstairs',
    'ORGANIZER;CN=Grace Holloway:mailto:grace.holloway@example.com',
    'ATTENDEE;CN=Ada Marsh;RSVP=TRUE:mailto:ada@example.org',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\n');
  return {
    id: '<invite.workshop@club.example.org>',
    at,
    from: grace,
    to: ada,
    subject: 'Invitation: Binding workshop in the boat shed',
    flags: ['\\Seen'],
    part: multipart('alternative', 'club-workshop-invite', [
      text(
        'Binding workshop, upstairs in the boat shed. Three hours, tea in between.\nEight people have put their names down.\n\nGrace\n',
      ),
      text(event, { subtype: 'calendar', charset: 'utf-8', parameters: '; method=REQUEST' }),
    ]),
  };
}
