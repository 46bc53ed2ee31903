import { positiveInteger } from './flags.ts';
import { withMail } from './mail.ts';
import { anotherFolder, fieldNames, messageOrder } from './message-flags.ts';
import { checkRequest, printMessages } from './messages.ts';
import { examples, type Verb } from './verb.ts';

export const list: Verb = {
  define(command, run) {
    command
      .description(
        'List the newest messages of a folder, newest first: in the order in which they came into it. Nothing is marked as read.',
      )
      .option('-f, --folder <path>', 'the folder, may be repeated (default: INBOX)', anotherFolder)
      .option('--all-folders', 'every folder; on Gmail its All Mail')
      .option('-n, --limit <number>', 'at most so many messages', positiveInteger, 20)
      .option('--sort <order>', 'date, size or from; -date, -size, -from: descending', messageOrder)
      .option('--fields <names>', 'only these: uid,date,from,subject,…', fieldNames)
      .option('--format <template>', "a line such as '{date} {from.address} {subject}'")
      .option('--uids', 'only the UIDs, one a line, for show --uids -')
      .addHelpText(
        'after',
        examples(
          'mailctl list',
          'mailctl list --folder Archive --limit 50 --sort -size',
          "mailctl list --json | jq -r '.subject'",
        ),
      )
      .action(({ folder, sort, ...flags }) =>
        run(async (app) => {
          const request = { ...flags, folders: folder, order: sort, expression: null };
          checkRequest(request);
          await withMail(app, (session, account) => printMessages(app, session, account, request));
        }),
      );
  },
};
