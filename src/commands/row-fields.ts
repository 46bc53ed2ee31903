import * as v from 'valibot';

/** The fields rows are made of, each with a word on what it says. */

export const text = (about: string) => v.pipe(v.string(), v.description(about));
export const maybeText = (about: string) => v.pipe(v.nullable(v.string()), v.description(about));
export const number = (about: string) =>
  v.pipe(v.number(), v.integer(), v.minValue(0), v.description(about));
export const maybeNumber = (about: string) =>
  v.pipe(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))), v.description(about));
export const flag = (about: string) => v.pipe(v.boolean(), v.description(about));
export const maybeTime = (about: string) =>
  v.pipe(v.nullable(v.pipe(v.string(), v.isoTimestamp())), v.description(about));
export const list = <const S extends v.GenericSchema>(item: S, about: string) =>
  v.pipe(v.array(item), v.description(about));

/** What many rows begin with. */
export const account = text('the name of the account in the config');
export const folder = text('the path of the folder, as IMAP names it');
export const uidValidity = number(
  'a UID means something only together with this (RFC 3501 §2.3.1.1)',
);
export const uid = number('the UID of the message in its folder');
