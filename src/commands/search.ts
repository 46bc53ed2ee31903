import { errorField, Failure } from '../errors.ts';
import { type Expression, planSearch } from '../mail/search-expression.ts';
import { formatSearchCommand } from '../mail/search-key.ts';
import { gmailQuery, parseQuery, rawSearch } from '../mail/search-query.ts';
import type { App } from './app.ts';
import { positiveInteger } from './flags.ts';
import { withMail } from './mail.ts';
import { anotherFolder, fieldNames, messageOrder } from './message-flags.ts';
import { checkRequest, printMessages } from './messages.ts';
import { examples, type Verb } from './verb.ts';

const language = `
What can be searched for:
  from: to: cc: bcc: subject: body: text:    words in that place
  is:unread is:read is:flagged is:answered   state (also unflagged, unanswered,
                                             draft, deleted)
  has:attachment                             something to save
  since:2026-11-01 before: on:               day of arrival; also 2026-11, 2026,
                                             today, yesterday, monday
  newer:7d older:1y                          age in d, w, m or y
  larger:1M smaller:20k                      size in bytes, k, M or G
  list:name message-id:id header:Name=text   headers
  uid:1:5 keyword:work                       UIDs, keywords
  label:work in:inbox category:promotions    on Gmail
  a word or "some words"                     anywhere in the message
  a b   a or b   -a   not a   (a b)          both, either, without, grouped

A day is one of the mail server's, in its time zone (RFC 3501); today, newer:
and older: count from today where you are.`;

export const search: Verb = {
  define(command, run) {
    command
      .description('Find messages, newest first. Nothing is marked as read.')
      .argument('[query...]', 'what to search for')
      .option('-f, --folder <path>', 'the folder, may be repeated (default: INBOX)', anotherFolder)
      .option('--all-folders', 'every folder; on Gmail its All Mail')
      .option('-n, --limit <number>', 'at most so many messages', positiveInteger)
      .option('--sort <order>', 'date, size or from; -date, -size, -from: descending', messageOrder)
      .option('--fields <names>', 'only these: uid,date,from,subject,…', fieldNames)
      .option('--format <template>', "a line such as '{date} {from.address} {subject}'")
      .option('--uids', 'only the UIDs, one a line, for show --uids -')
      .option('--count', 'only how many')
      .option('--gmail <query>', 'also what Gmail’s own search finds')
      .option('--raw <keys>', 'also these IMAP SEARCH keys, as they are')
      .option('--explain', 'print the IMAP command; nothing is connected')
      .addHelpText('after', language)
      .addHelpText(
        'after',
        examples(
          "mailctl search 'from:grace is:unread'",
          "mailctl search 'subject:invoice newer:30d has:attachment' --all-folders",
          "mailctl search 'list:club or to:club' --uids | mailctl show --uids -",
        ),
      )
      .action((words, { folder, sort, gmail, raw, explain, ...flags }) =>
        run(async (app) => {
          // Before anything is connected: a slip of the keyboard should cost nothing.
          const expression = readSearch(words.join(' '), { gmail, raw }, app.system.now());
          const request = { ...flags, folders: folder, order: sort, expression };
          checkRequest(request);
          if (explain === true) return printPlan(app, expression);
          await withMail(app, (session, account) =>
            printMessages(app, session, account, request),
          ).catch((error: unknown) => {
            throw raw === undefined ? error : explainRaw(error);
          });
        }),
      );
  },
};

/** What is searched for in all its languages: everything must be true of a message. */
function readSearch(
  query: string,
  { gmail, raw }: { gmail: string | undefined; raw: string | undefined },
  now: Date,
): Expression {
  const parts = [
    ...(gmail === undefined ? [] : [gmailQuery(gmail)]),
    ...(query.trim() === '' ? [] : [parseQuery(query, now)]),
    // Last: an OR or NOT left open in it must not take what follows.
    ...(raw === undefined ? [] : [rawSearch(raw)]),
  ];
  const [first] = parts;
  if (first === undefined) {
    throw new Failure('usage', 'missing required argument: what to search for', {
      hint: 'mailctl search --help shows what can be searched for',
    });
  }
  return parts.length === 1 ? first : { kind: 'all', of: parts };
}

async function printPlan(app: App, expression: Expression): Promise<void> {
  const plan = planSearch(expression, { gmail: false });
  const steps =
    plan.kind === 'server'
      ? [{ keys: plan.keys, narrowedTo: null }]
      : [
          { keys: plan.attached, narrowedTo: 'attached' as const },
          { keys: plan.unattached, narrowedTo: 'unattached' as const },
        ];
  for (const { keys, narrowedTo } of steps) {
    if (keys === null) continue;
    const command = formatSearchCommand(keys);
    await app.output.row({ type: 'search', command, narrowedTo }, command);
    if (narrowedTo === null || app.output.format === 'json') continue;
    const which = narrowedTo === 'attached' ? 'what has an attachment' : 'what has none';
    app.remark(`of these ${which}, by a look at the structure; Gmail searches for it by itself`);
  }
}

/** Whoever writes IMAP can write it wrong. */
function explainRaw(error: unknown): unknown {
  if (!(error instanceof Failure) || errorField(error.cause, 'responseStatus') !== 'BAD') {
    return error;
  }
  return new Failure('usage', `the server cannot read the search: ${error.message}`, {
    hint: '--raw goes out as it is; --explain shows the whole command',
    cause: error,
  });
}
