import { describe, inject } from 'vitest';
import type { Part } from './machine.ts';

/** For each part of the rig, why this machine does not have it; null when it does. */
export type Parts = Record<Part, string | null>;

declare module 'vitest' {
  interface ProvidedContext {
    parts: Parts;
  }
}

/** `describe` for tests that need parts of the rig; skipped, with the reason, where one is missing. */
export function describeWith(
  needed: Part | readonly Part[],
  name: string,
  tests: () => void,
): void {
  const parts = inject('parts');
  const reasons = [needed].flat().map((part) => parts[part]);
  const missing = reasons.filter((reason) => reason !== null);
  if (missing.length === 0) describe(name, tests);
  else describe.skip(`${name} (skipped: ${missing.join('; ')})`, tests);
}
