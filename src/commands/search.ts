import { formatSearchKeys } from '../mail/search-key.ts';
import { compileQuery } from '../mail/search-query.ts';
import { messageColumns, messageRow } from './columns.ts';
import { positiveInteger } from './flags.ts';
import { withMail } from './mail.ts';
import { examples, type Verb } from './verb.ts';

const language = `
What can be searched for:
  from: to: cc: bcc: subject: body: text:    words in that place
  is:unread is:read is:flagged is:answered   state (also unflagged, unanswered,
                                             draft, deleted)
  since:2026-11-01 before: on:               day of arrival, as the server says
  newer:7d older:1y                          age in d, w, m or y
  larger:1M smaller:20k                      size in bytes, k, M or G
  list:name message-id:id header:Name=text   headers
  uid:1:5 keyword:work                       UIDs, keywords
  a word or "some words"                     anywhere in the message
  a b   a or b   -a   not a   (a b)          both, either, without, grouped`;

export const search: Verb = {
  define(command, run) {
    command
      .description('Find messages, newest first. Nothing is marked as read.')
      .argument('<query...>', 'what to search for')
      .option('-f, --folder <path>', 'the folder', 'INBOX')
      .option('-n, --limit <number>', 'at most so many messages', positiveInteger)
      .addHelpText('after', language)
      .addHelpText(
        'after',
        examples(
          "mailctl search 'from:grace is:unread'",
          "mailctl search 'subject:invoice newer:30d larger:100k'",
          "mailctl search 'list:club or to:club' --json",
        ),
      )
      .action((words, { folder, limit }) =>
        run(async (app) => {
          // Before anything is connected: a slip of the keyboard should cost nothing.
          const keys = compileQuery(words.join(' '), app.system.now());
          await withMail(app, async (session, account) => {
            app.log.info('search', { keys: formatSearchKeys(keys) });
            const mailbox = await session.examine(folder);
            const uids = (await session.search(keys)).reverse();
            const messages = await session.summaries(uids.slice(0, limit ?? uids.length));
            const rows = messages.map((message) => messageRow(account, mailbox, message));
            await app.output.rows(rows, messageColumns);
          });
        }),
      );
  },
};
