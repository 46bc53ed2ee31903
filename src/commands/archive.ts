import { basename } from 'node:path';
import { type Holding, surveyArchive } from '../archive/survey.ts';
import { formatBytes } from '../terminal/progress-line.ts';
import type { Column } from '../terminal/table.ts';
import { type App, appAccount } from './app.ts';
import { fetchCommand } from './fetching/fetch-command.ts';
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
  {
    header: 'Complete',
    value: ({ complete }) => (complete ? 'yes' : 'no'),
  },
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
        'What is kept of each folder: the format, how many messages, how large. What may not be complete is said. No server is asked.',
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
  const holdings = await surveyArchive(root);
  await app.output.rows(
    holdings.map((holding) => toRow(app, holding)),
    columns,
  );
  if (app.output.format !== 'table') return;
  if (holdings.length === 0) {
    app.remark(`nothing is kept in ${root} yet; mailctl fetch brings it`);
  }
  tellIncomplete(app, holdings);
}

/** Which folders are not complete, and what to type for all that are kept alike. */
function tellIncomplete(app: App, holdings: readonly Holding[]): void {
  const alike = new Map<string, Holding[]>();
  for (const holding of holdings.filter((one) => !isComplete(one))) {
    const { format, layout, portion } = holding;
    const key = `${format} ${layout} ${portion}`;
    alike.set(key, [...(alike.get(key) ?? []), holding]);
  }
  for (const some of alike.values()) {
    const [kept] = some;
    if (kept === undefined) continue;
    for (const { state } of some) app.remark(`${state.mailbox}: ${whyIncomplete(state)}`);
    const folders = some.map(({ state }) => state.mailbox);
    app.remark(`  → ${fetchCommand(app, folders, kept) ?? 'the fetch --pipe that was run before'}`);
  }
}

function whyIncomplete({ failures }: Holding['state']): string {
  if (failures.length === 0) return 'some of it may not be here yet';
  const which = failures.length === 1 ? '1 message' : `${failures.length} messages`;
  return `${which} could not be fetched so far`;
}

function isComplete({ state: { complete } }: Holding): boolean {
  return complete !== null;
}

function toRow(app: App, holding: Holding): ArchiveRow {
  const { directory, format, state, sizeBytes } = holding;
  const { mailbox: folder, uidValidity, stored, gone, failures } = state;
  const complete = isComplete(holding);
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
    complete,
    next: complete ? null : fetchCommand(app, [folder], holding),
  };
}
