import type { Layout } from '../../archive/folder-path.ts';
import type { Format } from '../../archive/formats.ts';
import type { App } from '../app.ts';

/** How folders are kept, as far as it is remembered: names of files and line ends may change. */
export interface Kept {
  readonly format: Format;
  readonly layout: Layout;
  readonly portion: 'whole' | 'header';
}

/**
 * The command line that goes on fetching folders as they are kept; null for those given to another
 * program, which nobody has written down.
 */
export function fetchCommand(
  { options }: Pick<App, 'options'>,
  folders: readonly string[],
  { format, layout, portion }: Kept,
): string | null {
  if (format === 'pipe') return null;
  const { account, config } = options;
  const words = [
    ...(account === undefined ? [] : ['-a', account]),
    ...(config === undefined ? [] : ['--config', config]),
    ...folders.flatMap((folder) => ['--folder', folder]),
    ...(format === 'maildir' ? [] : ['--format', format]),
    ...(layout === 'tree' ? [] : ['--layout', layout]),
    ...(portion === 'whole' ? [] : ['--headers-only']),
  ];
  return ['mailctl', 'fetch', ...words.map(inShell)].join(' ');
}

/** A word as sh takes it. */
function inShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
