/** Days as people write them, for the dates of IMAP SEARCH. A day is a Date at UTC midnight. */

/** The days a date stands for: one, those of a month, or those of a year. */
export interface Days {
  readonly first: Date;
  /** The day after the last. */
  readonly end: Date;
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/**
 * `2026-11-30`, `2026-11`, `2026`, `today`, `yesterday`, or the last `monday`, where the person is.
 * Null for anything else.
 */
export function readDays(value: string, now: Date): Days | null {
  const today = localDay(now);
  if (value === 'today') return oneDay(today);
  if (value === 'yesterday') return oneDay(daysBefore(today, 1));
  const weekday = weekdays.indexOf(value.toLowerCase());
  if (weekday >= 0) return oneDay(daysBefore(today, (today.getUTCDay() - weekday + 7) % 7));
  const [, year, month, day] = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(value) ?? [];
  // IMAP writes a year with four digits, and Date has its own idea of the years before 100.
  if (year === undefined || Number(year) < 1000) return null;
  const first = new Date(Date.UTC(Number(year), Number(month ?? 1) - 1, Number(day ?? 1)));
  // 2026-02-31 would silently become 3 March.
  if (first.getUTCMonth() + 1 !== Number(month ?? 1) || first.getUTCDate() !== Number(day ?? 1)) {
    return null;
  }
  if (day !== undefined) return oneDay(first);
  const months = month === undefined ? 12 : 1;
  return { first, end: new Date(Date.UTC(Number(year), first.getUTCMonth() + months, 1)) };
}

/** The day an age of `7d`, `2w`, `3m` or `1y` ago; null where it is no age, or older than IMAP. */
export function readAge(value: string, now: Date): Date | null {
  const [, count, unit] = /^(\d{1,5})([dwmy])$/.exec(value) ?? [];
  if (count === undefined || unit === undefined) return null;
  const days = { d: 1, w: 7, m: 0, y: 0 }[unit] ?? 0;
  const day =
    days > 0
      ? daysBefore(localDay(now), Number(count) * days)
      : monthsBefore(localDay(now), Number(count) * (unit === 'y' ? 12 : 1));
  return day.getUTCFullYear() >= 1000 ? day : null;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** "9-Nov-2026" (RFC 3501 §9, `date`). */
export function imapDate(day: Date): string {
  return `${day.getUTCDate()}-${months[day.getUTCMonth()]}-${String(day.getUTCFullYear()).padStart(4, '0')}`;
}

function oneDay(first: Date): Days {
  return { first, end: daysBefore(first, -1) };
}

/** The calendar day where the person is, as UTC midnight, so that days can be counted. */
function localDay(now: Date): Date {
  return new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate()));
}

function daysBefore(day: Date, days: number): Date {
  return new Date(day.getTime() - days * 86_400_000);
}

/** The same day of an earlier month, or that month's last: a month before 31 March is 28 February. */
function monthsBefore(day: Date, count: number): Date {
  const first = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() - count, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(day.getUTCDate(), last));
  return first;
}
