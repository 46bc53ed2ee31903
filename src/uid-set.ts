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

  /** What a server says, in any order; null when it is no set of UIDs (RFC 9051 sequence-set). */
  static parseLoosely(text: string): UidSet | null {
    const ranges: [number, number][] = [];
    for (const part of text.split(',')) {
      const [, first, last] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(part) ?? [];
      const [from, to] = [Number(first), Number(last ?? first)].sort((a, b) => a - b);
      if (!isUid(from) || !isUid(to)) return null;
      ranges.push([from, to]);
    }
    return UidSet.empty.union(new UidSet(ranges));
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

  /** What is here and not in `other`. */
  minus(other: UidSet): UidSet {
    const ranges: [number, number][] = [];
    let at = 0;
    for (const [first, last] of this.#ranges) {
      let from = first;
      while ((other.#ranges[at]?.[1] ?? Number.POSITIVE_INFINITY) < from) at += 1;
      for (let next = at; from <= last; next += 1) {
        const [cutFrom, cutTo] = other.#ranges[next] ?? [Number.POSITIVE_INFINITY, 0];
        if (cutFrom > last) break;
        if (cutFrom > from) ranges.push([from, cutFrom - 1]);
        from = cutTo + 1;
      }
      if (from <= last) ranges.push([from, last]);
    }
    return new UidSet(ranges);
  }

  intersection(other: UidSet): UidSet {
    return this.minus(this.minus(other));
  }

  /** The highest UID; 0 in an empty set. */
  get last(): number {
    return this.#ranges.at(-1)?.[1] ?? 0;
  }

  /** One by one, ascending: a set may span four thousand million. */
  *[Symbol.iterator](): Generator<number> {
    for (const [first, last] of this.#ranges)
      for (let uid = first; uid <= last; uid += 1) yield uid;
  }

  toString(): string {
    return this.#ranges
      .map(([first, last]) => (first === last ? String(first) : `${first}:${last}`))
      .join(',');
  }
}
