import { readFile } from 'node:fs/promises';
import type { App } from './commands/app.ts';
import { keychainAhead } from './commands/keychain-ahead.ts';
import type { GlobalOptions } from './commands/root.ts';
import type { VerbEntry } from './commands/verb.ts';
import type { System } from './system/system.ts';

// Loaded at every start, so everything else is loaded when it is needed.

/** Every verb, in the order of `--help`. Its file is loaded when it is the one to run. */
export const verbs: readonly VerbEntry[] = [
  {
    name: 'login',
    summary: 'log in to a mailbox by OAuth',
    load: async () => (await import('./commands/login.ts')).login,
  },
  {
    name: 'logout',
    summary: 'revoke a login and forget it',
    load: async () => (await import('./commands/logout.ts')).logout,
  },
  {
    name: 'status',
    summary: 'show the accounts and how their logins stand',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'token',
    summary: 'print an access token for another program',
    readsLogin: true,
    load: async () => (await import('./commands/token.ts')).token,
  },
  {
    name: 'providers',
    summary: 'list the known providers and how to log in there',
    load: async () => (await import('./commands/providers.ts')).providers,
  },
  {
    name: 'log',
    summary: 'show what has happened to the logins',
    load: async () => (await import('./commands/log.ts')).log,
  },
  {
    name: 'store',
    summary: 'move tokens to another store',
    load: async () => (await import('./commands/store.ts')).store,
  },
  {
    name: 'export-login',
    summary: 'write a login, to carry it to another machine',
    load: async () => (await import('./commands/export-login.ts')).exportLogin,
  },
  {
    name: 'import-login',
    summary: 'take a login from another machine',
    load: async () => (await import('./commands/import-login.ts')).importLogin,
  },
  {
    name: 'folders',
    summary: 'list the folders of a mailbox with their counts',
    load: async () => (await import('./commands/folders.ts')).folders,
  },
  {
    name: 'list',
    summary: 'list the newest messages of a folder',
    load: async () => (await import('./commands/list.ts')).list,
  },
  {
    name: 'search',
    summary: 'find messages',
    load: async () => (await import('./commands/search.ts')).search,
  },
  {
    name: 'show',
    summary: 'show messages',
    load: async () => (await import('./commands/show.ts')).show,
  },
  {
    name: 'attachments',
    summary: 'list and save what is attached',
    load: async () => (await import('./commands/attachments.ts')).attachments,
  },
  {
    name: 'fetch',
    summary: 'keep an archive of what is new',
    load: async () => (await import('./commands/fetch.ts')).fetch,
  },
  {
    name: 'verify',
    summary: 'compare the archive with the server',
    load: async () => (await import('./commands/verify.ts')).verify,
  },
  {
    name: 'archive',
    summary: 'show what an archive holds',
    load: async () => (await import('./commands/archive.ts')).archive,
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    name: 'schema',
    summary: 'print the JSON Schema of the rows',
    load: async () => (await import('./commands/schema.ts')).schema,
  },
];

/** Run one command line; resolves to the exit code. Never throws. */
export async function main(argv: readonly string[], system: System): Promise<number> {
  try {
    await runCommand(argv, system).catch((error: unknown) => {
      // commander ends by an error also when it has printed the help that was asked for.
      if (!(error instanceof Error) || Reflect.get(error, 'exitCode') !== 0) throw error;
    });
    await flush(system);
    return 0;
  } catch (error) {
    const { endWith } = await import('./ending.ts');
    const verb = argv.find((word) => verbs.some(({ name }) => name === word)) ?? null;
    return endWith(error, system, { json: argv.includes('--json'), verb });
  }
}

async function runCommand(argv: readonly string[], system: System): Promise<void> {
  const [only] = argv.length === 1 ? argv : [];
  if (only === '--version' || only === '-V') {
    system.stdout.write(`${MAILCTL_VERSION}\n`); // scripts ask often; no command tree is needed
    return;
  }
  if (only === '--help' || only === '-h') {
    // What the command tree below says, kept by the build: making it anew takes twice as long.
    system.stdout.write(await readFile(new URL('./help.txt', import.meta.url)));
    return;
  }
  if (await runPlain(argv, system)) return;
  const { rootCommand } = await import('./commands/root.ts');
  const { exitCodesOf } = await import('./commands/verb.ts');
  const program = rootCommand(MAILCTL_VERSION, system);
  // Where the line begins with a verb it is that one, and the others need not be known.
  const possible = verbs.filter(({ name }) => name === argv[0]);
  for (const { name, summary, load } of possible.length > 0 ? possible : verbs) {
    const command = program.command(name).description(summary);
    if (!argv.includes(name)) continue; // only what the line names can be what it runs
    const verb = await load();
    verb.define(command, (work) => withApp(system, program.opts(), work), verbs);
    command.addHelpText('afterAll', exitCodesOf(verb));
  }
  if (argv.length === 0) program.help({ error: true });
  const [first, second = 'help'] = argv;
  if (first === 'help' && !/^(-.*|help)$/.test(second) && !isVerb(second)) {
    program.error(`unknown command '${second}'`); // commander would only show its help
  }
  await program.parseAsync(argv, { from: 'user' });
}

/**
 * A line of a verb and an account at most needs no parser, and loading one takes as long as the
 * rest of `mailctl token`. False where the line is another or the verb has no plain form.
 */
async function runPlain(argv: readonly string[], system: System): Promise<boolean> {
  const [name, flag, account, ...more] = argv;
  const named = (flag === '-a' || flag === '--account') && /^[^-]/.test(account ?? '');
  if (more.length > 0 || (flag !== undefined && !named)) return false;
  const entry = verbs.find((one) => one.name === name);
  if (entry?.readsLogin) await keychainAhead(system);
  const verb = await entry?.load();
  if (verb?.plain === undefined) return false;
  await withApp(system, { account, input: true, progress: true }, verb.plain);
  return true;
}

async function withApp(
  system: System,
  options: GlobalOptions,
  work: (app: App) => Promise<void>,
): Promise<void> {
  const { openApp } = await import('./commands/app.ts');
  const app = await openApp(system, options);
  await work(app).finally(() => app.progress.close());
}

function isVerb(word: string): boolean {
  return verbs.some(({ name }) => name === word);
}

/** Wait until everything written has left the process; a full disk is told only now. */
function flush({ stdout }: System): Promise<void> {
  return new Promise((resolve, reject) => {
    stdout.write('', (error) => {
      const failed = stdout.errored ?? error; // what went wrong first says why
      if (failed == null) resolve();
      else reject(failed);
    });
  });
}
