import { formats } from '../archive/formats.ts';
import { choice } from './flags.ts';

/** The flags that say how an archive is kept; `fetch` and `verify` share them. */

export const formatOption = [
  '--format <format>',
  `${formats.join(', ')} (maildir)`,
  choice(formats),
] as const;

export const layoutOption = [
  '--layout <layout>',
  'of Maildirs: tree, maildir++ (tree)',
  choice(['tree', 'maildir++']),
] as const;
