import type { MessageOrder } from '../mail/message-order.ts';
import { messageFields } from './columns.ts';
import { InvalidValue } from './flags.ts';

/** The flags that list and search share. */

/** One folder more each time. */
export function anotherFolder(value: string, previous: string[] | undefined): string[] {
  if (value === '') throw new InvalidValue('It must not be empty.');
  return [...(previous ?? []), value];
}

/** `date`, `-date`, `size` …: a minus turns it round. */
export function messageOrder(value: string): MessageOrder {
  const [, minus, by] = /^(-?)(arrival|date|size|from)$/.exec(value) ?? [];
  if (by !== 'arrival' && by !== 'date' && by !== 'size' && by !== 'from') {
    throw new InvalidValue('It is date, -date, size, -size, from, -from, arrival or -arrival.');
  }
  return { by, descending: minus === '-' };
}

/** Names of fields with commas between them. */
export function fieldNames(value: string): string[] {
  const names = value.split(',').map((name) => (name === 'size' ? 'sizeBytes' : name.trim()));
  const unknown = names.find((name) => !messageFields.has(name));
  if (unknown !== undefined) {
    throw new InvalidValue(
      `There is no field ${unknown}; there are ${[...messageFields.keys()].join(', ')}.`,
    );
  }
  return names;
}
