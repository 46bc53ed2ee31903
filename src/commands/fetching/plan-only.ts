import { type ArchiveSettings, MailboxArchive } from '../../archive/mailbox-archive.ts';
import type { FetchConnection } from '../../mail/fetch-connection.ts';
import type { MailboxStatus } from '../../mail/mailbox-status.ts';
import { formatBytes } from '../../terminal/progress-line.ts';
import { UidSet } from '../../uid-set.ts';
import type { App } from '../app.ts';
import type { FetchRequest } from './request.ts';

/** What a run would fetch, in counts and bytes. Nothing is written, no message is asked for. */
export async function planOnly(
  app: App,
  connection: FetchConnection,
  settings: ArchiveSettings,
  {
    mailboxes,
    request,
  }: { readonly mailboxes: readonly MailboxStatus[]; readonly request: FetchRequest },
): Promise<void> {
  const { expression, uids, limit, maxSizeBytes } = request.selection;
  for (const mailbox of mailboxes) {
    const { state } = await MailboxArchive.load(settings, mailbox);
    const opened = await connection.open(mailbox, 'read');
    const found =
      expression === null
        ? await connection.uids()
        : await connection.search(expression, (text) => app.log.info('search', { text }));
    const present = uids === null ? found : found.intersection(uids);
    const same = state?.uidValidity === opened.uidValidity;
    const stored = same && !request.refetch ? state.stored : UidSet.empty;
    let wanted = present.minus(stored);
    if (limit !== null) wanted = UidSet.of([...wanted].slice(-limit));
    const sizes = wanted.size === 0 ? [] : [...(await connection.sizes(wanted)).values()];
    const taken = sizes.filter((bytes) => bytes <= (maxSizeBytes ?? bytes));
    const sizeBytes = taken.reduce((sum, bytes) => sum + bytes, 0);
    const row = {
      type: 'planned',
      folder: mailbox.path,
      messages: taken.length,
      sizeBytes,
    } as const;
    const count = taken.length === 1 ? '1 message' : `${taken.length} messages`;
    const size = app.output.format === 'table' ? formatBytes(sizeBytes) : `${sizeBytes} bytes`;
    const text = `${mailbox.path}: ${count}, ${size}`;
    await app.output.row(row, text);
  }
}
