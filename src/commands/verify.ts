import { appAccount } from './app.ts';
import { formatOption, layoutOption } from './archive-flags.ts';
import { verifyArchive } from './fetching/verification.ts';
import { repeated } from './flags.ts';
import { examples, serverEndings, type Verb } from './verb.ts';

export const verify: Verb = {
  endings: ['incomplete', ...serverEndings],
  define(command, run) {
    command
      .description(
        'Compare the archive with the server, by count and size: what is missing, damaged, or no longer on the server. Nothing is changed unless you say --repair.',
      )
      .option('-f, --folder <path>', 'a folder, glob or special use; repeatable (INBOX)', repeated)
      .option('--all-folders', 'every folder; on Gmail All Mail, Spam and Trash')
      .option('--exclude <path>', 'not this folder; repeatable', repeated)
      .option('--deep', 'also every byte that is stored, by its digest')
      .option('--repair', 'fetch what is missing or damaged')
      .option(...formatOption)
      .option(...layoutOption)
      .addHelpText(
        'after',
        examples(
          'mailctl verify',
          'mailctl verify --all-folders --deep',
          'mailctl verify --json | jq -r \'select(.what == "missing").uid\'',
          'mailctl verify --repair',
        ),
      )
      .action((flags) => run(async (app) => verifyArchive(app, await appAccount(app), flags)));
  },
};
