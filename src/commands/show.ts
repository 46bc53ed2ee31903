import { Failure } from '../errors.ts';
import type { App } from './app.ts';
import { InvalidValue } from './flags.ts';
import { withMail } from './mail.ts';
import {
  findMessages,
  type MessageName,
  parseMessageName,
  readMessageNames,
  stdinOnly,
} from './message-names.ts';
import { Showing, type ShowMode } from './showing.ts';
import { examples, type Verb } from './verb.ts';

const details = `
--raw and --part give exact bytes to a file or a pipe. On a terminal they are
made safe like everything else, and what is not text is refused.`;

export const show: Verb = {
  define(command, run) {
    command
      .description(
        'Show messages: the headers people care about, the text, and what is attached. Only the parts that are shown are downloaded. Nothing is marked as read.',
      )
      .argument('[message...]', 'a UID, folder/UID or <Message-ID>; - reads them from stdin', names)
      .option('-f, --folder <path>', 'the folder of a UID without one (default: INBOX)')
      .option('--uids <file>', 'more of them, one a line; - is stdin', stdinOnly)
      .option('--headers', 'every header, and nothing else')
      .option('--html', 'the HTML as it was sent, in UTF-8')
      .option('--part <number>', 'one part, decoded, such as 2.1', partNumber)
      .option('--raw', 'the message exactly as the server has it')
      .option('--no-pager', 'do not page on a terminal (else $PAGER, or less)')
      .addHelpText('after', details)
      .addHelpText(
        'after',
        examples(
          'mailctl show 4711',
          'mailctl show Archive/12 --headers',
          'mailctl show 4711 --raw > message.eml',
          'mailctl show 4711 --part 2 > invoice.pdf',
          "mailctl search 'from:bank is:unread' --uids | mailctl show --uids -",
        ),
      )
      .action((given, { folder, uids, pager, ...flags }) =>
        run(async (app) => {
          const mode = chosenMode(flags);
          const wanted = await wantedMessages(app, given, uids);
          await withMail(app, async (session, account) => {
            const paged = pager && mode.name !== 'raw' && mode.name !== 'part';
            const showing = await Showing.start({ app, session, account, mode, paged });
            try {
              for await (const found of findMessages(session, wanted, folder)) {
                await showing.messages(found);
              }
            } finally {
              session.close(); // a person may read for hours
              await showing.close();
            }
            showing.judge();
          });
        }),
      );
  },
};

function chosenMode(flags: {
  readonly headers?: true | undefined;
  readonly html?: true | undefined;
  readonly part?: string | undefined;
  readonly raw?: true | undefined;
}): ShowMode {
  const { headers, html, part, raw } = flags;
  const modes: ShowMode[] = [
    ...(headers === true ? [{ name: 'headers' } as const] : []),
    ...(html === true ? [{ name: 'html' } as const] : []),
    ...(part === undefined ? [] : [{ name: 'part', part } as const]),
    ...(raw === true ? [{ name: 'raw' } as const] : []),
  ];
  const [mode = { name: 'text' }, second] = modes;
  if (second !== undefined) {
    throw new Failure('usage', `--${mode.name} and --${second.name} exclude each other`, {
      hint: 'mailctl help show',
    });
  }
  return mode;
}

async function wantedMessages(
  app: App,
  given: readonly (MessageName | '-')[],
  uids: '-' | undefined,
): Promise<MessageName[]> {
  const named = given.filter((name) => name !== '-');
  const listed = uids === '-' || given.includes('-') ? await readMessageNames(app.system) : [];
  if (given.length === 0 && uids === undefined) {
    throw new Failure('usage', 'no message was named', { hint: 'mailctl list shows their UIDs' });
  }
  return [...named, ...listed];
}

function names(
  value: string,
  previous: readonly (MessageName | '-')[] | undefined,
): (MessageName | '-')[] {
  return [...(previous ?? []), value === '-' ? '-' : parseMessageName(value)];
}

function partNumber(value: string): string {
  if (/^[1-9]\d{0,4}(\.[1-9]\d{0,4}){0,99}$/.test(value)) return value;
  throw new InvalidValue('It must be the number of a part, such as 2 or 2.1.');
}
