import { nearest } from '../account/nearest.ts';
import type { Provider } from '../account/provider.ts';
import { findProvider, providers as known } from '../account/providers.ts';
import { Failure } from '../errors.ts';
import { printableLines } from '../terminal/printable.ts';
import type { Column } from '../terminal/table.ts';
import type { App } from './app.ts';
import {
  formatProvider,
  fullProviderRow,
  type ProviderRow,
  providerRow,
} from './provider-facts.ts';
import { setUp } from './provider-setup.ts';
import { examples, type Verb } from './verb.ts';

const words: Readonly<Record<ProviderRow['state'], string>> = {
  oauth: 'OAuth',
  'oauth-by-request': 'OAuth by request',
  'app-password': 'app password',
};

const columns: readonly Column<ProviderRow>[] = [
  { header: 'Provider', value: ({ id }) => id },
  { header: 'Login', value: ({ state }) => state, display: ({ state }) => words[state] },
  { header: 'Name', value: ({ name }) => name, flexible: true },
  { header: 'Addresses', value: ({ domains }) => domains.join(' '), flexible: true },
  { header: 'Mail server', value: ({ imapHost }) => imapHost ?? '', pipeOnly: true },
];

export const providers: Verb = {
  endings: ['usage', 'archive'],
  define(command, run) {
    command
      .description(
        'The providers mailctl knows, and how one logs in there. Others work too: with the addresses of their servers (mailctl login --help).',
      )
      .addHelpText(
        'after',
        examples(
          'mailctl providers',
          'mailctl providers show google',
          'mailctl providers --json | jq -r \'select(.state == "oauth").id\'',
        ),
      )
      .action(() => run((app) => app.output.rows(known.map(providerRow), columns)));
    command
      .command('show')
      .description(
        'Everything mailctl knows of a provider: what it asks for and why, when a login ends, limits, what was not tried.',
      )
      .argument('<provider>', 'its id, as mailctl providers gives it')
      .addHelpText('after', examples('mailctl providers show google'))
      .action((id) => run((app) => show(app, namedProvider(id))));
    command
      .command('setup')
      .description(
        'What to do at a provider before the first login, step by step. At a terminal what the steps lead to is then asked for, checked and logged in with; else the command to type ends them.',
      )
      .argument('<provider>', 'its id, as mailctl providers gives it')
      .argument('[address]', 'the mailbox')
      .addHelpText('after', examples('mailctl providers setup google ada@gmail.com'))
      .action((id, address) => run((app) => setUp(app, namedProvider(id), address)));
  },
};

/** @throws Failure 'usage' */
export function namedProvider(id: string): Provider {
  const provider = findProvider(id);
  if (provider !== null) return provider;
  const near = nearest(
    id,
    known.map((one) => one.id),
  );
  throw new Failure('usage', `there is no provider ${id}`, {
    hint: near === null ? 'mailctl providers lists them' : `did you mean ${near}?`,
  });
}

async function show(app: App, provider: Provider): Promise<void> {
  if (app.output.format === 'json') {
    return app.output.row(fullProviderRow(provider), null);
  }
  const width = Math.min(app.system.stdout.columns ?? 80, 100);
  await app.output.raw(`${printableLines(formatProvider(provider, width))}\n`);
}
