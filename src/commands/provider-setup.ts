import type { Provider, ProviderOAuth, Step } from '../account/provider.ts';
import { Failure } from '../errors.ts';
import { printableLines } from '../terminal/printable.ts';
import { hang } from '../terminal/wrap.ts';
import type { App } from './app.ts';
import { ask, askSecret, canAsk } from './ask.ts';
import { type DownloadedClient, parseClientFile, readClientFile } from './client-file.ts';
import { runLogin } from './login.ts';

/**
 * Walk a person through what must be done before a login: the steps, then what they lead to is
 * asked for, checked, and logged in with. Without a terminal the steps and the command to type.
 */
export async function setUp(
  app: App,
  provider: Provider,
  address: string | undefined,
): Promise<void> {
  const steps = setupSteps(provider);
  const asks = canAsk(app) && app.output.format !== 'json';
  await tellSteps(app, steps, asks ? null : loginCommand(provider));
  if (!asks) return;
  const { oauth } = provider;
  const own = oauth !== null && oauth.registration.kind !== 'dynamic';
  const client = own ? await askForClient(app, provider, oauth) : null;
  const mailbox = address ?? (await ask(app.system, 'Mail address: '));
  await runLogin(app, mailbox, { provider: provider.id, discover: true }, client);
}

/** What a person does on the provider's pages, in order. */
export function setupSteps({ oauth, password, imap }: Provider): readonly Step[] {
  const first = imap.switchOn === null ? [] : [imap.switchOn];
  if (oauth !== null) return [...first, ...oauth.registration.steps];
  if (password === null) return first;
  const page = URL.canParse(password.url) ? { url: password.url } : {};
  return [...first, { text: `Make the ${password.name}.`, ...page }];
}

/** What to type when the steps are done. */
export function loginCommand(provider: Provider): string {
  const { id, domains, oauth } = provider;
  const plain = domains.find((domain) => !domain.startsWith('*'));
  const login =
    plain === undefined
      ? `mailctl login you@example.org --provider ${id}`
      : `mailctl login you@${plain}`;
  const server = oauth?.issuerForm == null ? '' : ` --issuer ${oauth.issuerForm} --imap-host HOST`;
  const tenant = oauth?.tenant?.default === null ? ' --tenant TENANT' : '';
  if (oauth === null || oauth.registration.kind === 'dynamic') return `${login}${server}`;
  if (oauth.registration.clientFile === true) return `${login}${tenant} --client-file FILE.json`;
  const secret = { required: ' --client-secret-file FILE', optional: '', forbidden: '' };
  return `${login}${server}${tenant} --client-id ID${secret[oauth.clientSecret]}`;
}

async function tellSteps(app: App, steps: readonly Step[], command: string | null): Promise<void> {
  const last = command === null ? [] : [{ text: 'Log in.', command }];
  const width = Math.min(app.system.stdout.columns ?? 80, 100);
  const all: readonly (Step & { readonly command?: string })[] = [...steps, ...last];
  for (const [index, { text, url = null, command = null }] of all.entries()) {
    const number = index + 1;
    if (app.output.format === 'json') {
      await app.output.row({ type: 'step', number, text, url, command }, null);
      continue;
    }
    const lines = [hang(`${String(number).padStart(2)}. `, text, width)];
    // Neither is broken: both are to be copied.
    for (const copied of [url, command]) if (copied !== null) lines.push(`    ${copied}`);
    await app.output.raw(`${printableLines(lines.join('\n'))}\n`);
  }
}

/** Asked again until it is what the provider gives: a client id, or the file with all of it. */
async function askForClient(
  app: App,
  { name }: Provider,
  { registration, clientSecret }: ProviderOAuth,
): Promise<DownloadedClient> {
  const { pattern, example } = registration.clientId;
  const what = registration.clientFile === true ? 'Client id, or the downloaded file' : 'Client id';
  for (;;) {
    const given = await ask(app.system, `${what}: `);
    try {
      if (given.startsWith('{')) return parseClientFile(given, 'what was pasted');
      if (given.endsWith('.json'))
        return await readClientFile(given.replace(/^~/, app.system.homeDirectory));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      app.tell(`mailctl: ${error.message}; ${error.hint}`);
      continue;
    }
    if (!pattern.test(given)) {
      app.tell(`mailctl: that is no client id of ${name}; one looks like ${example}`);
      continue;
    }
    if (clientSecret === 'forbidden') return { clientId: given, clientSecret: null };
    const empty = clientSecret === 'optional' ? ' (empty for none)' : '';
    const secret = await askSecret(app.system, `Client secret${empty}: `);
    if (secret === '' && clientSecret === 'required') continue;
    return { clientId: given, clientSecret: secret === '' ? null : secret };
  }
}
