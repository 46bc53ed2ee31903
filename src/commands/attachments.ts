import { Failure } from '../errors.ts';
import type { AttachmentFilter } from '../mail/attachment.ts';
import { newestFirst } from '../mail/message-order.ts';
import type { Expression } from '../mail/search-expression.ts';
import { parseQuery } from '../mail/search-query.ts';
import type { MailSession } from '../mail/session.ts';
import type { App } from './app.ts';
import { Collecting } from './collecting.ts';
import { byteSize, positiveInteger } from './flags.ts';
import { withMail } from './mail.ts';
import { anotherFolder } from './message-flags.ts';
import { type FoundMessages, findMessages, readMessageNames, stdinOnly } from './message-names.ts';
import { examples, type Verb } from './verb.ts';

const details = `
The query is that of search; without one every message of the folder is looked
at. Saved are files that are attached, also in messages within messages, and
those messages themselves (.eml). A name is made safe, one that is taken gets a
number, and a file that is there already is not saved twice. uuencode in a text
and winmail.dat are not unpacked; winmail.dat is saved as it is.`;

export const attachments: Verb = {
  define(command, run) {
    command
      .description(
        'List what is attached to messages, and with --to save it, downloading only that. Nothing is marked as read.',
      )
      .argument('[query...]', 'which messages; - reads their UIDs from stdin')
      .option('-f, --folder <path>', 'the folder, may be repeated (default: INBOX)', anotherFolder)
      .option('--all-folders', 'every folder; on Gmail its All Mail')
      .option('--uids <file>', 'these messages, one a line; - is stdin', stdinOnly)
      .option('--name <pattern>', "such as '*.pdf', may be repeated", another)
      .option('--type <pattern>', "such as application/pdf or 'image/*', may be repeated", another)
      .option('--larger <size>', 'more than 500, 20k, 3M or 1G', byteSize)
      .option('--smaller <size>', 'less than that', byteSize)
      .option('-n, --limit <number>', 'at most so many attachments', positiveInteger)
      .option('--to <folder>', 'save them there; made when it is missing')
      .option('--list', 'only list them, also with --to')
      .option('--force', 'overwrite files of the same names')
      .addHelpText('after', details)
      .addHelpText(
        'after',
        examples(
          "mailctl attachments 'from:bank newer:1y' --name '*.pdf' --to statements",
          "mailctl attachments --type 'image/*' --larger 1M --list",
          "mailctl search 'subject:invoice' --uids | mailctl attachments - --to invoices",
        ),
      )
      .action((words, { folder, allFolders, uids, name, type, larger, smaller, ...flags }) =>
        run(async (app) => {
          const fromStdin = uids === '-' || words.join(' ').trim() === '-';
          const query = words.join(' ').trim();
          if (allFolders === true && folder !== undefined) {
            throw new Failure('usage', '--folder and --all-folders exclude each other');
          }
          if (fromStdin && query !== '' && query !== '-') {
            throw new Failure('usage', 'a query and UIDs from stdin exclude each other');
          }
          // Before anything is connected: a slip of the keyboard should cost nothing.
          const expression: Expression =
            query === '' || fromStdin
              ? { kind: 'keys', keys: [{ atom: 'ALL' }] }
              : parseQuery(query, app.system.now());
          const named = fromStdin ? await readMessageNames(app.system) : null;
          const filter: AttachmentFilter = {
            names: name ?? [],
            types: type ?? [],
            largerBytes: larger,
            smallerBytes: smaller,
          };
          await withMail(app, async (session, account) => {
            const folders =
              allFolders === true ? await session.searchableMailboxes() : (folder ?? ['INBOX']);
            const collecting = await Collecting.start({ app, session, account, filter, ...flags });
            const found =
              named === null
                ? findIn(app, session, folders, expression)
                : findMessages(session, named, folders[0]);
            await collecting.all(found);
          });
        }),
      );
  },
};

/** What the query finds, folder by folder, the newest first. */
async function* findIn(
  app: App,
  session: MailSession,
  folders: readonly string[],
  expression: Expression,
): AsyncGenerator<FoundMessages> {
  const onStep = (step: string) => app.log.info('search', { step });
  for (const path of new Set(folders)) {
    const mailbox = await session.examine(path);
    const uids =
      mailbox.messages === 0 ? [] : await session.find(expression, { order: newestFirst, onStep });
    yield { mailbox, uids };
  }
}

function another(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}
