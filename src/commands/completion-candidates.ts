import type { Command, Option } from '@commander-js/extra-typings';
import { searchFields } from '../mail/search-fields.ts';
import { printable } from '../terminal/printable.ts';
import { type App, appConfig } from './app.ts';
import { messageFields } from './columns.ts';
import { rememberedFolders } from './folder-cache.ts';
import { rootCommand } from './root.ts';
import { rowSchemas } from './rows.ts';
import type { VerbEntry } from './verb.ts';

/** One word that could stand here. */
export interface Candidate {
  readonly value: string;
  readonly about: string;
}

/** Told to the script of the shell instead of a word: names of files are wanted. */
const files: Candidate = { value: ':files', about: '' };

/** What could be typed: `words` are those behind `mailctl`, the last of them unfinished. */
export async function completionCandidates(
  app: App,
  verbs: readonly VerbEntry[],
  words: readonly string[],
): Promise<readonly Candidate[]> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const root = rootCommand(MAILCTL_VERSION, app.system);
  const place = await findPlace(root, verbs, before);
  const options = [...place.options, ...root.options].filter(({ hidden }) => !hidden);
  const context = { app, words: before };

  const [, flag, part] = /^(--[\w-]+)=(.*)$/s.exec(current) ?? [];
  if (flag !== undefined && part !== undefined) {
    const values = await valuesOf(
      options.find(({ long }) => long === flag),
      context,
    );
    return matching(values, part).map(({ value, about }) => ({ value: `${flag}=${value}`, about }));
  }
  const previous = before.at(-1) ?? '';
  const last = options.find(({ long, short }) => previous === long || previous === short);
  if (last !== undefined && (last.required || last.optional)) {
    const values = await valuesOf(last, context);
    return values.includes(files) ? values : matching(values, current);
  }
  if (current.startsWith('-')) {
    const flags = options.map(({ long, short, description }) => ({
      value: long ?? short ?? '',
      about: description,
    }));
    return matching([...flags, { value: '--help', about: 'show this help' }], current);
  }
  return matching(argumentsOf(place, verbs), current);
}

/** What is typed already: a verb, one of its own, or nothing yet. */
interface Place {
  readonly verb: string | null;
  readonly options: readonly Option[];
  readonly below: readonly Candidate[];
}

async function findPlace(
  root: ReturnType<typeof rootCommand>,
  verbs: readonly VerbEntry[],
  words: readonly string[],
): Promise<Place> {
  const entry = verbs.find(({ name }) => words.includes(name));
  if (entry === undefined) {
    return { verb: words.includes('help') ? 'help' : null, options: [], below: [] };
  }
  // Only the flags are looked at, so nothing is ever run.
  const command: Command = root.command(entry.name);
  (await entry.load()).define(command, async () => {}, verbs);
  const within = command.commands.find((one) => words.includes(one.name()));
  return {
    verb: entry.name,
    options: (within ?? command).options,
    below:
      within === undefined
        ? command.commands.map((one) => ({ value: one.name(), about: one.description() }))
        : [],
  };
}

function argumentsOf({ verb, below }: Place, verbs: readonly VerbEntry[]): readonly Candidate[] {
  const named = (names: Iterable<string>, suffix = '') =>
    [...names].map((name) => ({ value: `${name}${suffix}`, about: '' }));
  switch (verb) {
    case null:
    case 'help':
      return [
        ...verbs.map(({ name, summary }) => ({ value: name, about: summary })),
        ...(verb === null ? [{ value: 'help', about: 'show the help of a verb' }] : []),
      ];
    case 'search':
      return named(searchFields.keys(), ':');
    case 'schema':
      return named(Object.keys(rowSchemas));
    case 'completion':
      return named(['bash', 'zsh', 'fish', 'powershell']);
    default:
      return below;
  }
}

interface Context {
  readonly app: App;
  readonly words: readonly string[];
}

/** By what commander knows of the option, and by its name. */
async function valuesOf(
  option: Option | undefined,
  { app, words }: Context,
): Promise<readonly Candidate[]> {
  const named = (names: Iterable<string>) => [...names].map((value) => ({ value, about: '' }));
  if (option === undefined) return [];
  if (option.argChoices !== undefined) return named(option.argChoices);
  switch (option.long) {
    case '--account':
      return named(await accounts(app));
    case '--folder':
      return named(await rememberedFolders(app.system, await accountIn(app, words)));
    case '--sort':
      return named(['date', '-date', 'size', '-size', 'from', '-from']);
    case '--fields':
      return named(messageFields.keys());
    default:
      return /<(?:file|path|dir|directory|folder)>/.test(option.flags) ? [files] : [];
  }
}

async function accounts(app: App): Promise<string[]> {
  // A config that cannot be read is told by the command itself, not while it is typed.
  const loaded = await appConfig(app).then(
    (chosen) => chosen.loaded,
    () => null,
  );
  return Object.keys(loaded?.config.accounts ?? {});
}

async function accountIn(app: App, words: readonly string[]): Promise<string> {
  const at = words.findLastIndex((word) => word === '-a' || word === '--account');
  const named = at >= 0 ? words[at + 1] : undefined;
  if (named !== undefined) return named;
  const loaded = await appConfig(app).then(
    (chosen) => chosen.loaded,
    () => null,
  );
  const [first = ''] = Object.keys(loaded?.config.accounts ?? {});
  return app.system.env['MAILCTL_ACCOUNT'] || loaded?.config.default_account || first;
}

function matching(candidates: readonly Candidate[], prefix: string): Candidate[] {
  return candidates
    .filter(({ value }) => value.startsWith(prefix) && printable(value) === value)
    .map(({ value, about }) => ({ value, about: printable(about) }));
}
