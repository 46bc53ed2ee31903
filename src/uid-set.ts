/** Whether a number can be a UID or UIDVALIDITY (RFC 3501 §2.3.1.1: 32 bits, not zero). */
export function isUid(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value < 2 ** 32;
}

/** A set of UIDs as ranges, spelled as IMAP spells it: "1:5,8". Immutable. */
export class UidSet {
  readonly #ranges: readonly (readonly [number, number])[];

  private constructor(ranges: readonly (readonly [number, number])[]) {
    this.#ranges = ranges;
  }

  static readonly empty = new UidSet([]);

  static of(uids: Iterable<number>): UidSet {
    const ranges: [number, number][] = [];
    for (const uid of [...uids].sort((a, b) => a - b)) {
      const last = ranges.at(-1);
      if (last !== undefined && uid <= last[1] + 1) last[1] = Math.max(last[1], uid);
      else ranges.push([uid, uid]);
    }
    return new UidSet(ranges);
  }

  /** Null when the text is not a set of UIDs in ascending order. */
  static parse(text: string): UidSet | null {
    if (text === '') return UidSet.empty;
    const ranges: [number, number][] = [];
    for (const part of text.split(',')) {
      const [, first, last] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(part) ?? [];
      const from = Number(first);
      const to = Number(last ?? first);
      if (!isUid(from) || !isUid(to) || from > to || from <= (ranges.at(-1)?.[1] ?? 0)) return null;
      ranges.push([from, to]);
    }
    return new UidSet(ranges);
  }

  has(uid: number): boolean {
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [first, last] = this.#ranges[middle] ?? [0, 0];
      if (uid < first) high = middle - 1;
      else if (uid > last) low = middle + 1;
      else return true;
    }
    return false;
  }

  get size(): number {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  union(other: UidSet): UidSet {
    const ranges: [number, number][] = [];
    const all = [...this.#ranges, ...other.#ranges].sort(([a], [b]) => a - b);
    for (const [first, last] of all) {
      const open = ranges.at(-1);
      if (open !== undefined && first <= open[1] + 1) open[1] = Math.max(open[1], last);
      else ranges.push([first, last]);
    }
    return new UidSet(ranges);
  }

  toString(): string {
    return this.#ranges
      .map(([first, last]) => (first === last ? String(first) : `${first}:${last}`))
      .join(',');
  }
}
