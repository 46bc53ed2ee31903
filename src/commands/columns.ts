import type { Account } from '../account/account.ts';
import type { Address, MessageSummary } from '../mail/message.ts';
import type { Column } from '../terminal/table.ts';
import type { RowOf } from './rows.ts';

/** One message of one folder, as `list` and `search` give it. */
export type MessageRow = RowOf<'message'>;

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

/** Every field of a message that can be asked for, by its name in the row. */
export const messageFields: ReadonlyMap<string, Column<MessageRow>> = new Map<
  string,
  Column<MessageRow>
>([
  ['account', { header: 'Account', value: ({ account }) => account }],
  ['folder', { header: 'Folder', value: ({ folder }) => folder, flexible: true }],
  [
    'uidValidity',
    { header: 'UIDVALIDITY', value: ({ uidValidity }) => String(uidValidity), align: 'right' },
  ],
  ['uid', { header: 'UID', value: ({ uid }) => String(uid), align: 'right' }],
  [
    'messageId',
    { header: 'Message-ID', value: ({ messageId }) => messageId ?? '', flexible: true },
  ],
  [
    'date',
    {
      header: 'Date',
      value: ({ date }) => date ?? '',
      display: ({ date }, now) => (date === null ? '' : shortDate(new Date(date), now)),
    },
  ],
  ...(['from', 'to', 'cc'] as const).map((field): [string, Column<MessageRow>] => [
    field,
    {
      header: `${field.charAt(0).toUpperCase()}${field.slice(1)}`,
      value: (row) => row[field].map(formatAddress).join(', '),
      display: (row) => row[field].map(({ name, address }) => name ?? address ?? '').join(', '),
      flexible: true,
    },
  ]),
  ['subject', { header: 'Subject', value: ({ subject }) => subject ?? '', flexible: true }],
  [
    'sizeBytes',
    {
      header: 'Size',
      value: ({ sizeBytes }) => String(sizeBytes ?? ''),
      display: ({ sizeBytes }) => (sizeBytes === null ? '' : shortSize(sizeBytes)),
      align: 'right',
    },
  ],
  [
    'flags',
    {
      header: '',
      value: ({ flags }) => flags.join(' '),
      display: ({ flags }) =>
        `${flags.includes('\\Seen') ? ' ' : '●'}${flags.includes('\\Flagged') ? '★' : ''}`,
    },
  ],
]);

/** What list and search show unless asked for something else. */
export const usualFields = ['uid', 'date', 'flags', 'from', 'subject'] as const;

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

/** 512, 20K, 3.4M */
export function shortSize(bytes: number): string {
  if (bytes < 1024) return String(bytes);
  const power = Math.min(3, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)}${'KMG'.charAt(power - 1)}`;
}
