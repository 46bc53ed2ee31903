/**
 * A value a flag does not take. commander recognises it by its code and names the flag. Not its
 * own class: a verb that imports commander would put it into a file of its own in the bundle,
 * and `mailctl --help` would load one file more.
 */
export class InvalidValue extends Error {
  readonly code = 'commander.invalidArgument';
  readonly exitCode = 1;
}

/** A whole number of at least 1, as people write it: no sign, no exponent, no hexadecimal. */
export function positiveInteger(value: string): number {
  const number = /^[1-9]\d{0,8}$/.test(value) ? Number(value) : Number.NaN;
  if (Number.isNaN(number)) throw new InvalidValue('It must be a whole number from 1.');
  return number;
}

/** A whole number from 0. */
export function wholeNumber(value: string): number {
  return value === '0' ? 0 : positiveInteger(value);
}

/** A span of time such as 90, 90s, 5m or 1h; in milliseconds. */
export function duration(value: string): number {
  const [, count, unit] = /^(\d{1,6})(s|m|h|d|w)?$/.exec(value) ?? [];
  const factor = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }[unit ?? 's'] ?? 1;
  if (count === undefined || Number(count) === 0) {
    throw new InvalidValue('It must be a time such as 90s, 5m or 1h.');
  }
  return Number(count) * factor * 1000;
}

/** A size such as 500, 20k, 3M or 1G; in bytes. */
export function byteSize(value: string): number {
  const [, count, unit] = /^(\d{1,9})([kKmMgG])?$/.exec(value) ?? [];
  const factor = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[unit?.toLowerCase() ?? ''] ?? 1;
  if (count === undefined) throw new InvalidValue('It must be a size such as 500, 20k, 3M or 1G.');
  return Number(count) * factor;
}

/** One of several words. */
export function choice<const T extends string>(words: readonly T[]): (value: string) => T {
  return (value) => {
    const chosen = words.find((word) => word === value);
    if (chosen === undefined) throw new InvalidValue(`It must be one of ${words.join(', ')}.`);
    return chosen;
  };
}

/** A flag that may be given several times. */
export function repeated(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), filled(value)];
}

/** Anything but nothing, which is what a variable that is not set gives. */
export function filled(value: string): string {
  if (value.trim() === '') throw new InvalidValue('It must not be empty.');
  return value;
}
