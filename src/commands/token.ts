import type { Account } from '../account/account.ts';
import { oauthbearerResponse, xoauth2Response } from '../auth/sasl.ts';
import { safeJson } from '../terminal/printable.ts';
import { type App, appAccount } from './app.ts';
import { duration } from './flags.ts';
import { givenToken, storedLogin } from './tokens.ts';
import { examples, type Verb } from './verb.ts';

const formats = ['raw', 'xoauth2', 'oauthbearer', 'json'] as const;
const defaultFormat = 'raw';

export const token: Verb = {
  define(command, run) {
    command
      .description(
        'Print an access token, renewed when it has run out. The token is a secret: whoever has it can read the mailbox until it ends.',
      )
      .addOption(
        command
          .createOption(
            '--format <format>',
            'the token alone, or the ready answer for a SASL exchange',
          )
          .choices(formats)
          .default(defaultFormat),
      )
      .option('--min-valid <time>', 'renew unless it is good for so long', duration)
      .addHelpText(
        'after',
        examples(
          'mailctl token -a club',
          'mailctl token --min-valid 10m --format xoauth2',
          'mailctl token --json | jq -r .expiresAt',
        ),
      )
      .action(({ format, minValid }) => run((app) => printToken(app, { format, minValid })));
  },
  plain: (app) => printToken(app, { format: defaultFormat, minValid: undefined }),
};

interface TokenOptions {
  readonly format: (typeof formats)[number];
  readonly minValid: number | undefined;
}

async function printToken(app: App, { format, minValid }: TokenOptions): Promise<void> {
  const given = givenToken(app.system);
  // A token that is only handed on needs no account, nor a config.
  if (given !== null && format === 'raw') {
    const row = { type: 'token' as const, accessToken: given, expiresAt: null };
    return app.output.row(row, given);
  }
  const account = await appAccount(app);
  const { accessToken, expiresAt } = await currentToken(app, account, minValid);
  const row = { type: 'token' as const, accessToken, expiresAt: expiresAt?.toISOString() ?? null };
  if (format === 'json') return app.output.raw(`${safeJson(row)}\n`);
  await app.output.row(row, formatToken(format, accessToken, account));
}

interface CurrentToken {
  readonly accessToken: string;
  readonly expiresAt: Date | null;
}

async function currentToken(
  app: App,
  account: Account,
  minValidMs: number | undefined,
): Promise<CurrentToken> {
  const given = givenToken(app.system);
  if (given !== null) return { accessToken: given, expiresAt: null };
  return (await storedLogin(app, account)({ minValidMs })).tokens;
}

function formatToken(
  format: 'raw' | 'xoauth2' | 'oauthbearer',
  accessToken: string,
  { mailbox, imap }: Account,
): string {
  switch (format) {
    case 'raw':
      return accessToken;
    case 'xoauth2':
      return xoauth2Response(mailbox, accessToken);
    case 'oauthbearer':
      return oauthbearerResponse(mailbox, accessToken, imap);
  }
}
