const systemFlags = ['\\seen', '\\answered', '\\flagged', '\\deleted', '\\draft', '$forwarded'];

/**
 * A folder has many messages, and few different sets of flags: one list serves all that are alike.
 * Where a server tells more different ones than make sense, they would fill the memory, and only
 * what `reduce` leaves of them is kept.
 */
export class SharedLists<Reduced extends readonly string[] | null> {
  readonly #lists = new Map<string, readonly string[]>();
  readonly #most: number;
  readonly #reduce: (list: readonly string[]) => Reduced;

  constructor(most: number, reduce: (list: readonly string[]) => Reduced) {
    this.#most = most;
    this.#reduce = reduce;
  }

  share(list: readonly string[]): readonly string[] | Reduced {
    const key = JSON.stringify(list);
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    if (this.#lists.size >= this.#most) return this.#reduce(list);
    this.#lists.set(key, list);
    return list;
  }
}

/** Beyond a thousand sets the keywords of people and programs are left out. */
export function sharedFlags(): SharedLists<readonly string[]> {
  const few = new Map<string, readonly string[]>();
  return new SharedLists(1000, (flags) => {
    const lower = flags.map((flag) => flag.toLowerCase());
    const left = systemFlags.filter((flag) => lower.includes(flag));
    const known = few.get(left.join());
    if (known === undefined) few.set(left.join(), left);
    return known ?? left;
  });
}

/** Of labels there may be many sets; what is too much is not known. */
export function sharedLabels(): SharedLists<null> {
  return new SharedLists(100_000, () => null);
}
