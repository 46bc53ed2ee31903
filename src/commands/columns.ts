import type { Account } from '../account/account.ts';
import type { Address, MessageSummary } from '../mail/message.ts';
import type { Column } from '../terminal/table.ts';

/** The `message` row: one message of one folder, as `list` and `search` give it. */
export interface MessageRow {
  readonly type: 'message';
  readonly account: string;
  readonly folder: string;
  readonly uidValidity: number;
  readonly uid: number;
  readonly messageId: string | null;
  /** ISO 8601 */
  readonly date: string | null;
  readonly from: readonly Address[];
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly subject: string | null;
  readonly sizeBytes: number | null;
  readonly flags: readonly string[];
}

export function messageRow(
  account: Account,
  folder: { readonly path: string; readonly uidValidity: number },
  message: MessageSummary,
): MessageRow {
  const { uid, messageId, date, ...rest } = message;
  return {
    type: 'message',
    account: account.name,
    folder: folder.path,
    uidValidity: folder.uidValidity,
    uid,
    messageId,
    date: date?.toISOString() ?? null,
    ...rest,
  };
}

export const messageColumns: readonly Column<MessageRow>[] = [
  { header: 'UID', value: ({ uid }) => String(uid), align: 'right' },
  {
    header: 'Date',
    value: ({ date }) => date ?? '',
    display: ({ date }, now) => (date === null ? '' : shortDate(new Date(date), now)),
  },
  {
    header: '',
    value: ({ flags }) => flags.join(' '),
    display: ({ flags }) =>
      `${flags.includes('\\Seen') ? ' ' : '●'}${flags.includes('\\Flagged') ? '★' : ''}`,
  },
  {
    header: 'From',
    value: ({ from }) => from.map(formatAddress).join(', '),
    display: ({ from }) => from.map(({ name, address }) => name ?? address ?? '').join(', '),
    flexible: true,
  },
  { header: 'Subject', value: ({ subject }) => subject ?? '', flexible: true },
];

export function formatAddress({ name, address }: Address): string {
  if (name === null) return address ?? '';
  return address === null ? name : `${name} <${address}>`;
}

/** Today the time, this year the day, else the year too; where the person is. */
export function shortDate(date: Date, now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  if (date.toDateString() === now.toDateString()) {
    return `${two(date.getHours())}:${two(date.getMinutes())}`;
  }
  const day = `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return date.getFullYear() === now.getFullYear() ? day : `${date.getFullYear()}-${day}`;
}
