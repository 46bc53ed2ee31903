import { readAuditLog } from '../terminal/audit-log.ts';
import type { Column } from '../terminal/table.ts';
import { requestedAccount } from './app.ts';
import { shortDate } from './columns.ts';
import { duration } from './flags.ts';
import type { RowOf } from './rows.ts';
import { examples, type Verb } from './verb.ts';

type EventRow = RowOf<'event'>;

const columns: readonly Column<EventRow>[] = [
  {
    header: 'When',
    value: ({ time }) => time,
    display: ({ time }, now) => shortDate(new Date(time), now),
  },
  { header: 'Account', value: ({ account }) => account },
  {
    header: '',
    value: ({ suspicious }) => (suspicious ? 'suspicious' : ''),
    display: ({ suspicious }) => (suspicious ? '!' : ' '),
  },
  { header: 'Event', value: ({ event }) => event },
  { header: 'Reason', value: ({ reason }) => reason ?? '', flexible: true },
  { header: 'Process', value: ({ pid }) => String(pid), pipeOnly: true },
  { header: 'Provider', value: ({ provider }) => provider, pipeOnly: true },
  { header: 'Hint', value: ({ hint }) => hint ?? '', pipeOnly: true },
];

export const log: Verb = {
  endings: ['usage', 'data', 'archive', 'config'],
  define(command, run) {
    command
      .description(
        'Show what has happened to the logins: granted, renewed, refused, revoked; what should not have happened is marked. Tokens are never in it.',
      )
      .option('--since <time>', 'only the last 7d, 12h …', duration)
      .addHelpText(
        'after',
        examples('mailctl log --since 7d', "mailctl log --json | jq 'select(.suspicious)'"),
      )
      .action(({ since }) =>
        run(async (app) => {
          const account = requestedAccount(app);
          const from = since === undefined ? 0 : app.system.now().getTime() - since;
          const entries = await readAuditLog(app.system);
          const rows = entries
            .filter((entry) => account === undefined || entry.account === account)
            .filter(({ time }) => new Date(time).getTime() >= from)
            .map(({ level, ...entry }): EventRow => {
              return { type: 'event', suspicious: level === 'warn', ...entry };
            });
          await app.output.rows(rows, columns);
        }),
      );
  },
};
