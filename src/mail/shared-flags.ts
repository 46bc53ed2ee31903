const systemFlags = ['\\seen', '\\answered', '\\flagged', '\\deleted', '\\draft', '$forwarded'];

/** A folder has many messages and few sets of flags. So many are kept as they are. */
const maxSets = 1000;

/**
 * One list for all messages that have the same flags. Where there are more sets than make sense,
 * keywords of people and programs are left out: they would fill the memory.
 */
export class SharedFlags {
  readonly #sets = new Map<string, readonly string[]>();

  share(flags: readonly string[]): readonly string[] {
    const known = this.#sets.get(flags.join(' '));
    if (known !== undefined) return known;
    if (this.#sets.size < maxSets) return this.#keep(flags);
    const lower = flags.map((flag) => flag.toLowerCase());
    const few = systemFlags.filter((flag) => lower.includes(flag));
    return this.#sets.get(few.join(' ')) ?? this.#keep(few);
  }

  #keep(flags: readonly string[]): readonly string[] {
    this.#sets.set(flags.join(' '), flags);
    return flags;
  }
}
