import { accessTokenSource } from '../auth/access-token.ts';
import { tokenStore } from '../auth/store.ts';
import { appAccount } from './app.ts';
import { givenToken } from './mail.ts';
import { examples, type Verb } from './verb.ts';

export const token: Verb = {
  define(command, run) {
    command
      .summary('print an access token for another program')
      .description(
        'Print an access token, refreshed when it has run out. The token is a secret: whoever has it can read the mailbox until it ends.',
      )
      .addHelpText(
        'after',
        examples(
          'mailctl token -a club',
          'curl -H @- … <<< "Authorization: Bearer $(mailctl token)"',
        ),
      )
      .action(() =>
        run(async (app) => {
          const given = givenToken(app.system);
          if (given !== null)
            return app.output.row({ type: 'token', ...tokenRow(given, null) }, given);
          const account = await appAccount(app);
          const source = accessTokenSource(account, tokenStore(account, app.system), app.system);
          const { tokens } = await source();
          await app.output.row(
            { type: 'token', ...tokenRow(tokens.accessToken, tokens.expiresAt) },
            tokens.accessToken,
          );
        }),
      );
  },
};

function tokenRow(accessToken: string, expiresAt: Date | null) {
  return { accessToken, expiresAt: expiresAt?.toISOString() ?? null };
}
