import type { Mailbox } from '../mail/message.ts';
import type { Column } from '../terminal/table.ts';
import { rememberFolders } from './folder-cache.ts';
import { withMail } from './mail.ts';
import type { RowOf } from './rows.ts';
import { examples, type Verb } from './verb.ts';

type FolderRow = RowOf<'folder'>;

const columns: readonly Column<FolderRow>[] = [
  { header: 'Folder', value: ({ path }) => path, flexible: true },
  { header: 'Role', value: ({ role }) => role ?? '' },
  { header: 'Messages', value: ({ messages }) => String(messages ?? ''), align: 'right' },
  { header: 'Unread', value: ({ unseen }) => String(unseen ?? ''), align: 'right' },
  { header: 'UIDNEXT', value: ({ uidNext }) => String(uidNext ?? ''), pipeOnly: true },
  { header: 'UIDVALIDITY', value: ({ uidValidity }) => String(uidValidity ?? ''), pipeOnly: true },
];

export const folders: Verb = {
  define(command, run) {
    command
      .description('List the folders of the mailbox: their role, messages and unread messages.')
      .option('--counts', 'ask for the counts also where each folder costs a round trip')
      .addHelpText(
        'after',
        examples('mailctl folders', "mailctl folders --json | jq -r 'select(.unseen > 0).path'"),
      )
      .action(({ counts = false }) =>
        run((app) =>
          withMail(app, async (session, account) => {
            const mailboxes = await session.listMailboxes({ counts });
            // A mere container holds no messages; nothing can be done with it.
            const rows = mailboxes.filter(({ selectable }) => selectable).map(toRow);
            const uncounted = rows.every(({ messages }) => messages === null);
            const table = app.output.format === 'table';
            await app.output.rows(rows, table && uncounted ? columns.slice(0, 2) : columns);
            const paths = rows.map(({ path }) => path);
            await rememberFolders(app.system, account.name, paths);
            if (table && uncounted) {
              app.remark('This server does not count along; --counts asks it for each folder.');
            }
          }),
        ),
      );
  },
};

function toRow({ path, role, messages, unseen, uidNext, uidValidity }: Mailbox): FolderRow {
  return { type: 'folder', path, role, messages, unseen, uidNext, uidValidity };
}
