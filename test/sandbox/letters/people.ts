import { encodedWords } from './compose.ts';

export const ada = 'Ada Marsh <ada@example.org>';
export const grace = 'Grace Holloway <grace.holloway@example.com>';
export const bea = 'Bea Lindqvist <bea@example.net>';
export const oskar = 'Oskar Lindqvist <oskar@example.net>';
export const theo = '"Brandt, Theo" <theo@brandt-stationers.example.com>';
export const yuki = `${encodedWords('田中ゆき', 'B')} <yuki.tanaka@washi.example.net>`;
export const tomas = `${encodedWords('Tomás Rey', 'Q')} <tomas.rey@studio.example.net>`;
export const amelie = `${encodedWords('Amélie Fournier', 'Q', 'iso-8859-1')} <amelie@sentiers.example.com>`;
export const juergen = `${encodedWords('Jürgen Köhler', 'Q', 'iso-8859-1')} <koehler@papier.example.com>`;
export const pinecone = 'Pinecone Paper <accounts@pinecone.example.com>';
export const library = 'Harbour Library <no-reply@library.example.org>';
export const harbourPost = 'The Harbour Post <post@lists.example.org>';

/** Message-IDs which more than one letter names. */
export const ids = {
  openDay: '<open-day.4182@mail.example.com>',
  openDayTomas: '<20c1f7.openday@studio.example.net>',
  samples: '<papierprobe-0915@papier.example.com>',
  carnets: '<carnets.reedition@sentiers.example.com>',
  carnetsDraft: '<carnets.answer@example.org>',
  washi: '<washi-2209@washi.example.net>',
  invoice: '<invoice-2043@pinecone.example.com>',
  quote: '<enquiry-60@brandt-stationers.example.com>',
  glassOrder: '<lamp-glass.order@studio.example.net>',
  glassArrived: '<lamp-glass.arrived@mail.example.com>',
  survey: '<lantern-room.survey@studio.example.net>',
} as const;

/** When a letter was written: a day before `now` at a time of day in UTC, or some minutes ago. */
export interface Calendar {
  on(daysAgo: number, time: string): Date;
  minutesAgo(minutes: number): Date;
}

export function calendar(now: Date): Calendar {
  const dayMs = 86_400_000;
  return {
    on: (daysAgo, time) => {
      const day = new Date(now.getTime() - daysAgo * dayMs).toISOString().slice(0, 10);
      return new Date(`${day}T${time}:00Z`);
    },
    minutesAgo: (minutes) => new Date(Math.floor(now.getTime() / 1000 - minutes * 60) * 1000),
  };
}
