import { messageColumns, messageRow } from './columns.ts';
import { positiveInteger } from './flags.ts';
import { withMail } from './mail.ts';
import { examples, type Verb } from './verb.ts';

export const list: Verb = {
  define(command, run) {
    command
      .description('List the newest messages of a folder, newest first. Nothing is marked as read.')
      .option('-f, --folder <path>', 'the folder', 'INBOX')
      .option('-n, --limit <number>', 'at most so many messages', positiveInteger, 20)
      .addHelpText(
        'after',
        examples(
          'mailctl list',
          'mailctl list --folder Archive --limit 50',
          "mailctl list --json | jq -r '.subject'",
        ),
      )
      .action(({ folder, limit }) =>
        run((app) =>
          withMail(app, async (session, account) => {
            const mailbox = await session.examine(folder);
            const messages = await session.newest(limit);
            const rows = messages.map((message) => messageRow(account, mailbox, message));
            await app.output.rows(rows, messageColumns);
          }),
        ),
      );
  },
};
