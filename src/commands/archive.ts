import { basename } from 'node:path';
import { type Holding, surveyArchive } from '../archive/survey.ts';
import { formatBytes } from '../terminal/progress-line.ts';
import type { Column } from '../terminal/table.ts';
import { type App, appAccount } from './app.ts';
import type { RowOf } from './rows.ts';
import { examples, type Verb } from './verb.ts';

type ArchiveRow = RowOf<'archive'>;

const columns: readonly Column<ArchiveRow>[] = [
  { header: 'Folder', value: ({ folder }) => folder, flexible: true },
  {
    header: 'Format',
    value: ({ format }) => format,
    display: ({ format, path }) => (basename(path) === '.headers' ? 'headers' : format),
  },
  { header: 'Messages', value: ({ messages }) => String(messages), align: 'right' },
  {
    header: 'Size',
    value: ({ sizeBytes }) => String(sizeBytes),
    display: ({ sizeBytes }) => formatBytes(sizeBytes),
    align: 'right',
  },
  { header: 'Gone', value: ({ gone }) => String(gone || ''), align: 'right' },
  { header: 'Failed', value: ({ failed }) => String(failed || ''), align: 'right' },
  { header: 'Path', value: ({ path }) => path, pipeOnly: true },
  { header: 'UIDVALIDITY', value: ({ uidValidity }) => String(uidValidity), pipeOnly: true },
];

export const archive: Verb = {
  endings: ['usage', 'data', 'archive', 'config'],
  define(command, run) {
    command
      .description("What an account's archive holds; see mailctl archive info --help.")
      .addHelpText(
        'after',
        examples('mailctl archive info', 'mailctl archive info -a club --json'),
      );
    command
      .command('info')
      .description(
        'What is kept of each folder: the format, how many messages, how large. No server is asked.',
      )
      .addHelpText(
        'after',
        examples('mailctl archive info', "mailctl archive info --json | jq 'select(.failed > 0)'"),
      )
      .action(() => run((app) => showArchive(app)));
  },
};

async function showArchive(app: App): Promise<void> {
  const { archive: root } = await appAccount(app);
  const rows = (await surveyArchive(root)).map(toRow);
  await app.output.rows(rows, columns);
  if (rows.length > 0 || app.output.format !== 'table') return;
  app.remark(`nothing is kept in ${root} yet; mailctl fetch brings it`);
}

function toRow({ directory, format, state, sizeBytes }: Holding): ArchiveRow {
  const { mailbox: folder, uidValidity, stored, gone, failures, complete } = state;
  return {
    type: 'archive',
    folder,
    format,
    path: directory,
    uidValidity,
    messages: stored.size,
    gone: gone.size,
    failed: failures.length,
    sizeBytes,
    complete: complete !== null,
  };
}
