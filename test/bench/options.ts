import { parseArgs } from 'node:util';
import { type Corpus, corpora } from './corpora.ts';
import type { Line } from './link.ts';
import { type Mode, modes } from './peers/peer.ts';

/** A corpus on a link, with what is measured there. */
export interface Plan {
  readonly corpus: Corpus;
  readonly link: LinkName;
  readonly modes: readonly Mode[];
}

export const linkNames = ['loopback', '40 ms', '20 Mbit'] as const;
export type LinkName = (typeof linkNames)[number];

/** A line across a continent, and one that many people have at home. */
export const lines = {
  '40 ms': { roundTripMs: 40, bitsPerSecond: 200e6 },
  '20 Mbit': { roundTripMs: 40, bitsPerSecond: 20e6 },
} as const satisfies Partial<Record<LinkName, Line>>;

export interface Options {
  readonly plans: readonly Plan[];
  /** Null: all. */
  readonly peers: readonly string[] | null;
  readonly repeats: number;
  readonly quick: boolean;
  readonly readme: boolean;
  readonly profile: string | undefined;
}

export const usage = `npm run bench -- [options]

  --quick            one run of each, of the corpora small, mixed and folders (minutes)
  --corpora LIST     of ${corpora.map(({ name }) => name).join(', ')}
  --modes LIST       of ${modes.join(', ')}
  --links LIST       of ${linkNames.join(', ')}
  --peers LIST       names as in the table, without commas
  --repeats NUMBER   runs of each, interleaved; the medians are told (3; --quick: 1)
  --readme           write the tables into README.md
  --profile DIR      keep a CPU profile of each run of mailctl there (slower)

Lists are separated by commas. Of what a list names everything is measured; without one, what the
bars and a person ask for.
`;

const usual: readonly (readonly [string, LinkName, readonly Mode[]])[] = [
  ['small', 'loopback', modes],
  ['mixed', 'loopback', modes],
  ['folders', 'loopback', modes],
  ['huge', 'loopback', ['initial', 'nothing new']],
  ['small', '40 ms', modes],
  ['mixed', '40 ms', modes],
  ['folders', '40 ms', modes],
  ['empty', '40 ms', ['nothing new']],
  ['big', '40 ms', ['initial', 'nothing new']],
  ['small', '20 Mbit', ['initial']],
];
/** What most bars are about. */
const inQuick = [
  'small, loopback',
  'mixed, loopback',
  'folders, loopback',
  'small, 40 ms',
  'folders, 40 ms',
];

/** @throws Error that says what is wrong with the command line */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      corpora: { type: 'string' },
      modes: { type: 'string' },
      links: { type: 'string' },
      peers: { type: 'string' },
      repeats: { type: 'string' },
      readme: { type: 'boolean', default: false },
      profile: { type: 'string' },
    },
  });
  const names = list(
    'corpora',
    values.corpora,
    corpora.map(({ name }) => name),
  );
  const links = list('links', values.links, linkNames);
  const only = list('modes', values.modes, modes);
  const repeats = Number(values.repeats ?? (values.quick ? 1 : 3));
  if (!Number.isInteger(repeats) || repeats < 1) throw new Error('--repeats takes a number');
  const plans = (names ?? corpora.map(({ name }) => name)).flatMap((name) =>
    (links ?? linkNames).flatMap((link) => {
      const corpus = corpora.find((one) => one.name === name);
      const [, , itsModes] = usual.find(([n, l]) => n === name && l === link) ?? [];
      // What is asked for by name is measured; of the rest, what is usual.
      const named = names !== null && (itsModes !== undefined || links !== null);
      const wanted =
        named ||
        (itsModes !== undefined && (!values.quick || inQuick.includes(`${name}, ${link}`)));
      if (corpus === undefined || !wanted) return [];
      return [{ corpus, link, modes: only ?? itsModes ?? modes }];
    }),
  );
  return {
    plans,
    peers: values.peers?.split(',').map((name) => name.trim()) ?? null,
    repeats,
    quick: values.quick,
    readme: values.readme,
    profile: values.profile,
  };
}

function list<T extends string>(
  flag: string,
  text: string | undefined,
  known: readonly T[],
): readonly T[] | null {
  if (text === undefined) return null;
  return text.split(',').map((word) => {
    const found = known.find((one) => one === word.trim());
    if (found === undefined) throw new Error(`--${flag} knows ${known.join(', ')}, not ${word}`);
    return found;
  });
}
