import { nameFields } from '../archive/name-fields.ts';
import { appAccount } from './app.ts';
import { formatOption, layoutOption } from './archive-flags.ts';
import { fetchRequest } from './fetching/flags.ts';
import { fetchMail } from './fetching/run.ts';
import { byteSize, choice, filled, InvalidValue, positiveInteger, repeated } from './flags.ts';
import { examples, serverEndings, type Verb } from './verb.ts';

function nameTemplate(template: string): string {
  for (const [field, name] of filled(template).matchAll(/\{([a-z-]+)\}/g)) {
    if (nameFields.some((known) => known === name)) continue;
    throw new InvalidValue(`There is no ${field}: it knows {${nameFields.join('} {')}}.`);
  }
  return template;
}

export const fetch: Verb = {
  endings: ['incomplete', ...serverEndings],
  define(command, run) {
    command
      .description(
        'Fetch the messages of folders that the archive does not have yet. What is stored is never stored twice, and nothing on the server is changed unless you ask for it.',
      )
      .argument('[query...]', 'which messages, as for mailctl search; - for UIDs from stdin')
      .option(
        '-f, --folder <path>',
        'a folder, a glob such as "Projects/*", or a special use such as "\\Sent"; repeatable (INBOX)',
        repeated,
      )
      .option('--all-folders', 'every folder; on Gmail All Mail, Spam and Trash')
      .option('--exclude <path>', 'not this folder, named as for --folder; repeatable', repeated)
      .option('--since <date>', 'only what arrived on that day or later (2026-11-01)')
      .option('-n, --limit <number>', 'only the newest so many', positiveInteger)
      .option('--max-size <size>', 'leave larger messages on the server (20M)', byteSize)
      .option('--headers-only', 'only the headers, into .headers of each folder')
      .option('--refetch', 'also what is stored already')
      .option('--dry-run', 'tell what would come, in counts and bytes; store nothing')
      .option(...formatOption)
      .option(...layoutOption)
      .option(
        '--line-endings <kind>',
        'lf, as mail programs here expect, or keep the bytes of the server (lf)',
        choice(['lf', 'keep']),
      )
      .option(
        '--name <template>',
        'of .eml files: {date} {time} {subject} {from} {message-id}',
        nameTemplate,
      )
      .option('--source', 'with --format ndjson: the bytes, too, in base64')
      .option('--pipe <command>', 'give each message to the stdin of a command instead', filled)
      .option('--mirror', 'follow the server: flags, and what is gone moves to .gone')
      .option('--prune', 'with --mirror: remove what is gone')
      .option('--mark-seen', 'mark as read on the server what is stored')
      .option('--move-to <folder>', 'move on the server what is stored')
      .option('--delete', 'delete on the server what is stored')
      .option('--read-only', 'refuse whatever would change the server')
      .option('--connections <number>', 'at most so many at the same time (4)', positiveInteger)
      .addHelpText(
        'after',
        examples(
          'mailctl fetch',
          "mailctl fetch --all-folders --exclude '\\Junk' --exclude 'Lists/*'",
          "mailctl fetch 'from:grace' --format eml --name '{date} {subject}'",
          'mailctl fetch --all-folders --mirror',
          'mailctl fetch --format ndjson | jq -r .text',
          "mailctl fetch --pipe 'procmail -f -' --delete",
          '*/15 * * * *  mailctl fetch    # cron: silent unless something is wrong',
        ),
      )
      .action((words, options) =>
        run(async (app) => {
          // Before anything is connected: a slip of the keyboard should cost nothing.
          const account = await appAccount(app);
          const request = await fetchRequest(app, account, words, options);
          await fetchMail(app, account, request);
        }),
      );
  },
};
