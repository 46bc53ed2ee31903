import { text } from 'node:stream/consumers';
import type { Account } from '../../account/account.ts';
import type { Layout } from '../../archive/folder-path.ts';
import type { Format } from '../../archive/formats.ts';
import type { LineEndings } from '../../archive/sink.ts';
import { Failure } from '../../errors.ts';
import type { Expression } from '../../mail/search-expression.ts';
import { arrivedSince, parseQuery } from '../../mail/search-query.ts';
import { UidSet } from '../../uid-set.ts';
import type { App } from '../app.ts';
import { changesServer, type FetchRequest, isSameFolder, wantsAll } from './request.ts';

/** The flags of `mailctl fetch` as commander gives them. */
export interface FetchFlags {
  readonly folder?: readonly string[] | undefined;
  readonly allFolders?: true | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly limit?: number | undefined;
  readonly maxSize?: number | undefined;
  readonly headersOnly?: true | undefined;
  readonly refetch?: true | undefined;
  readonly dryRun?: true | undefined;
  readonly format?: Format | undefined;
  readonly layout?: Layout | undefined;
  readonly lineEndings?: LineEndings | undefined;
  readonly name?: string | undefined;
  readonly source?: true | undefined;
  readonly pipe?: string | undefined;
  readonly mirror?: true | undefined;
  readonly prune?: true | undefined;
  readonly markSeen?: true | undefined;
  readonly moveTo?: string | undefined;
  readonly delete?: true | undefined;
  readonly readOnly?: true | undefined;
  readonly connections?: number | undefined;
}

const usualConnections = 4;
const mostConnections = 15;
/** Of what a provider takes; the others are for the person's other programs. */
const ourShare = 2 / 3;

/** What the flags ask for. @throws Failure 'usage' where they contradict each other */
export async function fetchRequest(
  app: App,
  account: Account,
  words: readonly string[],
  flags: FetchFlags,
): Promise<FetchRequest> {
  const fromStdin = words.length === 1 && words[0] === '-';
  const request: FetchRequest = {
    folders: flags.allFolders === true ? [] : (flags.folder ?? ['INBOX']),
    allFolders: flags.allFolders === true,
    exclude: flags.exclude ?? [],
    format: flags.pipe === undefined ? (flags.format ?? 'maildir') : 'pipe',
    layout: flags.layout ?? 'tree',
    lineEndings: flags.lineEndings ?? (app.system.platform === 'win32' ? 'keep' : 'lf'),
    nameTemplate: flags.name ?? null,
    command: flags.pipe ?? null,
    withSource: flags.source === true,
    portion: flags.headersOnly === true ? 'header' : 'whole',
    selection: {
      expression: searchExpression(app, fromStdin ? [] : words, flags.since),
      uids: fromStdin ? await uidsFromStdin(app) : null,
      limit: flags.limit ?? null,
      maxSizeBytes: flags.maxSize ?? null,
    },
    dryRun: flags.dryRun === true,
    refetch: flags.refetch === true,
    mirror: flags.mirror === true ? { prune: flags.prune === true } : null,
    afterwards: {
      markSeen: flags.markSeen === true,
      moveTo: flags.moveTo ?? null,
      delete: flags.delete === true,
    },
    connections: connectionsAtOnce(app, account, flags.connections),
  };
  refuseContradictions(request, flags);
  if (changesServer(request.afterwards) && (account.readOnly || flags.readOnly === true)) {
    const where = account.readOnly ? `read_only of ${account.name} in the config` : '--read-only';
    throw new Failure('usage', `${where} refuses --mark-seen, --move-to and --delete`, {
      hint: 'leave them out, or change what refuses them',
    });
  }
  return request;
}

/** A mailbox with too many connections lets nobody in any more, the person's telephone included. */
function connectionsAtOnce(app: App, account: Account, flag: number | undefined): number {
  const asked = flag ?? account.connections ?? usualConnections;
  const limit = account.connectionLimit;
  const share = limit === null ? mostConnections : Math.max(1, Math.floor(limit * ourShare));
  const used = Math.min(asked, share, mostConnections);
  if (used < asked) app.log.info('fewer connections', { asked, used, providerTakes: limit });
  return used;
}

function searchExpression(
  app: App,
  words: readonly string[],
  since: string | undefined,
): Expression | null {
  const now = app.system.now();
  const parts = [
    ...(words.length === 0 ? [] : [parseQuery(words.join(' '), now)]),
    ...(since === undefined ? [] : [arrivedSince(since, now)]),
  ];
  return parts.length > 1 ? { kind: 'all', of: parts } : (parts[0] ?? null);
}

const maxStdinBytes = 16 << 20;

/** UIDs and ranges between blanks, or the rows of `list --json` and `search --json`. */
async function uidsFromStdin({ system }: App): Promise<UidSet> {
  const given = await text(system.stdin);
  if (given.length > maxStdinBytes) throw new Failure('usage', 'stdin gives too many UIDs');
  let uids = UidSet.empty;
  for (const line of given.split('\n')) {
    const row = /^\s*\{/.test(line) ? /"uid":(\d{1,10})[,}]/.exec(line)?.[1] : null;
    for (const word of row === null ? line.split(/[\s,]+/) : [row ?? '?']) {
      if (word === '') continue;
      const set = UidSet.parseLoosely(word);
      if (set === null) {
        throw new Failure('usage', `stdin gives ${word.slice(0, 40)}, which is no UID`, {
          hint: "mailctl search 'from:grace' --json | mailctl fetch -",
        });
      }
      uids = uids.union(set);
    }
  }
  return uids;
}

function refuseContradictions(request: FetchRequest, flags: FetchFlags): void {
  const { format, selection, afterwards } = request;
  const refuse = (message: string) => {
    throw new Failure('usage', message, { hint: 'mailctl help fetch' });
  };
  if (flags.allFolders === true && flags.folder !== undefined) {
    refuse('--all-folders and --folder exclude each other');
  }
  if (flags.pipe !== undefined && flags.format !== undefined) {
    refuse('--pipe and --format exclude each other');
  }
  if (selection.uids !== null && (request.allFolders || request.folders.length > 1)) {
    refuse('UIDs from stdin belong to one folder');
  }
  if (flags.name !== undefined && format !== 'eml') refuse('--name is for --format eml');
  if (flags.source === true && format !== 'ndjson') refuse('--source is for --format ndjson');
  if (flags.layout === 'maildir++' && format !== 'maildir') {
    refuse('--layout maildir++ is for Maildirs');
  }
  if (flags.prune === true && flags.mirror !== true) refuse('--prune is for --mirror');
  if (flags.mirror === true && (format !== 'maildir' || !wantsAll(selection) || request.refetch)) {
    refuse('--mirror is for whole folders kept as Maildirs');
  }
  if (request.portion === 'header' && changesServer(afterwards)) {
    refuse('--headers-only stores no messages, so none is changed on the server');
  }
  if (afterwards.delete && afterwards.moveTo !== null) {
    refuse('--delete and --move-to exclude each other');
  }
  const { moveTo } = afterwards;
  if (moveTo !== null && request.folders.some((folder) => isSameFolder(folder, moveTo))) {
    refuse(`${moveTo} is fetched: moved there, its messages would come again and again`);
  }
  if (flags.mirror === true && changesServer(afterwards)) {
    refuse('--mirror follows the server and does not change it');
  }
}
