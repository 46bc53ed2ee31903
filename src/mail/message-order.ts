import type { MessageSummary } from './message.ts';

/** How messages are put in order. `arrival` is the order of the folder: that of the UIDs. */
export interface MessageOrder {
  readonly by: 'arrival' | 'date' | 'size' | 'from';
  readonly descending: boolean;
}

/** As people expect it of a mail program. */
export const newestFirst: MessageOrder = { by: 'arrival', descending: true };

type Order = (a: MessageSummary, b: MessageSummary) => number;

/** What is not known goes last. Between folders arrival means the date: their UIDs say nothing. */
export function compareMessages({ by, descending }: MessageOrder): Order {
  const compare: Order = by === 'size' ? bySize : by === 'from' ? byFrom : byDate;
  return descending ? (a, b) => compare(b, a) : compare;
}

function byDate(a: MessageSummary, b: MessageSummary): number {
  return (a.date?.getTime() ?? 0) - (b.date?.getTime() ?? 0);
}

function bySize(a: MessageSummary, b: MessageSummary): number {
  return (a.sizeBytes ?? 0) - (b.sizeBytes ?? 0);
}

const names = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true });

/** By the name that is shown (RFC 5957, DISPLAYFROM). */
function byFrom(a: MessageSummary, b: MessageSummary): number {
  return names.compare(sender(a), sender(b));
}

function sender({ from: [first] }: MessageSummary): string {
  return first?.name ?? first?.address ?? '';
}
