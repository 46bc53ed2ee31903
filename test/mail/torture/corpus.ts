import { bodies } from './bodies.ts';
import { charsets } from './charsets.ts';
import { files } from './files.ts';
import { headers } from './headers.ts';
import type { Torture } from './letter.ts';
import { structures } from './structures.ts';

/** Messages that are hard to read, written for this project. The first has UID 1. */
export const corpus: readonly Torture[] = [
  ...structures,
  ...charsets,
  ...bodies,
  ...headers,
  ...files,
];
