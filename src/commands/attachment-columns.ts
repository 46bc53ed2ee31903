import { relative } from 'node:path';
import type { Column } from '../terminal/table.ts';
import { shortSize } from './columns.ts';
import type { RowOf } from './rows.ts';

export type AttachmentRow = RowOf<'attachment'>;

interface Look {
  /** Or saved: then the file is what counts. */
  readonly listed: boolean;
  /** From several folders. */
  readonly several: boolean;
  /** What a person calls it, also where it has no name of its own. */
  readonly nameOf: (row: AttachmentRow) => string;
}

/** In a pipe all of them, always the same. */
export function attachmentColumns({
  listed,
  several,
  nameOf,
}: Look): readonly Column<AttachmentRow>[] {
  return [
    { header: 'Folder', value: ({ folder }) => folder, flexible: true, pipeOnly: !several },
    { header: 'UID', value: ({ uid }) => String(uid), align: 'right' },
    { header: 'Part', value: ({ part }) => part },
    {
      header: 'Size',
      value: ({ sizeBytes }) => String(sizeBytes ?? ''),
      display: ({ sizeBytes }) => (sizeBytes === null ? '' : shortSize(sizeBytes)),
      align: 'right',
    },
    { header: 'Type', value: ({ mediaType }) => mediaType, flexible: true, pipeOnly: !listed },
    {
      header: 'Name',
      value: ({ filename }) => filename ?? '',
      display: (row) => nameOf(row),
      flexible: true,
      pipeOnly: !listed,
    },
    {
      header: 'File',
      value: ({ path }) => path ?? '',
      display: ({ path, problem }) => (path === null ? (problem ?? '') : shortPath(path)),
      flexible: true,
      pipeOnly: listed,
    },
  ];
}

/** From where the person stands, unless that leads up. */
function shortPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}
