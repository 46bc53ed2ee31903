import { Failure } from '../errors.ts';
import { UidSet } from '../uid-set.ts';
import { isAttachment, numberedParts } from './body-structure.ts';
import type { Connection } from './connection.ts';
import { fetchRanges, validRows } from './fetched-rows.ts';
import { toPart } from './from-imapflow.ts';
import { countByKeys, sortByKeys } from './imapflow-search.ts';
import { compareMessages, type MessageOrder } from './message-order.ts';
import { type Expression, planSearch, type SearchPlan } from './search-expression.ts';
import { formatSearchCommand, needsGmail, type SearchKey } from './search-key.ts';
import { summaries } from './summaries.ts';

export interface FindOptions {
  readonly order: MessageOrder;
  /** At most so many are looked for. */
  readonly limit?: number | undefined;
  /** Told of what is sent, and of what this server cannot do by itself. */
  readonly onStep?: (text: string) => void;
}

/** How many structures are asked for at once. */
const structuresTogether = 500;

/** The UIDs of what is found in the open mailbox, in order. */
export async function find(
  connection: Connection,
  expression: Expression,
  { order, limit = Number.POSITIVE_INFINITY, onStep = () => {} }: FindOptions,
): Promise<number[]> {
  const plan = planFor(connection, expression);
  const { found, undecided } = await searchPlan(connection, plan, onStep);
  const ordered = await putInOrder(connection, found, order, onStep);
  if (undecided === null) return ordered.slice(0, limit);
  onStep(`has:attachment: looking at the structure of ${undecided.size} messages here`);
  const kept: number[] = [];
  for (let at = 0; at < ordered.length && kept.length < limit; at += structuresTogether) {
    const some = ordered.slice(at, at + structuresTogether);
    const asked = some.filter((uid) => undecided.has(uid));
    const attached = await withAttachments(connection, asked);
    for (const uid of some) {
      const wanted = undecided.get(uid);
      if (wanted === undefined || wanted === attached.has(uid)) kept.push(uid);
    }
  }
  return kept.slice(0, limit);
}

/** How many messages of the open mailbox are found. */
export async function countFound(
  connection: Connection,
  expression: Expression,
  onStep: (text: string) => void,
): Promise<number> {
  const plan = planFor(connection, expression);
  if (plan.kind === 'server' && connection.capabilities.has('ESEARCH')) {
    onStep(formatSearchCommand(plan.keys));
    return connection.run((client) => countByKeys(client, plan.keys));
  }
  const order = { by: 'arrival', descending: true } as const;
  return (await find(connection, expression, { order, onStep })).length;
}

function planFor({ capabilities, client }: Connection, expression: Expression): SearchPlan {
  const gmail = capabilities.has('X-GM-EXT-1');
  const plan = planSearch(expression, { gmail });
  const keys = plan.kind === 'server' ? [plan.keys] : [plan.attached, plan.unattached];
  if (!gmail && keys.some((some) => some !== null && needsGmail(some))) {
    throw new Failure(
      'refused',
      `${client.host} is no Gmail: it knows no labels and no categories`,
      {
        hint: 'leave out label:, in:, category: and --gmail; --folder names the folder',
      },
    );
  }
  return plan;
}

interface Candidates {
  readonly found: readonly number[];
  /** For each message whose structure must be seen, whether it must have an attachment. */
  readonly undecided: ReadonlyMap<number, boolean> | null;
}

async function searchPlan(
  connection: Connection,
  plan: SearchPlan,
  onStep: (text: string) => void,
): Promise<Candidates> {
  const search = async (keys: readonly SearchKey[] | null) => {
    if (keys === null) return [];
    onStep(formatSearchCommand(keys));
    return connection.search(keys);
  };
  if (plan.kind === 'server') return { found: await search(plan.keys), undecided: null };
  const attached = new Set(await search(plan.attached));
  const unattached = new Set(await search(plan.unattached));
  const undecided = new Map<number, boolean>();
  for (const uid of attached) if (!unattached.has(uid)) undecided.set(uid, true);
  for (const uid of unattached) if (!attached.has(uid)) undecided.set(uid, false);
  return { found: [...new Set([...attached, ...unattached])], undecided };
}

async function withAttachments(
  connection: Connection,
  uids: readonly number[],
): Promise<Set<number>> {
  if (uids.length === 0) return new Set();
  const items = { uid: true, bodyStructure: true };
  const rows = validRows(await fetchRanges(connection, UidSet.of(uids), items));
  return new Set(
    rows
      .filter(({ bodyStructure }) => {
        const root = bodyStructure === undefined ? null : toPart(bodyStructure);
        return root !== null && numberedParts(root).some(isAttachment);
      })
      .map(({ uid }) => uid),
  );
}

/** Longer than this a command line is more than every server takes. */
const maxSetLength = 7900;

/** By the server where it has SORT (RFC 5256, RFC 5957); else by what it says of each message. */
async function putInOrder(
  connection: Connection,
  uids: readonly number[],
  order: MessageOrder,
  onStep: (text: string) => void,
): Promise<number[]> {
  const { by, descending } = order;
  if (by === 'arrival') return [...uids].sort((a, b) => (descending ? b - a : a - b));
  if (uids.length < 2) return [...uids];
  const { capabilities } = connection;
  const criterion = { date: 'DATE', size: 'SIZE', from: 'DISPLAYFROM' }[by];
  if (capabilities.has('SORT') && (by !== 'from' || capabilities.has('SORT=DISPLAY'))) {
    const criteria = descending ? ['REVERSE', criterion] : [criterion];
    const set = UidSet.of(uids).toString();
    const keys: SearchKey[] =
      set.length <= maxSetLength ? [{ atom: 'UID' }, { atom: set }] : [{ atom: 'ALL' }];
    onStep(`UID SORT (${criteria.join(' ')})`);
    const wanted = new Set(uids);
    const sorted = await connection.run((client) => sortByKeys(client, criteria, keys));
    return sorted.filter((uid) => wanted.has(uid));
  }
  onStep(`the server does not sort by ${by}: sorting ${uids.length} messages here`);
  const all = await summaries(connection, uids);
  return all.sort(compareMessages(order)).map(({ uid }) => uid);
}
