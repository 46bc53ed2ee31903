import type { Account } from '../account/account.ts';
import { Failure } from '../errors.ts';
import type { MessagePart, MessageSummary, OpenMailbox } from '../mail/message.ts';
import { type MessageText, readMessageText } from '../mail/message-text.ts';
import type { MailSession } from '../mail/session.ts';
import { printableLines } from '../terminal/printable.ts';
import { isUid, UidSet } from '../uid-set.ts';
import type { App } from './app.ts';
import { formatAddress, messageRow } from './columns.ts';
import { InvalidValue } from './flags.ts';
import { withMail } from './mail.ts';
import { examples, type Verb } from './verb.ts';

export const show: Verb = {
  define(command, run) {
    command
      .description(
        'Show a message: its headers, its text, and what is attached. It is not marked as read.',
      )
      .argument('<uid...>', 'UIDs, as list and search give them', uids)
      .option('-f, --folder <path>', 'the folder', 'INBOX')
      .option('--raw', 'the message exactly as the server has it')
      .addHelpText(
        'after',
        examples(
          'mailctl show 4711',
          'mailctl show 4711 --raw > message.eml',
          'mailctl show 4711 --json | jq -r .text',
        ),
      )
      .action((wanted, { folder, raw }) =>
        run((app) =>
          withMail(app, async (session, account) => {
            const mailbox = await session.examine(folder);
            const found = await session.summaries(wanted);
            const known = new Set(found.map(({ uid }) => uid));
            for (const message of found) {
              if (raw === true) await showRaw(app, session, message.uid);
              else await showMessage(app, session, { account, mailbox, message });
            }
            const absent = wanted.filter((uid) => !known.has(uid));
            if (absent.length > 0) {
              throw new Failure(
                'not-found',
                `there is no message ${absent.join(', ')} in ${folder}`,
                {
                  hint: `mailctl list --folder ${folder}`,
                },
              );
            }
          }),
        ),
      );
  },
};

function uids(value: string, previous: number[] | undefined): number[] {
  const uid = /^\d{1,10}$/.test(value) ? Number(value) : 0;
  if (!isUid(uid)) throw new InvalidValue('A UID is a whole number from 1 to 4294967295.');
  return [...(previous ?? []), uid];
}

async function showRaw(app: App, session: MailSession, uid: number): Promise<void> {
  const [fact] = await session.facts(UidSet.of([uid]));
  const message = fact === undefined ? null : await session.fetchInPieces(fact);
  if (message === null) throw new Failure('not-found', `the server no longer has message ${uid}`);
  for await (const piece of message.content) await app.output.raw(piece);
}

interface Shown {
  readonly account: Account;
  readonly mailbox: OpenMailbox;
  readonly message: MessageSummary;
}

async function showMessage(app: App, session: MailSession, shown: Shown): Promise<void> {
  const { account, mailbox, message } = shown;
  const content = await readMessageText(session, message.uid);
  if (app.output.format === 'json') {
    const parts = content.parts.map(describePart);
    const row = { ...messageRow(account, mailbox, message), text: content.text, parts };
    return app.output.row(row, null);
  }
  await app.output.raw(`${printableLines(formatMessage(message, content))}\n`);
}

function formatMessage(message: MessageSummary, { text, parts }: MessageText): string {
  const people = (list: MessageSummary['to']) => list.map(formatAddress).join(', ');
  const headers: readonly (readonly [string, string])[] = [
    ['From', people(message.from)],
    ['To', people(message.to)],
    ['Cc', people(message.cc)],
    ['Date', message.date?.toString().replace(/ \(.*\)$/, '') ?? ''],
    ['Subject', message.subject ?? ''],
  ];
  const attached = parts
    .filter(({ attachment }) => attachment)
    .map(({ part, type, filename, sizeBytes }) => {
      const size = sizeBytes === null ? '' : `, ${formatSize(sizeBytes)}`;
      return `[${part}] ${filename ?? 'without a name'} (${type}${size})`;
    });
  return [
    ...headers
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}:${' '.repeat(8 - name.length)}${value}`),
    '',
    text.trimEnd(),
    ...(attached.length === 0 ? [] : ['', ...attached]),
  ].join('\n');
}

function describePart({ part, type, filename, sizeBytes, attachment }: MessagePart) {
  return { part, type, filename, sizeBytes, attachment };
}

function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 ** 2
    ? `${Math.round(bytes / 1024)} KB`
    : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
